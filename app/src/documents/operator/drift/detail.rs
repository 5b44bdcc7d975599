//! One column in both windows, with everything that was counted.

use domain::language::Language;
use leptos::prelude::*;

use super::super::graph::{
    Line, Lines, Told, Tone, aligned, area_key, encoded, figure, line_key, lines, overlay, plot, probability, verdict,
};
use super::super::whole;
use super::{ColumnStanding, DriftColumn, Span, WindowChoice, span, standing, timed_rows, trend_key, window_choices};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::Moment;
use crate::documents::{Page, address, say};
use crate::format;

/// A test of a column, with what is needed to repeat it.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftTest {
    /// Its name as it is stored, such as `kolmogorov_smirnov`.
    pub test: String,
    /// The statistic.
    pub statistic: f64,
    /// The probability of it where all rows are independent; none for a measure.
    pub p: Option<f64>,
    /// The probability for as many independent rows as these are worth, which decides.
    pub p_effective: Option<f64>,
    /// What decides: the probability must be below, the statistic above.
    pub threshold: f64,
    /// What it says on its own.
    pub standing: ColumnStanding,
    /// How it was done.
    pub rule: String,
}

/// The numbers of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WindowNumbers {
    /// Rows with a value.
    pub rows: Option<u64>,
    /// The share of rows without a value, 0 to 1.
    pub missing: Option<f64>,
    /// As many independent rows as they are worth.
    pub effective: Option<f64>,
    /// Mean, standard deviation, lowest and highest value; none for categories.
    pub moments: Option<[f64; 4]>,
    /// The 5th, 25th, 50th, 75th and 95th percentile; none for categories.
    pub quantiles: Option<[f64; 5]>,
}

/// Everything about one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftDetail {
    /// The column.
    pub column: DriftColumn,
    /// What was learned from.
    pub reference: Option<Span>,
    /// What is seen now.
    pub current: Option<Span>,
    /// The lengths that can be chosen.
    pub windows: Vec<WindowChoice>,
    /// The numbers of the reference.
    pub reference_numbers: WindowNumbers,
    /// The numbers of the current window.
    pub current_numbers: WindowNumbers,
    /// The tests.
    pub tests: Vec<DriftTest>,
    /// The names of the tests that decided, as they are stored.
    pub because: Vec<String>,
}

/// One column: both distributions over each other, and everything that was counted.
pub fn drift_detail(language: Language, detail: &DriftDetail) -> Page {
    let column = &detail.column;
    let title = format!("{} · {}", say(language, "Drift", "Dérive"), column.name);
    let back = view! {
        <p class="document__aside">
            <a href=address(language, "/operator")>{say(language, "Operator", "Opérateur")}</a>
            " › "
            <a href=address(language, "/operator/drift")>{say(language, "Drift", "Dérive")}</a>
        </p>
    };
    let path = format!("/operator/drift/{}", encoded(&column.name));
    let body = view! {
        <div class="board">
            {back}
            <h1>
                <code>{column.name.clone()}</code>
            </h1>
            {column_verdict(language, detail)}
            {window_choices(language, &path, &detail.windows)}
            {distributions(language, detail)}
            {quantiles(language, detail)}
            {test_section(language, detail)}
            {trend(language, column)}
        </div>
    }
    .into_any();
    Page { title, body }
}

fn column_verdict(language: Language, detail: &DriftDetail) -> AnyView {
    let score = format::number(language, detail.column.score, 2);
    let because: Vec<String> = detail.because.iter().map(|test| test_words(language, test)).collect();
    let because = because.join(", ");
    let began = detail.column.since.map(|at| {
        let before = say(language, " It began on ", " Cela a commencé le ");
        view! { {before} <Moment at /> "." }
    });
    let size = match language {
        Language::English => format!("Its score is {score}; 1 is the threshold."),
        Language::French => format!("Son score est de {score}\u{202f}; 1 est le seuil."),
    };
    match detail.column.standing {
        ColumnStanding::TooFewRows => verdict(
            Tone::Unknown,
            say(language, "There are too few rows to say anything.", "Il y a trop peu de lignes pour conclure.")
                .into_any(),
            size.into_any(),
        ),
        ColumnStanding::Stable => verdict(
            Tone::Good,
            say(language, "It is as it was when the model learned.", "Elle est comme lors de l’apprentissage.")
                .into_any(),
            size.into_any(),
        ),
        ColumnStanding::Drifted => {
            let headline = match language {
                _ if because.is_empty() => say(language, "It moved.", "Elle a bougé.").to_owned(),
                Language::English => format!("It moved: {because}."),
                Language::French => format!("Elle a bougé\u{202f}: {because}."),
            };
            verdict(Tone::Bad, headline.into_any(), view! { {size} {began} }.into_any())
        }
    }
}

fn distributions(language: Language, detail: &DriftDetail) -> AnyView {
    let bins = &detail.column.bins;
    let title = say(language, "Both windows over each other", "Les deux fenêtres superposées");
    let text = match (language, detail.reference_numbers.quantiles, detail.current_numbers.quantiles) {
        (Language::English, Some(before), Some(now)) => {
            format!("The median was {} and is {}.", figure(language, before[2]), figure(language, now[2]))
        }
        (Language::French, Some(before), Some(now)) => {
            format!("La médiane était de {} et est de {}.", figure(language, before[2]), figure(language, now[2]))
        }
        (Language::English, ..) => format!("Shares of {} categories.", bins.len()),
        (Language::French, ..) => format!("Parts de {} catégories.", bins.len()),
    };
    let told = Told { id: "distributions".to_owned(), title: title.to_owned(), text };
    let (reference, current) = bins.shares();
    let share = |value| format::percent(language, value, 1);
    let rows = reference
        .iter()
        .zip(&current)
        .enumerate()
        .map(|(index, (&reference, &current))| {
            view! {
                <tr>
                    <th scope="row">{bins.label(language, index)}</th>
                    <td class="table__number">{share(reference)}</td>
                    <td class="table__number">{share(current)}</td>
                </tr>
            }
        })
        .collect_view()
        .into_any();
    let key = vec![
        area_key(
            "overlay__reference",
            say(language, "reference: what was learned from", "référence\u{202f}: l’appris"),
        ),
        line_key("overlay__current", say(language, "current window", "fenêtre actuelle")),
    ];
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {plot(
                say(language, "share of rows", "part des lignes"),
                say(language, "value", "valeur"),
                overlay(language, &told, bins),
                key,
            )}
            <FoldedTable
                summary=say(language, "The same as a table", "Le même en tableau")
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Text(say(language, "Bin", "Classe")),
                    Head::Number(say(language, "Reference", "Référence")),
                    Head::Number(say(language, "Current", "Actuelle")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}

fn quantiles(language: Language, detail: &DriftDetail) -> AnyView {
    let (before, now) = (&detail.reference_numbers, &detail.current_numbers);
    let row = |name: String, before: String, now: String| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="table__number">{before}</td>
                <td class="table__number">{now}</td>
            </tr>
        }
        .into_any()
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| figure(language, value));
    let count = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| whole(language, rows));
    let missing = |numbers: &WindowNumbers| {
        numbers.missing.map_or_else(|| "–".to_owned(), |share| format::percent(language, share, 1))
    };
    let mut rows = vec![
        row(say(language, "Rows", "Lignes").to_owned(), count(before.rows), count(now.rows)),
        row(
            say(language, "Worth as many independent rows", "Valent autant de lignes indépendantes").to_owned(),
            number(before.effective),
            number(now.effective),
        ),
        row(say(language, "Without a value", "Sans valeur").to_owned(), missing(before), missing(now)),
    ];
    let moments = [
        say(language, "Mean", "Moyenne"),
        say(language, "Standard deviation", "Écart type"),
        say(language, "Lowest", "Minimum"),
        say(language, "Highest", "Maximum"),
    ];
    for (index, name) in moments.into_iter().enumerate() {
        let of = |numbers: &WindowNumbers| number(numbers.moments.map(|moments| moments[index]));
        rows.push(row(name.to_owned(), of(before), of(now)));
    }
    for (index, level) in [0.05, 0.25, 0.5, 0.75, 0.95].into_iter().enumerate() {
        let of = |numbers: &WindowNumbers| number(numbers.quantiles.map(|quantiles| quantiles[index]));
        let name = format!("{} {}", format::percent(language, level, 0), say(language, "are below", "sont en dessous"));
        rows.push(row(name, of(before), of(now)));
    }
    let heads = [
        say(language, "Number", "Nombre"),
        say(language, "Reference", "Référence"),
        say(language, "Current", "Actuelle"),
    ];
    let title = say(language, "Numbers of both windows", "Nombres des deux fenêtres");
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{span(language, detail.reference)} " · " {span(language, detail.current)}</p>
            {aligned(title, &heads, &[1, 2], rows.into_iter().collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn test_section(language: Language, detail: &DriftDetail) -> AnyView {
    let title = say(language, "Tests", "Tests");
    let heads = [
        say(language, "Test", "Test"),
        say(language, "Statistic", "Statistique"),
        say(language, "p, rows independent", "p, lignes indépendantes"),
        say(language, "p that decides", "p qui décide"),
        say(language, "Threshold", "Seuil"),
        say(language, "Says", "Dit"),
        say(language, "How", "Comment"),
    ];
    let row = |test: &DriftTest| {
        let probable = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| probability(language, p));
        let bound = if test.p_effective.is_some() { "p < " } else { "> " };
        view! {
            <tr>
                <th scope="row">{test_words(language, &test.test)}</th>
                <td class="table__number">{figure(language, test.statistic)}</td>
                <td class="table__number">{probable(test.p)}</td>
                <td class="table__number">{probable(test.p_effective)}</td>
                <td class="table__number">{bound} {figure(language, test.threshold)}</td>
                <td>{standing(language, test.standing)}</td>
                <td>{test.rule.clone()}</td>
            </tr>
        }
    };
    let note = say(
        language,
        "Rows of a market depend on each other. The p that decides counts as many rows as are as good as independent; the other one takes every row for independent, as most tools do.",
        "Les lignes d’un marché dépendent les unes des autres. Le p qui décide ne compte que l’équivalent en lignes indépendantes\u{202f}; l’autre les prend toutes pour indépendantes, comme la plupart des outils.",
    );
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{note}</p>
            {aligned(title, &heads, &[1, 2, 3, 4], detail.tests.iter().map(row).collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn trend(language: Language, column: &DriftColumn) -> AnyView {
    let title = say(language, "Score over time", "Score dans le temps");
    let show = |value| format::number(language, value, 2);
    let last = column.trend.last().map(|&(_, value)| show(value)).unwrap_or_else(|| "–".to_owned());
    let text = match language {
        Language::English => format!("{} comparisons; {last} in the last one, 1 is the threshold.", column.trend.len()),
        Language::French => {
            format!("{} comparaisons\u{202f}; {last} à la dernière, 1 est le seuil.", column.trend.len())
        }
    };
    let told = Told { id: "trend".to_owned(), title: title.to_owned(), text };
    let drawn = lines(
        language,
        &told,
        &Lines {
            lines: &[Line { class: "graph__line", points: &column.trend }],
            band: &[],
            threshold: Some(1.0),
            from_zero: true,
            show: &show,
        },
    );
    let rows = timed_rows(&column.trend, &show);
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {plot("", "", drawn, trend_key(language))}
            <FoldedTable
                summary=say(language, "The same as a table", "Le même en tableau")
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Text(say(language, "Compared (UTC)", "Comparaison (UTC)")),
                    Head::Number(say(language, "Score", "Score")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}

/// A test by its name as it is stored; a name that nobody knows stands as it is.
fn test_words(language: Language, test: &str) -> String {
    let known = match test {
        "kolmogorov_smirnov" => "Kolmogorov–Smirnov",
        "anderson_darling" => "Anderson–Darling",
        "wasserstein" => say(language, "Wasserstein distance", "distance de Wasserstein"),
        "psi" => say(language, "PSI (stability index)", "PSI (indice de stabilité)"),
        "jensen_shannon" => say(language, "Jensen–Shannon distance", "distance de Jensen–Shannon"),
        "chi_square" => say(language, "chi-square", "khi-deux"),
        "chi_square_of_fit" => say(language, "chi-square of fit", "khi-deux d’ajustement"),
        "missing" => say(language, "missing values", "valeurs manquantes"),
        "out_of_range" => say(language, "out of range", "hors de l’intervalle"),
        "new_categories" => say(language, "new categories", "nouvelles catégories"),
        other => return other.to_owned(),
    };
    known.to_owned()
}
