//! The page that says how good the forecasts are, in English.

use domain::evaluation::{Part, Warnings};

use super::LANGUAGE;
use crate::format;
use crate::words::HowGood;

pub(super) const WORDS: HowGood = HowGood {
    title: "How good is it?",
    description: "How InvestBuddy's volatility forecasts compare with what happened: warnings that came true, misses, \
                  honest chances, and how it stands against other methods.",
    all_coins: "All coins",
    all: "All",
    empty: "No evaluation of the serving model is stored yet. The record on each coin's page shows the forecasts that \
            were made since its training.",
    warnings_title: "When we warned, and when we did not",
    warnings_note: "A warning is a chance of at least one half. The bars show shares of the forecasts on their line.",
    came: "it came",
    did_not_come: "it did not come",
    outcomes_title: "Forecast against outcome",
    outcomes_note: "Forecasts in groups of the same size, from the calmest to the wildest. The closer the line runs to \
                    the diagonal, the better. Both scales are logarithmic.",
    forecast_axis: "forecast, per day",
    outcome_axis: "realised, per day",
    key_middle: "median outcome",
    key_band: "eight outcomes in ten",
    key_diagonal: "outcome as forecast",
    as_table: "The same as a table",
    forecast: "Forecast",
    tenth: "1 in 10 below",
    median: "Median",
    ninetieth: "1 in 10 above",
    count: "Forecasts",
    reliability_title: "When we say 30%, does it happen 30% of the time?",
    reliability_note: "Each dot stands for forecasts with about the same chance; the larger, the more there were. \
                       Inside the band, what happened lies within five points of the chance.",
    chance_axis: "chance that was given",
    happened_axis: "share that happened",
    key_dots: "forecasts of one chance",
    key_tolerance: "within five points",
    given: "Chance given",
    happened: "Happened",
    months_title: "Against the simple method, month by month",
    key_better: "our error was smaller",
    key_worse: "our error was larger",
    month: "Month",
    ours: "Our error",
    theirs: "Simple method",
    smaller_by: "Ours smaller by",
    failures_title: "Where it fails",
    parts_caption: "Mean error (QLIKE) by year, and by how volatile the coin had just been; the mark on \
                    each bar is the simple method",
    part: "Forecasts made",
    inside: "Inside 80%",
    misses_title: "The worst misses",
    misses_note: "The forecasts whose outcome was furthest away. Past prices did not announce it.",
    coin: "Coin",
    made: "Made (UTC)",
    interval: "80% interval",
    realised: "Realised",
    times: "Off by a factor of",
    models_title: "Every method under the same rules",
    models_note: "The error is QLIKE: 0 is perfect, smaller is better. Small figures are 95% confidence intervals. p is \
                  the probability of a difference to our forecast at least as large if both were equally good \
                  (Diebold and Mariano). “Among the best” means that the method cannot be told from the best one \
                  (model confidence set, 10%).",
    models_pooled: "The tests take all coins together, whichever coin is shown.",
    model: "Method",
    error: "Error",
    explained: "Explained",
    separation: "ROC area",
    p: "p",
    best: "Among the best",
    yes: "yes",
    no: "no",
    serves: "serves",
    protocol_title: "How this was tested",
    protocol_2: "Every method got the same days, the same correction from its own finished forecasts, and nothing that \
                 was not known at the time; a test changes the future and shows that no forecast moves.",
    protocol_3: "Settings were chosen by hand, some with part of these days in view, and never searched; the protocol says \
                 which, and what they bring on the year before.",
    protocol_link: "The whole protocol",
    limits_title: "What to keep in mind",
    limit_1: "Past days are not coming days: a market that changes its nature makes every figure here too good.",
    limit_2: "Coins move together. Nine coins are not nine independent tests, and the confidence intervals say so.",
    limit_3: "A high-volatility period is high for its own coin in its own year. It says nothing about the direction.",
    limit_4: "The largest shocks come without a warning; no method on this page announces them.",
    link: "How good is it? Every tested forecast against what happened",
    lead,
    warned,
    missed,
    coverage: |share| format!("{share} of outcomes ended inside the 80% interval; 80% would be perfect."),
    against,
    warned_head: |count| format!("Warned {count} times"),
    unwarned_head: |count| format!("No warning {count} times"),
    bar: |right, count, share| format!("{right}: {count} ({share})"),
    outcomes_picture: |groups, low, low_realised, high, high_realised| {
        format!(
            "Median outcomes of {groups} groups of forecasts, from {low_realised} realised where {low} was forecast to \
             {high_realised} where {high} was forecast."
        )
    },
    reliability_picture: |inside, groups| {
        format!("In {inside} of {groups} groups of forecasts, what happened lies within five points of the chance.")
    },
    dot: |chance, happened, count| format!("{chance} given, {happened} happened, {count} forecasts"),
    months_picture: |better, months| {
        format!("Our error was smaller than the simple method’s in {better} of {months} months.")
    },
    months_note: |method| {
        format!("The simple method: {method}. Bars that rise are months in which our error was smaller.")
    },
    bar_of_month: |month, difference| format!("{month}: {difference}"),
    weakest: |part| format!("The error is largest {part}."),
    part_name,
    protocol_1: |from, to, days| {
        format!(
            "Forecasts were made every day at 00:00 UTC from {from} to {to}, by models that were fitted anew every \
             {days} days on earlier days only, with a gap as long as the horizon before the first one."
        )
    },
};

fn lead(count: &str, from: &str, to: &str) -> String {
    format!(
        "{count} forecasts from {from} to {to}, each made for a day that the model of its moment had never seen, beside \
         what happened."
    )
}

fn count(number: u32) -> String {
    format::number(LANGUAGE, f64::from(number), 0)
}

fn share(part: u32, all: u32) -> String {
    format::percent(LANGUAGE, f64::from(part) / f64::from(all), 0)
}

fn warned(warnings: &Warnings) -> String {
    match (warnings.right, warnings.given()) {
        (_, 0) => "No warning was given: the chance never reached one half.".to_owned(),
        (1, 1) => "The one warning came true.".to_owned(),
        (0, 1) => "The one warning did not come true.".to_owned(),
        (right, all) => format!("Of {} warnings, {} came true ({}).", count(all), count(right), share(right, all)),
    }
}

fn missed(warnings: &Warnings) -> String {
    match (warnings.missed, warnings.periods()) {
        (_, 0) => "No high-volatility period occurred.".to_owned(),
        (0, all) => format!("Of {} high-volatility periods, none came without a warning.", count(all)),
        (missed, all) => format!(
            "Of {} high-volatility periods, {} came without a warning ({}).",
            count(all),
            count(missed),
            share(missed, all)
        ),
    }
}

fn against(difference: f64, method: &str, p: Option<f64>) -> String {
    let size = format::percent(LANGUAGE, difference.abs(), 1);
    let way = if difference >= 0.0 { "smaller" } else { "larger" };
    let chance = match p {
        None => String::new(),
        Some(p) if p < 0.001 => " Chance alone would do that less than once in a thousand times.".to_owned(),
        Some(p) if p < 0.05 => format!(" Chance alone would do that {} of the time.", format::percent(LANGUAGE, p, 1)),
        Some(_) => " Chance alone could do that.".to_owned(),
    };
    format!("The error (QLIKE) was {size} {way} than that of the simple method, a {method}.{chance}")
}

fn part_name(part: Part) -> String {
    match part {
        Part::Year(year) => format!("in {year}"),
        Part::Calm => "after calm days".to_owned(),
        Part::Usual => "after usual days".to_owned(),
        Part::Wild => "after wild days".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_counted_in_plain_words() {
        let warnings = Warnings { right: 800, wrong: 400, missed: 300, calm: 9_000 };
        assert_eq!(warned(&warnings), "Of 1,200 warnings, 800 came true (67%).");
        assert_eq!(missed(&warnings), "Of 1,100 high-volatility periods, 300 came without a warning (27%).");
        let none = Warnings::default();
        assert!(warned(&none).starts_with("No warning") && missed(&none).starts_with("No high"));
    }

    #[test]
    fn a_difference_says_how_sure_it_is() {
        assert!(against(0.052, "method", Some(0.000_2)).contains("5.2% smaller"));
        assert!(against(0.052, "method", Some(0.000_2)).contains("once in a thousand"));
        assert!(against(-0.01, "method", Some(0.4)).ends_with("Chance alone could do that."));
        assert!(against(0.01, "method", Some(0.012)).ends_with("1.2% of the time."));
    }
}
