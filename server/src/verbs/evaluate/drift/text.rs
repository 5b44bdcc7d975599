//! What drifted, for a terminal: a table a model, a line a window.

use domain::forecast::Horizon;
use jiff::Timestamp;
use ml::drift::{Role, Verdict};

use super::windows::{Found, Link, Moved, Scores, Story, Sum, Window};
use crate::verbs::drift::text::word;

/// Columns of a window that are named, those that moved most first.
const NAMED: usize = 5;

/// Above what [`scores`] makes.
const SCORES: &str = " QLIKE     HAR   against    80 %";

/// Everything that was found.
pub(super) fn text(found: &Found) -> String {
    let mut text = title(found);
    text.push_str(&story(&found.served, found.months));
    if let Some(kept) = &found.kept {
        text.push_str(&story(kept, found.months));
        text.push_str(&renewing(&found.served, kept));
    }
    text.push_str(&format!(
        "\n\ndrifted: of the judged features, of all. alone: drifted if rows were independent of each other.\n\
         distance: mean Wasserstein distance of the features. shifts are of the mean; both in standard deviations\n\
         of the reference. * drifted. A window drifted from {:.0} % of the judged features on; where fewer than\n\
         half can be judged there are too few rows.",
        100.0 * found.rules.drifted_share
    ));
    text
}

/// What was looked at, in a line.
pub(super) fn title(found: &Found) -> String {
    let months = if found.months == 1 { "a month".to_owned() } else { format!("{} months", found.months) };
    format!("Windows of {months}, one row a coin and day, against what was learnt from; forecasts of {}", found.horizon)
}

fn story(story: &Story, months: u8) -> String {
    let mut text = format!(
        "\n\n{}\n{:10}  {:12}  {:>10}  {:>5}  {:>8}  {:>9}  {:>9}  {:>6}  {:>6}  {:>8}  {:>6}",
        story.name,
        "window",
        "verdict",
        "drifted",
        "alone",
        "distance",
        "outcome",
        "forecast",
        "QLIKE",
        "HAR",
        "against",
        "80 %"
    );
    for window in &story.windows {
        text.push_str(&line(window, months));
        let named: Vec<String> = most_moved(window).take(NAMED).map(feature).collect();
        text.push_str(&format!("\n{:10}  {}", "", named.join(", ")));
    }
    text.push_str(&format!("\n\n{:22}  {:>7}  {:>8}  {:>8}  {SCORES}", "", "windows", "drifted", "distance"));
    for (verdict, sum) in &story.verdicts {
        text.push_str(&together(word(*verdict), sum));
    }
    text.push_str(&together("all", &story.all));
    for link in &story.links {
        text.push_str(&format!("\n{}", linked(link)));
    }
    text
}

fn line(window: &Window, months: u8) -> String {
    let shift = |role: Role| {
        let column = window.columns.iter().find(|column| column.role == role && column.shift.is_some());
        column.map_or_else(|| "-".to_owned(), |column| format!("{}{}", shift(column), star(column)))
    };
    format!(
        "\n{:10}  {:12}  {:>10}  {:>5}  {:>8.2}  {:>9}  {:>9}  {}",
        label(window.from, months),
        word(window.verdict),
        format!("{} of {}/{}", window.drifted, window.judged, window.features),
        window.drifted_if_independent,
        window.distance,
        shift(Role::Target),
        shift(Role::Forecast),
        scores(window.scores.as_ref()),
    )
}

fn together(name: &str, sum: &Sum) -> String {
    format!(
        "\n{name:22}  {:>7}  {:>8}  {:>8.2}  {}",
        sum.windows,
        format!("{}/{}", sum.drifted, sum.judged),
        sum.distance,
        scores(sum.scores.as_ref())
    )
}

/// What fitting anew changed, year by year.
fn renewing(renewed: &Story, kept: &Story) -> String {
    let mut text = format!(
        "\n\nrenewed beside kept\n{:22}  {:>17}  {:>17}  {:>17}  {:>8}",
        "", "windows drifted", "distance", "QLIKE", "against"
    );
    let years = renewed.years.iter().zip(&kept.years).map(|((year, one), (_, other))| (year.to_string(), one, other));
    for (name, one, other) in years.chain([("all".to_owned(), &renewed.all, &kept.all)]) {
        let qlike = |sum: &Sum| sum.scores.map_or_else(|| "-".to_owned(), |scores| format!("{:.4}", scores.qlike));
        let against = one.scores.zip(other.scores).map(|(one, other)| percent(one.qlike / other.qlike - 1.0));
        text.push_str(&format!(
            "\n{name:22}  {:>17}  {:>17}  {:>17}  {:>8}",
            format!("{}/{}, {}/{}", one.drifted, one.judged, other.drifted, other.judged),
            format!("{:.2}, {:.2}", one.distance, other.distance),
            format!("{}, {}", qlike(one), qlike(other)),
            against.unwrap_or_else(|| "-".to_owned()),
        ));
    }
    text
}

/// QLIKE, that of HAR with calendar, by how much it is higher, coverage.
fn scores(scores: Option<&Scores>) -> String {
    scores.map_or_else(String::new, |scores| {
        format!(
            "{:.4}  {:.4}  {:>8}  {:>6.1}",
            scores.qlike,
            scores.baseline,
            percent(scores.against_baseline()),
            100.0 * scores.coverage80
        )
    })
}

/// What goes with the distance, in a sentence.
pub(super) fn linked(link: &Link) -> String {
    format!(
        "rank correlation of the distance with the {}: {:+.2} over {} windows",
        link.with.words(),
        link.rank_correlation,
        link.windows
    )
}

/// The features of a window, those that moved most first.
pub(super) fn most_moved(window: &Window) -> impl Iterator<Item = &Moved> {
    let mut features: Vec<&Moved> = window.columns.iter().filter(|column| column.role == Role::Feature).collect();
    let size = |column: &Moved| column.wasserstein.unwrap_or_default();
    features.sort_by(|one, other| size(other).total_cmp(&size(one)));
    features.into_iter()
}

fn feature(column: &Moved) -> String {
    format!("{} {}{}", column.name, shift(column), star(column))
}

fn star(column: &Moved) -> &'static str {
    if column.verdict == Verdict::Drifted { "*" } else { "" }
}

/// By how much the mean of a column moved, in standard deviations of the reference.
pub(super) fn shift(column: &Moved) -> String {
    column.shift.map_or_else(|| "-".to_owned(), |shift| format!("{shift:+.2}"))
}

/// A difference of shares.
pub(super) fn percent(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}

/// The name of a window: its month, or its first day where it has several months.
pub(super) fn label(from: Timestamp, months: u8) -> String {
    from.strftime(if months == 1 { "%Y-%m" } else { "%Y-%m-%d" }).to_string()
}

/// The horizon in words.
pub(super) const fn ahead(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::Day => "the next 24 hours",
        Horizon::TwoDays => "the next 48 hours",
    }
}

#[cfg(test)]
mod tests {
    use super::super::windows::sample;
    use super::*;

    #[test]
    fn every_window_has_a_line_with_what_moved_most_below_it() {
        let text = text(&sample());
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("2024-08")).expect("a window");
        assert!(lines[at].contains("drifted") && lines[at].contains("1 of 2/2"), "{}", lines[at]);
        assert!(lines[at].ends_with("0.4500  0.4000   +12.5 %    79.0"), "{}", lines[at]);
        assert_eq!(lines[at + 1].trim(), "log_rv_1d -1.50*, <rsi> +0.01");
        assert!(lines.iter().all(|line| line.chars().count() <= 120), "{text}");
    }

    #[test]
    fn windows_come_together_and_renewing_is_held_against_keeping() {
        let text = text(&sample());
        for said in [
            "too few rows                  1",
            "rank correlation of the distance with the QLIKE: +1.00 over 7 windows",
            "renewed beside kept",
            "2024                             2/5, 2/5",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn windows_of_several_months_are_named_by_their_first_day() {
        let from = sample().served.windows[0].from;
        assert_eq!([label(from, 1), label(from, 3)], ["2024-07", "2024-07-01"]);
    }
}
