//! Addresses of the pages. English lives at the root, French below `/fr`, with the same paths.

use domain::chat::ConversationId;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;

/// Where the protocol of the evaluation can be read in full.
pub(crate) const PROTOCOL: &str = "/ml-protocol.md";

/// A page that can be linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    /// Every coin.
    Overview(Sort),
    /// One coin.
    Coin(Symbol, Horizon),
    /// How good the forecasts are: of one coin, or of all of them.
    HowGood(Option<Symbol>, Horizon),
    /// What the numbers mean and how they are made.
    HowItWorks,
    /// The models in the registry.
    Models,
    /// The Buddy: a conversation, or a new one.
    Buddy(Option<ConversationId>),
    /// The Buddy with a question about a coin in its box.
    AskBuddy(Symbol, String),
}

/// The order of the cards on the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// The most likely high-volatility period first.
    #[default]
    Risk,
    /// The order of [`domain::market::COINS`], roughly by market value.
    Market,
}

impl Sort {
    /// Reads the `sort` parameter; anything unknown is the default.
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("market") => Self::Market,
            _ => Self::Risk,
        }
    }
}

impl Page {
    /// The address of the page in a language.
    pub(crate) fn href(&self, language: Language) -> String {
        let path = match self {
            Self::Overview(Sort::Risk) => "/".to_owned(),
            Self::Overview(Sort::Market) => "/?sort=market".to_owned(),
            Self::Coin(symbol, Horizon::Day) => format!("/coins/{}", symbol.ticker()),
            Self::Coin(symbol, horizon) => format!("/coins/{}?horizon={horizon}", symbol.ticker()),
            Self::HowGood(symbol, horizon) => how_good(symbol.as_ref(), *horizon),
            Self::HowItWorks => "/how-it-works".to_owned(),
            Self::Models => "/models".to_owned(),
            Self::Buddy(None) => "/buddy".to_owned(),
            Self::Buddy(Some(id)) => format!("/buddy/{id}"),
            Self::AskBuddy(symbol, question) => format!("/buddy?q={}&coin={}", escaped(question), symbol.ticker()),
        };
        localised(language, &path)
    }
}

fn how_good(symbol: Option<&Symbol>, horizon: Horizon) -> String {
    let coin = symbol.map(|symbol| format!("coin={}", symbol.ticker()));
    let horizon = (horizon != Horizon::default()).then(|| format!("horizon={horizon}"));
    let query: Vec<String> = coin.into_iter().chain(horizon).collect();
    if query.is_empty() { "/how-good".to_owned() } else { format!("/how-good?{}", query.join("&")) }
}

/// Where a conversation can be downloaded; `format` is `md` or `json`.
pub(crate) fn export(id: &ConversationId, format: &str) -> String {
    format!("/api/v1/conversations/{id}/export?format={format}")
}

/// A text for a query: every byte but letters and digits is escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// The language of a path.
pub(crate) fn language_of(path: &str) -> Language {
    if path == "/fr" || path.starts_with("/fr/") { Language::French } else { Language::English }
}

/// The same page, with the same query, in the other language.
pub(crate) fn in_other_language(path: &str, query: &str) -> String {
    let path = match language_of(path) {
        Language::English => localised(Language::French, path),
        Language::French => {
            let rest = path.strip_prefix("/fr").unwrap_or(path);
            if rest.is_empty() { "/".to_owned() } else { rest.to_owned() }
        }
    };
    let query = query.trim_start_matches('?');
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

pub(crate) fn localised(language: Language, path: &str) -> String {
    match language {
        Language::English => path.to_owned(),
        Language::French => match path.strip_prefix('/') {
            Some("") | None => "/fr".to_owned(),
            Some(rest) if rest.starts_with('?') => format!("/fr{rest}"),
            Some(rest) => format!("/fr/{rest}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_link_leads_there_and_back() {
        for path in ["/", "/coins/BTC", "/how-good", "/how-it-works", "/models", "/buddy"] {
            let french = in_other_language(path, "");
            assert_eq!(language_of(&french), Language::French, "{path}");
            assert_eq!(in_other_language(&french, ""), path);
        }
        assert_eq!(in_other_language("/coins/BTC", "?horizon=48h"), "/fr/coins/BTC?horizon=48h");
    }

    #[test]
    fn a_path_that_only_begins_like_french_is_english() {
        assert_eq!(language_of("/french"), Language::English);
        assert_eq!(language_of("/fr"), Language::French);
        assert_eq!(language_of("/fr/models"), Language::French);
    }

    #[test]
    fn addresses_are_short_and_localised() {
        let bitcoin = Symbol::parse("btc").expect("a followed coin");
        assert_eq!(Page::Overview(Sort::Market).href(Language::French), "/fr?sort=market");
        assert_eq!(Page::Overview(Sort::Risk).href(Language::English), "/");
        assert_eq!(Page::Coin(bitcoin.clone(), Horizon::Day).href(Language::French), "/fr/coins/BTC");
        assert_eq!(Page::HowGood(None, Horizon::Day).href(Language::English), "/how-good");
        assert_eq!(
            Page::HowGood(Some(bitcoin.clone()), Horizon::TwoDays).href(Language::French),
            "/fr/how-good?coin=BTC&horizon=48h"
        );
        assert_eq!(
            Page::AskBuddy(bitcoin.clone(), "Où & quoi ?".to_owned()).href(Language::French),
            "/fr/buddy?q=O%C3%B9%20%26%20quoi%20%3F&coin=BTC"
        );
        assert_eq!(Page::Coin(bitcoin, Horizon::TwoDays).href(Language::English), "/coins/BTC?horizon=48h");
    }
}
