//! The words by which a question is understood, in English and French.

use std::collections::HashSet;

use domain::language::Language;
use domain::market::COINS;
use whichlang::Lang;

/// Tickers that are everyday words as well.
pub(super) const IS_A_WORD_TOO: &[&str] = &["link", "ada", "sol"];

/// A set of words and phrases, written as [`normalise`] writes them.
pub(super) struct Phrases(&'static [&'static str]);

/// "What does … mean?", and whatever else has the form of a definition.
pub(super) const MEANING: Phrases = Phrases(&[
    "what is",
    "what s",
    "what are",
    "what does",
    "whats",
    "mean",
    "meaning",
    "define",
    "definition",
    "explain",
    "how does",
    "how do",
    "how is",
    "difference between",
    "tell me about",
    "c est quoi",
    "qu est ce",
    "quest ce",
    "que signifie",
    "signifie",
    "veut dire",
    "definir",
    "definis",
    "explique",
    "expliquer",
    "expliquez",
    "comment fonctionne",
    "comment marche",
    "comment calcule",
    "difference entre",
    "a quoi sert",
    "parle moi",
]);

/// Asks for a meaning whatever else is in the question.
pub(super) const MEANING_FOR_SURE: Phrases = Phrases(&[
    "mean",
    "meaning",
    "define",
    "definition",
    "explain what",
    "explain the term",
    "c est quoi",
    "que signifie",
    "signifie",
    "veut dire",
    "definir",
    "definis",
]);

/// "Should I …?"
pub(super) const ADVICE: Phrases = Phrases(&[
    "should i",
    "should we",
    "shall i",
    "what should",
    "do you advise",
    "advice",
    "advise",
    "recommend",
    "is it safe to",
    "is it wise",
    "is it a good time",
    "good idea to",
    "can i safely",
    "what can i do",
    "reduce my",
    "sell my",
    "buy now",
    "is it time to",
    "be careful",
    "dois je",
    "devrais je",
    "faut il",
    "devrait on",
    "doit on",
    "conseil",
    "conseils",
    "conseilles",
    "conseillez",
    "recommande",
    "recommandes",
    "recommandez",
    "est ce le moment",
    "bon moment",
    "bonne idee",
    "que faire",
    "vendre mes",
    "vendre mon",
    "acheter maintenant",
    "reduire ma",
    "prudent",
    "est il sage",
]);

/// Looks ahead.
pub(super) const AHEAD: Phrases = Phrases(&[
    "tomorrow",
    "tonight",
    "next day",
    "next days",
    "next two days",
    "next 24",
    "next 48",
    "coming",
    "will",
    "going to",
    "soon",
    "expect",
    "expected",
    "ahead",
    "outlook",
    "this week",
    "today",
    "now",
    "demain",
    "ce soir",
    "prochain",
    "prochaine",
    "prochains",
    "prochaines",
    "a venir",
    "bientot",
    "va t il",
    "va t elle",
    "sera",
    "attend",
    "attendu",
    "attendue",
    "cette semaine",
    "aujourd hui",
    "24 h",
    "48 h",
    "24h",
    "48h",
    "heures",
    "hours",
    "apres demain",
]);

/// Risk and volatility.
pub(super) const RISK: Phrases = Phrases(&[
    "risk",
    "risky",
    "risks",
    "riskier",
    "riskiest",
    "volatile",
    "volatility",
    "dangerous",
    "safe",
    "calm",
    "rough",
    "swing",
    "swings",
    "move",
    "turbulent",
    "stable",
    "risque",
    "risques",
    "risquee",
    "risquees",
    "volatil",
    "volatilite",
    "volatils",
    "dangereux",
    "sur",
    "calme",
    "agite",
    "agitee",
    "bouger",
    "bouge",
    "turbulent",
    "turbulences",
    "mouvements",
]);

/// Asks for a forecast by name.
pub(super) const FORECAST: Phrases = Phrases(&[
    "forecast",
    "forecasts",
    "prediction",
    "predict",
    "outlook",
    "prevision",
    "previsions",
    "prediction",
    "predire",
    "perspective",
    "perspectives",
]);

/// Looks back.
pub(super) const RECENT: Phrases = Phrases(&[
    "last week",
    "last month",
    "yesterday",
    "past week",
    "past month",
    "recent",
    "recently",
    "lately",
    "has been",
    "was",
    "were",
    "last days",
    "so far",
    "semaine derniere",
    "mois dernier",
    "hier",
    "recemment",
    "recent",
    "recente",
    "ces derniers jours",
    "derniers jours",
    "dernierement",
    "a ete",
    "etait",
    "passe",
    "passee",
]);

/// Prices.
pub(super) const PRICE: Phrases = Phrases(&[
    "price",
    "worth",
    "cost",
    "trading at",
    "how much",
    "performance",
    "performed",
    "up or down",
    "doing",
    "prix",
    "cours",
    "vaut",
    "coute",
    "combien",
    "cote",
    "performance",
    "se porte",
    "monte",
    "baisse",
]);

/// The mood of the market.
pub(super) const MOOD: Phrases = Phrases(&[
    "fear and greed",
    "fear greed",
    "fear index",
    "mood",
    "sentiment",
    "greedy",
    "fearful",
    "how scared",
    "panic",
    "euphoria",
    "peur et avidite",
    "indice de peur",
    "humeur",
    "avidite",
    "cupidite",
    "peureux",
    "panique",
    "euphorie",
]);

/// Funding rates.
pub(super) const FUNDING: Phrases = Phrases(&["funding", "funding rate", "taux de financement", "financement"]);

/// News.
pub(super) const NEWS: Phrases = Phrases(&[
    "news",
    "headline",
    "headlines",
    "what happened",
    "what is happening",
    "what s happening",
    "actualite",
    "actualites",
    "actu",
    "actus",
    "nouvelles",
    "informations",
    "gros titres",
    "que se passe",
    "qu est ce qui se passe",
    "s est passe",
]);

/// Courtesy, and who the Buddy is.
pub(super) const COURTESY: Phrases = Phrases(&[
    "hello",
    "hi",
    "hey",
    "thanks",
    "thank you",
    "good morning",
    "good evening",
    "bye",
    "who are you",
    "what can you do",
    "help",
    "what do you know",
    "how are you",
    "bonjour",
    "salut",
    "bonsoir",
    "merci",
    "coucou",
    "au revoir",
    "qui es tu",
    "qui etes vous",
    "que sais tu",
    "que peux tu",
    "aide",
    "aide moi",
    "ca va",
]);

/// Names the longer horizon.
pub(super) const TWO_DAYS: Phrases = Phrases(&[
    "48",
    "48h",
    "two days",
    "2 days",
    "48 hours",
    "day after tomorrow",
    "deux jours",
    "2 jours",
    "apres demain",
    "deux prochains jours",
]);

/// Begins a question that leans on the one before.
const FOLLOW_UPS: &[&str] = &[
    "and",
    "et",
    "what about",
    "how about",
    "same for",
    "pareil pour",
    "meme chose",
    "why",
    "pourquoi",
    "also",
    "aussi",
    "plutot",
    "or",
    "ou",
];

/// Asks for more of the same.
const MORE: &[&str] = &[
    "more",
    "detail",
    "details",
    "example",
    "examples",
    "again",
    "simpler",
    "simply",
    "please",
    "then",
    "exemple",
    "exemples",
    "encore",
    "davantage",
    "simplement",
    "precise",
    "precisement",
    "alors",
];

/// Words that only English has, and that questions are full of.
const ENGLISH: &[&str] = &[
    "the", "is", "are", "what", "why", "how", "should", "my", "of", "and", "does", "do", "it", "for", "in", "to",
    "was", "will", "which", "who", "when", "explain", "mean", "this", "that", "with", "tomorrow", "today", "about",
    "can", "me", "i", "s", "hello", "thanks", "between",
];

/// Words that only French has.
const FRENCH: &[&str] = &[
    "le", "la", "les", "des", "du", "est", "quoi", "pourquoi", "comment", "dois", "je", "mon", "ma", "mes", "une",
    "un", "et", "pour", "en", "qu", "que", "quel", "quelle", "quels", "quelles", "ce", "c", "d", "l", "explique",
    "demain", "aujourd", "dans", "sur", "avec", "au", "aux", "il", "elle", "bonjour", "merci", "salut", "faut",
    "entre", "moi", "ca", "de", "combien", "sont", "ete",
];

/// A text as words: lower case, without accents, cut at whatever is neither letter nor digit.
pub(super) struct Words {
    spaced: String,
    verbatim: HashSet<String>,
    count: usize,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let cut = |c: char| !c.is_alphanumeric();
        let words: Vec<String> =
            normalise(text).split(cut).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Self {
            count: words.len(),
            spaced: format!(" {} ", words.join(" ")),
            verbatim: text.split(cut).map(str::to_owned).collect(),
        }
    }

    /// How many words there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Whether a word or phrase is there; a plural `s` makes no difference.
    pub(super) fn has(&self, phrase: &str) -> bool {
        self.spaced.contains(&format!(" {phrase} ")) || self.spaced.contains(&format!(" {phrase}s "))
    }

    /// Whether a word is there exactly so, capitals included.
    pub(super) fn has_verbatim(&self, word: &str) -> bool {
        self.verbatim.contains(word)
    }
}

impl Phrases {
    pub(super) fn occur_in(&self, words: &Words) -> bool {
        self.0.iter().any(|phrase| words.has(phrase))
    }
}

/// Whether a question begins like one that leans on the one before.
pub(super) fn opens_a_follow_up(words: &Words) -> bool {
    FOLLOW_UPS
        .iter()
        .any(|opening| words.spaced.strip_prefix(' ').is_some_and(|text| text.starts_with(&format!("{opening} "))))
        && words.len() <= 9
}

/// Whether a question has no subject of its own: nothing but small words, coins, times and the words of risk.
pub(super) fn says_nothing_new(words: &Words) -> bool {
    let lists = [ENGLISH, FRENCH, FOLLOW_UPS, MORE, AHEAD.0, RISK.0, TWO_DAYS.0, FORECAST.0];
    let known: HashSet<&str> = lists.into_iter().flatten().flat_map(|phrase| phrase.split(' ')).collect();
    let is_coin = |word: &str| {
        COINS
            .iter()
            .any(|coin| [coin.ticker, coin.name, coin.symbol].iter().any(|name| name.eq_ignore_ascii_case(word)))
    };
    words.spaced.split_whitespace().all(|word| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        known.contains(word) || known.contains(singular) || is_coin(word)
    })
}

/// The language of a text, where it can be told.
pub(super) fn language_of(text: &str, words: &Words) -> Option<Language> {
    let count = |list: &[&str]| list.iter().filter(|word| words.spaced.contains(&format!(" {word} "))).count();
    let (english, french) = (count(ENGLISH), count(FRENCH));
    match english.cmp(&french) {
        std::cmp::Ordering::Greater => Some(Language::English),
        std::cmp::Ordering::Less => Some(Language::French),
        // Statistics over letters need a few words.
        std::cmp::Ordering::Equal if words.len() >= 4 => match whichlang::detect_language(text) {
            Lang::Eng => Some(Language::English),
            Lang::Fra => Some(Language::French),
            _ => None,
        },
        std::cmp::Ordering::Equal => None,
    }
}

/// Lower case, without the accents of French.
pub(super) fn normalise(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'à' | 'â' | 'ä' | 'á' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            other => other,
        })
        .collect()
}
