//! Every word that a reader sees, as a typed catalogue: a language that lacks a text does not compile.
//!
//! Plain texts are strings; sentences that hold numbers or names are functions, so that each language orders and
//! inflects them as it must. Components hold no text of their own.

mod english;
mod french;
mod reasons;

use domain::advice::{Confidence, Stance};
use domain::chat::Tool;
use domain::evaluation::{Part, Warnings};
use domain::forecast::{Horizon, Reason, RiskLevel};
use domain::language::Language;
use domain::model::Family;
use leptos::prelude::use_context;

use crate::api::error::ApiError;

pub(crate) use self::reasons::Days;

/// Declares a part of the catalogue: texts first, then sentences.
macro_rules! part {
    (
        $(#[$about:meta])* $name:ident
        texts { $($text:ident),* $(,)? }
        sentences { $($sentence:ident: $kind:ty),* $(,)? }
    ) => {
        $(#[$about])*
        pub(crate) struct $name {
            $(pub(crate) $text: &'static str,)*
            $(pub(crate) $sentence: $kind,)*
        }

        #[cfg(test)]
        impl $name {
            /// Every plain text with its name.
            fn texts(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((concat!(stringify!($name), ".", stringify!($text)), self.$text)),*]
            }
        }
    };
}

part! {
    /// What stands around every page.
    Site
    texts {
        skip_to_content, navigation, overview, how_it_works, models, api, other_language, theme, advice, sources,
        charts_notice, retry, loading, failed, not_found_title, not_found_text, back_to_overview,
        home_label, coins, breadcrumbs, account, notifications,
    }
    sentences {
        failure: fn(&ApiError) -> String,
        page_title: fn(&str) -> String,
    }
}

part! {
    /// How the market data stands.
    Market
    texts { simulated }
    sentences {
        as_of: fn(&str) -> String,
        stale: fn(&str) -> String,
        offline: fn(Option<&str>, Option<&str>) -> String,
        loading: fn(&str) -> String,
        quarantined: fn(&str, &str) -> String,
    }
}

part! {
    /// The chance of a high-volatility period and the interval of a forecast.
    Risk
    texts {
        low, moderate, high, critical, base_rate, chance_of_high,
        usual_range, expected, last_month, change_24h, per_day, no_forecast, median, interval80,
    }
    sentences {
        next_hours: fn(Horizon) -> &'static str,
        meter: fn(&str) -> String,
        band: fn(&str, &str, &str, &str, &str) -> String,
        between: fn(&str, &str) -> String,
        sparkline: fn(&str, &str, &str) -> String,
    }
}

part! {
    /// The first page.
    Overview
    texts {
        title, description, heading, sort_by, sort_risk, sort_market, explain_title, term_volatility,
        meaning_volatility, term_high, meaning_high, term_chance, meaning_chance, term_interval, meaning_interval,
        cards, empty,
    }
    sentences {
        summary: fn(&[&str], usize, Option<(&str, &str)>) -> String,
    }
}

part! {
    /// A coin's page.
    Coin
    texts {
        horizon, table_title, table_caption, table_quantile, q025, q10, q25, q50, q75, q90,
        q975, usual_row, just_realised, reasons_title, reasons_note, reasons_empty, record_title,
        record_empty, record_caption, record_table, record_made, record_interval, record_chance, record_threshold,
        record_outcome, record_verdict, verdict_inside, verdict_above, verdict_below, verdict_open,
        record_picture, key_interval, key_median, key_outcome, key_outcome_outside, key_threshold,
        judge, was_right, was_wrong,
    }
    sentences {
        title: fn(&str) -> String,
        description: fn(&str) -> String,
        headline: fn(&str, RiskLevel, Horizon) -> String,
        chance: fn(&str, Horizon) -> String,
        expectation: fn(&str, &str, &str, Horizon) -> String,
        against_usual: fn(&str, &str, &str) -> String,
        reason: fn(&Reason, &Days) -> String,
        warnings: fn(u32, u32) -> String,
        missed: fn(u32, u32) -> String,
        coverage: fn(&str, u32) -> String,
        typical_error: fn(&str) -> String,
        made_by: fn(&str, &str) -> String,
    }
}

part! {
    /// The interactive chart and the picture that stands for it.
    Chart
    texts {
        title, region, range, week, month, quarter, year, all, open, high, low, close, volume, volatility, failed,
        older, note, volatility_pane, fan, past,
    }
    sentences {
        picture: fn(&str, &str, &str, &str) -> String,
    }
}

part! {
    /// The page that explains.
    How
    texts {
        title, description, lead, number_title, number_1, number_2, made_title, made_1, made_2, made_3, honest_title,
        honest_1, honest_2, limits_title, limit_1, limit_2, limit_3, limit_4, data_title, data_1, data_2, more_title,
        more_models, more_api, charts_title, charts_1, charts_licence,
    }
    sentences {}
}

part! {
    /// The page that lists models.
    Models
    texts {
        title, description, lead, empty, champion, trained, span, seed, revision, parameters,
        origins, measure, this_model, baseline, qlike, rmse, r2, auc, brier, coverage80, coverage95,
        qlike_meaning, rmse_meaning, r2_meaning, auc_meaning, brier_meaning, coverage_meaning, meaning_title,
        by_coin, coin, better, worse, even, no_scores, judged,
    }
    sentences {
        family: fn(Family) -> &'static str,
    }
}

part! {
    /// The page that says how good the forecasts are.
    HowGood
    texts {
        title, description, all_coins, all, empty, warnings_title, warnings_note, came, did_not_come,
        outcomes_title, outcomes_note, forecast_axis, outcome_axis, key_middle, key_band, key_diagonal, as_table,
        forecast, tenth, median, ninetieth, count, reliability_title, reliability_note, chance_axis, happened_axis,
        key_dots, key_tolerance, given, happened, months_title, key_better, key_worse, month, ours, theirs,
        smaller_by, failures_title, parts_caption, part, inside, misses_title, misses_note, coin, made, interval,
        realised, times, models_title, models_note, models_pooled, model, error, explained, separation, p, best, yes,
        no, serves, protocol_title, protocol_2, protocol_3, protocol_link, limits_title, limit_1, limit_2, limit_3,
        limit_4, link,
    }
    sentences {
        lead: fn(&str, &str, &str) -> String,
        warned: fn(&Warnings) -> String,
        missed: fn(&Warnings) -> String,
        coverage: fn(&str) -> String,
        against: fn(f64, &str, Option<f64>) -> String,
        warned_head: fn(&str) -> String,
        unwarned_head: fn(&str) -> String,
        bar: fn(&str, &str, &str) -> String,
        outcomes_picture: fn(usize, &str, &str, &str, &str) -> String,
        reliability_picture: fn(usize, usize) -> String,
        dot: fn(&str, &str, &str) -> String,
        months_picture: fn(usize, usize) -> String,
        months_note: fn(&str) -> String,
        bar_of_month: fn(&str, &str) -> String,
        weakest: fn(&str) -> String,
        part_name: fn(Part) -> String,
        protocol_1: fn(&str, &str, &str) -> String,
    }
}

part! {
    /// The conversation with the Buddy.
    Buddy
    texts {
        title, description, lead, conversations, fresh, none_yet, log, you, buddy, question, placeholder, send, stop,
        hint, needs_script, examples_title, example_1, example_2, example_3, example_4, example_5, copy, copied,
        not_copied, verdict, helpful, not_helpful, reason, give_reason, thanks, again, stopped, broke_off,
        sources, looked_up, unavailable, nothing_found, jump, rename, title_label, save, cancel, delete, delete_sure,
        delete_it, keep_it, as_markdown, as_json, searching, asking, writing, no_model, too_long,
    }
    sentences {
        actions: fn(&str) -> String,
        worded_by: fn(&str) -> String,
        dropped: fn(u32) -> String,
        counter: fn(&str, &str) -> String,
        source: fn(u32, &str) -> String,
        provenance: fn(&str, &str) -> String,
        tool: fn(&Tool) -> String,
    }
}

part! {
    /// What to make of a forecast.
    Advice
    texts {
        title, stance, confidence, reasons, action, by_rules, unavailable, note,
    }
    sentences {
        stance_word: fn(Stance) -> &'static str,
        confidence_word: fn(Confidence) -> &'static str,
        worded_by: fn(&str) -> String,
        ask: fn(&str) -> String,
        question: fn(&str) -> String,
    }
}

/// All words of one language.
pub(crate) struct Words {
    /// The language itself.
    pub(crate) language: Language,
    pub(crate) site: Site,
    pub(crate) market: Market,
    pub(crate) risk: Risk,
    pub(crate) overview: Overview,
    pub(crate) coin: Coin,
    pub(crate) chart: Chart,
    pub(crate) how: How,
    pub(crate) models: Models,
    pub(crate) how_good: HowGood,
    pub(crate) buddy: Buddy,
    pub(crate) advice: Advice,
}

impl Words {
    /// The catalogue of a language.
    pub(crate) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &english::WORDS,
            Language::French => &french::WORDS,
        }
    }

    /// The short word of a level.
    pub(crate) const fn level(&self, level: RiskLevel) -> &'static str {
        match level {
            RiskLevel::Low => self.risk.low,
            RiskLevel::Moderate => self.risk.moderate,
            RiskLevel::High => self.risk.high,
            RiskLevel::Critical => self.risk.critical,
        }
    }
}

/// The name of a day of the week, 0 is Monday.
pub(crate) const fn weekday(language: Language, day: u8) -> &'static str {
    const ENGLISH: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const FRENCH: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
    match language {
        Language::English => ENGLISH[day as usize % 7],
        Language::French => FRENCH[day as usize % 7],
    }
}

/// A text with a small first letter, for the middle of a sentence.
pub(crate) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The words of the page that is being rendered: a document has one language from its first byte to its last.
pub(crate) fn use_words() -> &'static Words {
    use_context().unwrap_or(Words::of(Language::English))
}

#[cfg(test)]
mod tests {
    use domain::error::Failure;

    use super::*;

    fn texts(words: &Words) -> Vec<(&'static str, &'static str)> {
        [
            words.site.texts(),
            words.market.texts(),
            words.risk.texts(),
            words.overview.texts(),
            words.coin.texts(),
            words.chart.texts(),
            words.how.texts(),
            words.models.texts(),
            words.how_good.texts(),
            words.buddy.texts(),
            words.advice.texts(),
        ]
        .concat()
    }

    #[test]
    fn no_text_is_empty_or_carries_stray_space() {
        for language in [Language::English, Language::French] {
            for (name, text) in texts(Words::of(language)) {
                assert!(!text.is_empty(), "{language:?} {name}");
                assert_eq!(text.trim(), text, "{language:?} {name}");
            }
        }
    }

    #[test]
    fn french_is_not_english_left_behind() {
        // Names and words that both languages share.
        let shared = [
            "Site.api",
            "Chart.volume",
            "Models.champion",
            "Models.qlike",
            "Models.brier",
            "Models.horizon",
            "Coin.horizon",
            "Coin.table_quantile",
            "Models.r2",
            "Site.notifications",
            "Buddy.title",
            "Buddy.buddy",
            "Buddy.sources",
            "Buddy.as_markdown",
            "Buddy.as_json",
        ];
        let (english, french) = (texts(Words::of(Language::English)), texts(Words::of(Language::French)));
        for ((name, ours), (_, theirs)) in english.iter().zip(&french) {
            assert!(ours != theirs || shared.contains(name), "{name} is the same in both languages: {ours}");
        }
    }

    #[test]
    fn french_uses_no_break_space_before_double_punctuation() {
        for (name, text) in texts(Words::of(Language::French)) {
            for sign in ["?", "!", ";", ":", "»"] {
                assert!(!text.contains(&format!(" {sign}")), "{name} breaks before {sign}: {text}");
            }
        }
    }

    #[test]
    fn every_failure_has_a_sentence_in_every_language() {
        let failures = [
            ApiError::Transport,
            Failure::unknown_symbol("XYZ").into(),
            Failure::unknown_model("nope").into(),
            Failure::NotEvaluated.into(),
            Failure::UnknownConversation.into(),
            Failure::SignInNeeded.into(),
            Failure::NotAllowed.into(),
            Failure::TooMany { retry_after_s: 5 }.into(),
            Failure::WriterUnavailable { retry_after_s: 5 }.into(),
            Failure::invalid("horizon", "must be 24h or 48h").into(),
            Failure::TooFewCandles { needed: 720, given: 3 }.into(),
            Failure::TooLarge { limit_bytes: 10 }.into(),
            Failure::NotReady { retry_after_s: 5 }.into(),
            Failure::Busy { retry_after_s: 5 }.into(),
            Failure::Internal { incident: "abc".into() }.into(),
        ];
        for failure in failures {
            let english = (Words::of(Language::English).site.failure)(&failure);
            let french = (Words::of(Language::French).site.failure)(&failure);
            assert!(english.ends_with('.') && french.ends_with('.'), "{english} / {french}");
            assert_ne!(english, french);
        }
    }

    #[test]
    fn the_summary_counts_in_plain_words() {
        let words = Words::of(Language::English);
        assert_eq!(
            (words.overview.summary)(&["Solana", "Dogecoin"], 9, Some(("Solana", "71%"))),
            "2 of 9 coins are more likely than not to be unusually volatile in the next 24 hours: Solana and Dogecoin."
        );
        assert!((words.overview.summary)(&[], 9, Some(("XRP", "34%"))).starts_with("None of the 9 coins"));
        let french = Words::of(Language::French);
        assert!((french.overview.summary)(&["Solana"], 9, Some(("Solana", "71 %"))).starts_with("1 crypto sur 9"));
    }
}
