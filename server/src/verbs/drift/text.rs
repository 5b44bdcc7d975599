//! A comparison for a terminal, the verdict in words first.

use ml::drift::{ColumnReport, Report, Role, TestKind, Threshold, Verdict};

use super::Comparison;

/// Characters of a name that are shown.
const NAME: usize = 32;

/// A text cut to what fits in a line, without characters that move the cursor.
pub(super) fn short(text: &str) -> &str {
    let visible = text.find(char::is_control).unwrap_or(text.len());
    let end = text[..visible].char_indices().nth(NAME).map_or(visible, |(end, _)| end);
    &text[..end]
}

/// The verdict in one sentence.
pub(super) fn headline(report: &Report) -> String {
    let Report { drifted, judged, features, .. } = report;
    let limit = 100.0 * report.rules.drifted_share;
    match report.verdict {
        Verdict::Drifted => {
            format!(
                "The tables differ: {drifted} of {judged} features drifted, and from {limit:.0} % on that is drift."
            )
        }
        Verdict::Stable if *drifted == 0 => format!("The tables are alike: none of {judged} features drifted."),
        Verdict::Stable => format!(
            "The tables are alike on the whole: {drifted} of {judged} features drifted, and drift begins at {limit:.0} %."
        ),
        Verdict::TooFewRows => {
            format!("There are too few rows to say: {judged} of {features} features could be judged.")
        }
    }
}

/// A verdict in a word.
pub(in crate::verbs) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Drifted => "drifted",
        Verdict::Stable => "stable",
        Verdict::TooFewRows => "too few rows",
    }
}

/// A role in a word; nothing for a feature.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Feature => "",
        Role::Target => "target",
        Role::Forecast => "forecast",
    }
}

/// A test in words.
pub(super) const fn test(kind: TestKind) -> &'static str {
    match kind {
        TestKind::KolmogorovSmirnov => "Kolmogorov–Smirnov",
        TestKind::AndersonDarling => "Anderson–Darling",
        TestKind::Wasserstein => "Wasserstein",
        TestKind::Psi => "PSI",
        TestKind::JensenShannon => "Jensen–Shannon",
        TestKind::ChiSquare => "chi-square",
        TestKind::ChiSquareOfFit => "chi-square of fit",
        TestKind::Missing => "missing values",
        TestKind::OutOfRange => "out of range",
        TestKind::NewCategories => "new categories",
    }
}

/// A p-value or a statistic with as many digits as say something.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-4..1e5).contains(&size) => format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}

/// The whole comparison.
pub(super) fn text(comparison: &Comparison) -> String {
    let Comparison { reference, current, left_out, notes, report } = comparison;
    let mut text = headline(report);
    text.push_str(&format!(
        "\n\nreference  {} ({} rows)\ncurrent    {} ({} rows)\n",
        reference.file, reference.rows, current.file, current.rows
    ));
    text.push_str(&format!(
        "\n{:12}  {:NAME$}  {:>8}  {:>15}  {:>15}  {:>15}  {:>17}  because",
        "verdict", "column", "p", "Wasserstein", "PSI", "Jensen-Shannon", "missing"
    ));
    let mut columns: Vec<&ColumnReport> = report.columns.iter().collect();
    columns.sort_by_key(|column| (column.role != Role::Feature, column.verdict != Verdict::Drifted));
    for column in columns {
        text.push_str(&row(column));
    }
    text.push_str(
        "\n\np: Kolmogorov-Smirnov, or chi-square for categories, for as many independent rows as the rows are worth. \
         In brackets: the limit.",
    );
    for column in report.columns.iter().filter(|column| !column.new_categories.is_empty()) {
        let names: Vec<&str> = column.new_categories.iter().take(5).map(|name| short(name)).collect();
        let more = if column.new_categories.len() > names.len() { ", …" } else { "" };
        text.push_str(&format!("\nnew in {}: {}{more}", short(&column.name), names.join(", ")));
    }
    for out in left_out {
        text.push_str(&format!("\nleft out: {} ({})", short(&out.column), out.why));
    }
    for note in notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text
}

fn row(column: &ColumnReport) -> String {
    let evidence = column.test(TestKind::KolmogorovSmirnov).or_else(|| column.test(TestKind::ChiSquare));
    let p = evidence.and_then(|result| result.p_effective).map_or_else(|| "-".to_owned(), number);
    let size = |kind: TestKind| match column.test(kind) {
        Some(result) => format!("{} ({})", number(result.statistic), limit(&result.threshold)),
        None => "-".to_owned(),
    };
    let missing =
        format!("{:.1} % -> {:.1} %", 100.0 * column.reference.missing_share(), 100.0 * column.current.missing_share());
    let because: Vec<&str> = column.because.iter().map(|kind| test(*kind)).collect();
    let because = if column.role == Role::Feature {
        because.join(", ")
    } else {
        format!("({}) {}", role(column.role), because.join(", "))
    };
    let line = format!(
        "\n{:12}  {:NAME$}  {p:>8}  {:>15}  {:>15}  {:>15}  {missing:>17}  {because}",
        word(column.verdict),
        short(&column.name),
        size(TestKind::Wasserstein),
        size(TestKind::Psi),
        size(TestKind::JensenShannon),
    );
    line.trim_end_matches(' ').to_owned()
}

/// The number that decides, with two digits.
pub(super) fn limit(threshold: &Threshold) -> String {
    let value = threshold.value();
    if value >= 1_000.0 { format!("{value:.0e}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_cannot_move_the_cursor() {
        assert_eq!(short("volume_24h"), "volume_24h");
        assert_eq!(short("red\u{1b}[31m"), "red");
        assert_eq!(short(&"é".repeat(40)).chars().count(), NAME);
    }

    #[test]
    fn numbers_show_the_digits_that_say_something() {
        assert_eq!([0.0, 0.12345, 3e-9, 1_234.5, 2e7].map(number), ["0", "0.1235", "3.0e-9", "1234.5", "2.0e7"]);
    }
}
