//! The rules as a table, the words against the facts.

use domain::advice::{Action, Advice, Confidence, Fact, Stance};
use domain::forecast::{Forecast, Horizon, Quantiles, RiskLevel, UsualRange};
use domain::language::Language;
use domain::market::Symbol;
use domain::model::Version;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{RULES, advise, reworded};
use crate::events::{FearAndGreed, FundingRate, Mood};
use crate::grounding::{Evidence, Guard};

fn now() -> Timestamp {
    "2026-11-24T14:05:00Z".parse().expect("a time")
}

fn origin() -> Timestamp {
    "2026-11-24T14:00:00Z".parse().expect("a time")
}

fn bitcoin() -> Symbol {
    Symbol::parse("btc").expect("a symbol")
}

/// A forecast whose signs are as the rank and the chance say, with a narrow interval.
fn forecast(rank: f64, chance: f64) -> Forecast {
    Forecast {
        symbol: bitcoin(),
        horizon: Horizon::Day,
        origin: origin(),
        ends_at: origin() + SignedDuration::from_hours(24),
        model: Version::parse("lstm-20240701-f78ef12a").expect("a version"),
        quantiles: Quantiles::from_array([0.014, 0.017, 0.019, 0.0214, 0.025, 0.029, 0.035]),
        high_volatility: chance,
        level: RiskLevel::of(chance),
        usual: UsualRange { low: 0.0139, middle: 0.0217, high: 0.032 },
        rank,
        just_realised: 0.0171,
        reasons: Vec::new(),
    }
}

fn mood(value: u8) -> FearAndGreed {
    FearAndGreed { value, classification: Mood::of(value), as_of: "2026-11-24T00:00:00Z".parse().expect("a time") }
}

fn funding(rate: f64) -> FundingRate {
    FundingRate { symbol: bitcoin(), rate, as_of: origin() }
}

fn plain_advice(forecast: &Forecast) -> Advice {
    advise(forecast, None, None, now(), Language::English)
}

#[test]
fn ranks_chances_and_events_decide_level_stance_and_action() {
    use {Action::*, RiskLevel::*, Stance::*};
    let table = [
        // rank, chance, index, funding → level, stance, action
        (0.00, 0.01, None, None, Low, Steady, KeepToThePlan),
        (0.39, 0.10, Some(50), Some(0.0001), Low, Steady, KeepToThePlan),
        (0.39, 0.10, Some(79), Some(-0.000_4), Low, Steady, KeepToThePlan),
        (0.39, 0.10, Some(80), None, Low, Watchful, LookAgainTomorrow),
        (0.39, 0.10, Some(20), None, Low, Watchful, LookAgainTomorrow),
        (0.39, 0.10, None, Some(0.000_5), Low, Watchful, LookAgainTomorrow),
        (0.39, 0.90, None, None, Low, Steady, KeepToThePlan),
        (0.40, 0.20, None, None, Moderate, Watchful, LookAgainTomorrow),
        (0.69, 0.30, Some(95), Some(0.002), Moderate, Watchful, LookAgainTomorrow),
        (0.70, 0.40, None, None, High, Careful, CheckPositionSize),
        (0.80, 0.40, Some(10), None, High, Careful, CheckPositionSize),
        (0.80, 0.40, Some(85), None, High, Careful, SplitOrders),
        (0.80, 0.40, Some(85), Some(-0.001), High, Careful, LowerLeverage),
        (0.89, 0.50, None, Some(0.000_5), High, Careful, LowerLeverage),
        (0.90, 0.60, None, None, Critical, Defensive, LowerLeverage),
        (1.00, 0.99, Some(5), Some(0.003), Critical, Defensive, LowerLeverage),
    ];
    for (rank, chance, index, rate, level, stance, action) in table {
        let (mood, funding) = (index.map(mood), rate.map(funding));
        let advice = advise(&forecast(rank, chance), mood.as_ref(), funding.as_ref(), now(), Language::English);
        let row = format!("{rank} {chance} {index:?} {rate:?}");
        assert_eq!((advice.level, advice.stance, advice.action), (level, stance, action), "{row}");
    }
}

#[test]
fn confidence_falls_with_width_disagreement_and_age() {
    let sure = forecast(0.2, 0.05);
    let at = |forecast: &Forecast, hours: i64| {
        advise(forecast, None, None, origin() + SignedDuration::from_hours(hours), Language::English).confidence
    };
    assert_eq!(at(&sure, 0), Confidence::High);
    assert_eq!(at(&sure, 4), Confidence::Medium, "it is old");
    assert_eq!(at(&sure, 24), Confidence::Low, "it has run out");
    let wider = Quantiles { q10: 0.0095, ..sure.quantiles };
    assert_eq!(at(&Forecast { quantiles: wider, ..sure.clone() }, 0), Confidence::Medium);
    let wide = Quantiles { q10: 0.008, ..sure.quantiles };
    assert_eq!(at(&Forecast { quantiles: wide, ..sure.clone() }, 0), Confidence::Low, "no better than the year");
    assert_eq!(at(&Forecast { just_realised: 0.05, ..sure.clone() }, 0), Confidence::Low, "it was rough just now");
    assert_eq!(at(&forecast(0.2, 0.2), 0), Confidence::Medium, "rank and chance are not of one mind");
    assert_eq!(at(&forecast(0.95, 0.7), 0), Confidence::High);
}

#[test]
fn the_rank_comes_first_and_the_weightiest_others_follow() {
    let kinds = |advice: &Advice| -> Vec<&'static str> {
        advice
            .grounds
            .iter()
            .map(|ground| match ground.fact {
                Fact::ForecastRank { .. } => "rank",
                Fact::Chance { .. } => "chance",
                Fact::JustRealised { .. } => "realised",
                Fact::FearAndGreed { .. } => "mood",
                Fact::FundingRate { .. } => "funding",
            })
            .collect()
    };
    assert_eq!(kinds(&plain_advice(&forecast(0.2, 0.01))), ["rank", "chance", "realised"]);
    let usual = Forecast { just_realised: 0.0217, ..forecast(0.5, 0.2) };
    assert_eq!(kinds(&plain_advice(&usual)).len(), 2, "a reason that weighs nothing is left out");
    let advice = advise(&usual, Some(&mood(97)), Some(&funding(0.000_8)), now(), Language::English);
    assert_eq!(kinds(&advice), ["rank", "mood", "funding"]);
}

#[test]
fn events_that_are_old_or_about_another_coin_do_not_count() {
    let old = FearAndGreed { as_of: now() - SignedDuration::from_hours(49), ..mood(95) };
    let other = FundingRate { symbol: Symbol::parse("eth").expect("a symbol"), ..funding(0.01) };
    let calm = forecast(0.2, 0.05);
    assert_eq!(advise(&calm, Some(&old), Some(&other), now(), Language::English), plain_advice(&calm));
}

#[test]
fn the_words_are_plain_and_follow_the_customs_of_the_language() {
    let forecast = Forecast { just_realised: 0.034, ..forecast(0.82, 0.41) };
    let english = advise(&forecast, Some(&mood(88)), None, now(), Language::English);
    assert_eq!(
        english.summary,
        "Bitcoin looks rougher than usual until 2026-11-25 14:00 UTC: expected volatility is 2.1% a day, more than on \
         82% of the past 365 days."
    );
    assert_eq!(english.grounds[0].source, "Forecast by lstm-20240701-f78ef12a");
    assert_eq!(english.worded_by, RULES);
    let french = advise(&forecast, Some(&mood(88)), None, now(), Language::French);
    assert_eq!(
        french.grounds[0].words,
        "La prévision médiane est de 2,1\u{202f}% par jour (intervalle à 80\u{202f}%\u{202f}: 1,7\u{202f}% à \
         2,9\u{202f}%), plus que pendant 82\u{202f}% des 365 derniers jours."
    );
    for words in french.grounds.iter().map(|ground| &ground.words).chain([&french.summary, &french.action_words]) {
        assert!(
            !words.contains('\'') && !words.contains(" %") && !words.contains('.') || words.ends_with('.'),
            "{words}"
        );
    }
}

#[test]
fn a_models_wording_replaces_the_summary_as_far_as_the_figures_hold_it() {
    let advice = plain_advice(&forecast(0.82, 0.41));
    let text =
        "Expect swings of about 2.1% a day, more than on 82% of days. A crash of 40% is coming. You should sell.";
    let worded = reworded(advice.clone(), text, "qwen2");
    assert_eq!(worded.summary, "Expect swings of about 2.1% a day, more than on 82% of days.");
    assert_eq!((worded.worded_by.as_str(), worded.dropped_sentences), ("qwen2", 2));
    assert_eq!(worded.grounds, advice.grounds);
}

#[test]
fn where_nothing_of_a_models_wording_is_left_the_template_stays() {
    let advice = plain_advice(&forecast(0.82, 0.41));
    let worded = reworded(advice.clone(), "Buy now! Up 300%.", "qwen2");
    assert_eq!(worded, Advice { dropped_sentences: 2, ..advice });
}

/// Everything that an advice says.
fn texts(advice: &Advice) -> Vec<String> {
    let mut texts = vec![advice.summary.clone(), advice.action_words.clone()];
    texts.extend(advice.grounds.iter().map(|ground| ground.words.clone()));
    texts
}

prop_compose! {
    fn any_forecast()(
        rank in 0.0..=1.0f64,
        chance in 0.0..=1.0f64,
        mut quantiles in prop::collection::vec(0.001..0.3f64, 7),
        mut usual in prop::collection::vec(0.001..0.3f64, 3),
        just_realised in 0.0..0.4f64,
        horizon in prop::sample::select(Horizon::ALL.to_vec()),
    ) -> Forecast {
        quantiles.sort_by(f64::total_cmp);
        usual.sort_by(f64::total_cmp);
        Forecast {
            horizon,
            ends_at: origin() + SignedDuration::from_hours(i64::from(horizon.hours())),
            quantiles: Quantiles::from_array(quantiles.try_into().expect("seven")),
            usual: UsualRange { low: usual[0], middle: usual[1], high: usual[2] },
            just_realised,
            ..forecast(rank, chance)
        }
    }
}

const fn severity(level: RiskLevel) -> u8 {
    match level {
        RiskLevel::Low => 0,
        RiskLevel::Moderate => 1,
        RiskLevel::High => 2,
        RiskLevel::Critical => 3,
    }
}

proptest! {
    #[test]
    fn a_higher_rank_never_lowers_the_level(one in 0.0..=1.0f64, other in 0.0..=1.0f64, chance in 0.0..=1.0f64) {
        let level = |rank| severity(plain_advice(&forecast(rank, chance)).level);
        prop_assert!(level(one.min(other)) <= level(one.max(other)));
    }

    #[test]
    fn every_number_in_the_words_is_in_the_facts_and_none_of_the_words_say_to_trade(
        forecast in any_forecast(),
        index in prop::option::of(0u8..=100),
        rate in prop::option::of(-0.01..0.01f64),
        hours in 0i64..60,
        language in prop::sample::select(vec![Language::English, Language::French]),
    ) {
        let now = origin() + SignedDuration::from_hours(hours);
        let (mood, funding) = (index.map(mood), rate.map(funding));
        let advice = advise(&forecast, mood.as_ref(), funding.as_ref(), now, language);
        prop_assert!((2..=3).contains(&advice.grounds.len()));
        // The figures themselves, and what is the same in every advice: the interval's name, the usual chance and the
        // bounds of a chance, the year, the index's scale, the period of funding.
        let mut evidence = vec![
            format!("{} {} {} h", advice.as_of, advice.ends_at, forecast.horizon.hours()),
            "80 % 20 % 1 % 99 %, 365, 100, 8 h".to_owned(),
        ];
        let figures = [forecast.rank, forecast.high_volatility, forecast.just_realised, forecast.usual.middle,
            forecast.usual.high, forecast.quantiles.q10, forecast.quantiles.q50, forecast.quantiles.q90];
        evidence.extend(figures.iter().map(|figure| format!("{figure:.9}")));
        evidence.extend(mood.map(|mood| format!("{} on {}", mood.value, mood.as_of)));
        evidence.extend(funding.map(|funding| format!("{:.9} at {}", funding.rate, funding.as_of)));
        for text in texts(&advice) {
            let mut guard = Guard::new(Evidence::new(evidence.iter().map(String::as_str)), 0);
            let released = guard.push(&text) + &guard.finish();
            prop_assert_eq!((released, guard.dropped()), (text, 0));
        }
    }

    #[test]
    fn the_templates_own_words_are_a_wording_that_passes(forecast in any_forecast(), hours in 0i64..60) {
        let now = origin() + SignedDuration::from_hours(hours);
        let advice = advise(&forecast, None, None, now, Language::French);
        let text = format!("{} {}", advice.summary, advice.grounds[0].words);
        prop_assert_eq!(reworded(advice, &text, "qwen2").dropped_sentences, 0);
    }
}
