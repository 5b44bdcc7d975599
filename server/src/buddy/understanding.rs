//! What a question is about: its language, its coins, its horizon, and what is wanted.
//!
//! Plain rules over normalised words, in English and French. Which tools are asked follows from the reader's own words
//! alone: a passage or a headline can never call one.

use domain::chat::QuestionText;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::{COINS, Symbol};

use super::vocabulary::{self, Words};

/// What a reader wants to know. Several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wants {
    /// What is expected.
    pub(super) outlook: bool,
    /// What to do.
    pub(super) advice: bool,
    /// How rough it has been.
    pub(super) recent: bool,
    /// Prices.
    pub(super) price: bool,
    /// The mood of the market.
    pub(super) mood: bool,
    /// Funding rates.
    pub(super) funding: bool,
    /// News.
    pub(super) news: bool,
    /// What a term means.
    pub(super) meaning: bool,
    /// Nothing but courtesy, or who the Buddy is.
    pub(super) courtesy: bool,
}

impl Wants {
    /// Whether figures of the market are wanted.
    pub(super) const fn figures(self) -> bool {
        self.outlook || self.advice || self.recent || self.price || self.mood || self.funding || self.news
    }

    const fn of_a_coin(self) -> bool {
        self.outlook || self.advice || self.recent || self.price || self.funding
    }
}

/// A question, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Understanding {
    /// The language of the answer.
    pub(super) language: Language,
    /// The coins it is about, in the order in which they are shown.
    pub(super) coins: Vec<Symbol>,
    /// How far ahead.
    pub(super) horizon: Horizon,
    /// What is wanted.
    pub(super) wants: Wants,
    /// What the library is asked: the question, with what it leaves to the context.
    pub(super) library_question: String,
}

/// What came before a question.
#[derive(Debug, Clone, Default)]
pub(super) struct Context<'a> {
    /// The language of the page.
    pub(super) page_language: Language,
    /// The coin of the page.
    pub(super) about: Option<&'a Symbol>,
    /// The reader's earlier questions, oldest first.
    pub(super) earlier: &'a [String],
}

/// No more coins than a table of an answer can show.
const MOST_COINS: usize = 4;

/// A question of at most this many words that wants nothing by itself leans on the one before.
const MOST_WORDS_OF_A_FOLLOW_UP: usize = 7;

/// Understands a question in its context.
pub(super) fn understand(question: &QuestionText, context: &Context<'_>) -> Understanding {
    let words = Words::of(question.as_str());
    let mut understood = alone(question.as_str(), context.page_language);
    let wants_nothing = understood.wants == Wants::default() && words.len() <= MOST_WORDS_OF_A_FOLLOW_UP;
    // A question with a subject of its own is a new one, however short: what nobody knows must not be answered with
    // what was said before.
    let leans = (wants_nothing || vocabulary::opens_a_follow_up(&words)) && vocabulary::says_nothing_new(&words);
    if leans
        && let Some((last, before)) = context.earlier.split_last()
        && let Ok(last_text) = QuestionText::parse(last)
    {
        let earlier = Context { earlier: before, ..context.clone() };
        lean_on(&mut understood, &understand(&last_text, &earlier), last);
    }
    if understood.coins.is_empty() && understood.wants.of_a_coin() {
        understood.coins = coins_of_the_context(context);
    }
    understood
}

/// Understands a question without its context.
fn alone(text: &str, page_language: Language) -> Understanding {
    let words = Words::of(text);
    let coins = coins_in(&words);
    let wants = wants_of(&words, !coins.is_empty());
    Understanding {
        language: vocabulary::language_of(text, &words).unwrap_or(page_language),
        coins,
        horizon: if vocabulary::TWO_DAYS.occur_in(&words) { Horizon::TwoDays } else { Horizon::Day },
        wants,
        library_question: text.to_owned(),
    }
}

/// Fills in from the question before: what is wanted, or which coin is meant.
fn lean_on(understood: &mut Understanding, earlier: &Understanding, earlier_text: &str) {
    if !understood.wants.figures() && !understood.wants.courtesy {
        if understood.coins.is_empty() {
            understood.library_question = format!("{earlier_text}\n{}", understood.library_question);
        }
        if !understood.wants.meaning {
            understood.wants = earlier.wants;
            understood.horizon = understood.horizon.max(earlier.horizon);
        }
    }
    if understood.coins.is_empty() {
        understood.coins.clone_from(&earlier.coins);
    }
}

/// Which coin is meant where none is named: the one spoken of last, the page's, else the two largest.
fn coins_of_the_context(context: &Context<'_>) -> Vec<Symbol> {
    let spoken_of = context.earlier.iter().rev().map(|text| coins_in(&Words::of(text))).find(|coins| !coins.is_empty());
    spoken_of
        .or_else(|| context.about.map(|symbol| vec![symbol.clone()]))
        .unwrap_or_else(|| Symbol::followed().into_iter().take(2).collect())
}

fn coins_in(words: &Words) -> Vec<Symbol> {
    let named = |coin: &&domain::market::Coin| {
        let ticker = coin.ticker.to_lowercase();
        // "link" and "ada" are words or names as well: these want the capitals of a ticker.
        let by_ticker = if vocabulary::IS_A_WORD_TOO.contains(&ticker.as_str()) {
            words.has_verbatim(coin.ticker)
        } else {
            words.has(&ticker)
        };
        by_ticker || words.has(&coin.name.to_lowercase()) || words.has(&coin.symbol.to_lowercase())
    };
    let mut coins: Vec<Symbol> =
        COINS.iter().filter(named).filter_map(|coin| Symbol::parse(coin.symbol).ok()).collect();
    coins.truncate(MOST_COINS);
    coins
}

fn wants_of(words: &Words, names_a_coin: bool) -> Wants {
    let asks_meaning = vocabulary::MEANING.occur_in(words);
    let advice = vocabulary::ADVICE.occur_in(words);
    let ahead = vocabulary::AHEAD.occur_in(words);
    let risk = vocabulary::RISK.occur_in(words);
    let recent = vocabulary::RECENT.occur_in(words) && (risk || names_a_coin);
    let mut wants = Wants {
        advice,
        outlook: false,
        recent,
        price: vocabulary::PRICE.occur_in(words) && names_a_coin,
        mood: vocabulary::MOOD.occur_in(words) && !asks_meaning,
        funding: vocabulary::FUNDING.occur_in(words) && names_a_coin,
        news: vocabulary::NEWS.occur_in(words),
        meaning: asks_meaning,
        courtesy: false,
    };
    let forecast = vocabulary::FORECAST.occur_in(words) && (names_a_coin || ahead);
    let risk_ahead = risk && (ahead || names_a_coin && !recent);
    // "BTC tomorrow?" asks for the outlook; "price of BTC today?" does not.
    wants.outlook = forecast || risk_ahead || ahead && names_a_coin && !wants.figures();
    // "What is the risk of ETH tomorrow?" has the form of a definition and asks for the outlook.
    if wants.figures() && asks_meaning && !vocabulary::MEANING_FOR_SURE.occur_in(words) {
        wants.meaning = false;
    }
    wants.courtesy = wants == Wants::default() && vocabulary::COURTESY.occur_in(words) && words.len() <= 8;
    wants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str, earlier: &[&str]) -> Understanding {
        let earlier: Vec<String> = earlier.iter().map(|&text| text.to_owned()).collect();
        let context = Context { earlier: &earlier, ..Context::default() };
        understand(&QuestionText::parse(text).expect("a question"), &context)
    }

    fn tickers(understood: &Understanding) -> Vec<&str> {
        understood.coins.iter().map(Symbol::ticker).collect()
    }

    #[test]
    fn the_language_is_the_questions_own() {
        for (text, language) in [
            ("c'est quoi la volatilité réalisée ?", Language::French),
            ("why is ETH risky tomorrow?", Language::English),
            ("dois-je réduire ma position en bitcoin ?", Language::French),
            ("should I reduce my BTC position?", Language::English),
            ("explique le halving", Language::French),
            ("drawdown?", Language::English),
        ] {
            assert_eq!(ask(text, &[]).language, language, "{text}");
        }
    }

    #[test]
    fn what_is_wanted_follows_from_the_words() {
        let outlook = Wants { outlook: true, ..Wants::default() };
        let meaning = Wants { meaning: true, ..Wants::default() };
        for (text, wants, coins) in [
            ("why is ETH risky tomorrow?", outlook, vec!["ETH"]),
            ("pourquoi l'Ethereum est-il risqué demain ?", outlook, vec!["ETH"]),
            ("should I reduce my BTC position?", Wants { advice: true, ..Wants::default() }, vec!["BTC"]),
            ("Dois-je vendre mes bitcoins ?", Wants { advice: true, ..Wants::default() }, vec!["BTC"]),
            ("c'est quoi la volatilité réalisée ?", meaning, vec![]),
            ("What is a drawdown?", meaning, vec![]),
            ("What does a halving mean for Bitcoin?", meaning, vec!["BTC"]),
            ("How volatile was Solana last week?", Wants { recent: true, ..Wants::default() }, vec!["SOL"]),
            ("how greedy is the market today?", Wants { mood: true, ..Wants::default() }, vec![]),
            ("funding rate of BTC now", Wants { funding: true, ..Wants::default() }, vec!["BTC"]),
            ("What is in the news?", Wants { news: true, ..Wants::default() }, vec![]),
            ("bonjour", Wants { courtesy: true, ..Wants::default() }, vec![]),
            ("recette de la tarte tatin", Wants::default(), vec![]),
        ] {
            let understood = ask(text, &[]);
            let wanted = Wants { meaning: understood.wants.meaning && wants.meaning, ..understood.wants };
            assert_eq!(wanted, wants, "{text}");
            assert_eq!(tickers(&understood), coins, "{text}");
        }
    }

    #[test]
    fn a_follow_up_takes_from_the_question_before_what_it_leaves_out() {
        let other_coin = ask("and for ETH?", &["why is BTC risky tomorrow?"]);
        assert!(other_coin.wants.outlook);
        assert_eq!(tickers(&other_coin), ["ETH"]);

        let french = ask("et pour Solana ?", &["dois-je réduire ma position en BTC sur 48 heures ?"]);
        assert!(french.wants.advice);
        assert_eq!((tickers(&french), french.horizon), (vec!["SOL"], Horizon::TwoDays));

        let why = ask("pourquoi ?", &["why is BTC risky tomorrow?", "et pour ETH ?"]);
        assert!(why.wants.outlook);
        assert_eq!(tickers(&why), ["ETH"]);

        let new_subject = ask("What is a stablecoin?", &["why is BTC risky tomorrow?"]);
        assert!(new_subject.wants.meaning && !new_subject.wants.figures());
    }

    #[test]
    fn a_question_with_a_subject_of_its_own_leans_on_nothing() {
        for text in [
            "Who won the world cup?",
            "recette de la tarte tatin",
            "and who won the world cup?",
            "why is the sky blue?",
        ] {
            let understood = ask(text, &["why is BTC risky tomorrow?"]);
            assert!(!understood.wants.figures() && understood.coins.is_empty(), "{text}: {understood:?}");
            assert_eq!(understood.library_question, text);
        }
        for text in ["why?", "et demain ?", "and the risk?", "DOGE?", "more details", "what about XRP in two days?"] {
            assert!(ask(text, &["why is BTC risky tomorrow?"]).wants.outlook, "{text}");
        }
    }

    #[test]
    fn a_coin_that_is_not_named_is_the_last_one_spoken_of_then_the_pages_then_the_largest() {
        assert_eq!(tickers(&ask("should I be careful tomorrow?", &["how is DOGE doing?"])), ["DOGE"]);
        let sol = Symbol::parse("SOL").expect("a symbol");
        let context = Context { about: Some(&sol), ..Context::default() };
        let question = QuestionText::parse("will it be risky tomorrow?").expect("a question");
        assert_eq!(tickers(&understand(&question, &context)), ["SOL"]);
        assert_eq!(tickers(&ask("will it be risky tomorrow?", &[])), ["BTC", "ETH"]);
    }

    #[test]
    fn an_everyday_word_is_no_ticker() {
        assert_eq!(tickers(&ask("send me a link to the volatility forecast tomorrow", &[])), ["BTC", "ETH"]);
        assert_eq!(tickers(&ask("is LINK risky tomorrow?", &[])), ["LINK"]);
    }
}
