//! Whether what comes in is still what the model learned from.

use domain::forecast::Horizon;
use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::graph::{
    Bins, Line, Lines, Told, Tone, area_key, choices, encoded, facts, figure, line_key, lines, overlay, plot,
    probability, small_line, small_overlay, verdict,
};
use super::{table, up, whole};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::{Day, Moment};
use crate::documents::{Page, address, say};
use crate::format;

/// What all comparisons together say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriftStanding {
    /// There are too few rows to say anything.
    #[default]
    Unknown,
    /// Nothing that chance does not explain.
    Calm,
    /// Something moved, and not for long enough to be sure.
    Watch,
    /// It moved, window after window.
    Confirmed,
}

/// What a column is to the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColumnRole {
    /// Something that the model reads.
    #[default]
    Feature,
    /// What is forecast.
    Target,
    /// What the model said.
    Forecast,
}

/// What is said of a column or a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColumnStanding {
    /// There are too few rows to say anything.
    #[default]
    TooFewRows,
    /// It is as it was.
    Stable,
    /// It moved.
    Drifted,
}

/// Rows of a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first one (UTC); none where rows have no time.
    pub from: Option<Timestamp>,
    /// The last one (UTC); likewise.
    pub to: Option<Timestamp>,
    /// How many.
    pub rows: u64,
}

/// A comparison that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowChoice {
    /// Forecasts of this horizon.
    pub horizon: Horizon,
    /// The length of the current window in days.
    pub days: u32,
    /// Whether it is shown.
    pub is_shown: bool,
}

impl WindowChoice {
    /// As it stands in an address.
    fn query(&self) -> String {
        format!("?window={}&horizon={}", self.days, self.horizon)
    }
}

/// A column in both windows, in short.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftColumn {
    /// Its name.
    pub name: String,
    /// What it is to the model.
    pub role: ColumnRole,
    /// What is said of it.
    pub standing: ColumnStanding,
    /// How far it is from its threshold: 1 is on it, more is beyond.
    pub score: f64,
    /// Both windows.
    pub bins: Bins,
    /// The score of the latest comparisons, the oldest first (UTC).
    pub trend: Vec<(Timestamp, f64)>,
    /// Since when it has been beyond its threshold without a break (UTC).
    pub since: Option<Timestamp>,
}

/// The served model's error, watched for a change: features may stay while what follows from them changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorWatch {
    /// How it stands.
    pub standing: DriftStanding,
    /// Since when (UTC).
    pub since: Option<Timestamp>,
    /// Days that were counted since the model began to serve.
    pub days: u32,
    /// Fewest days before anything is said.
    pub least_days: u32,
    /// The statistic of the Page–Hinkley test after the newest day.
    pub statistic: Option<f64>,
    /// Above this the error has grown for good.
    pub threshold: f64,
    /// Mean QLIKE by day, the oldest first (UTC).
    pub errors: Vec<(Timestamp, f64)>,
    /// Days at whose end an alarm was raised (UTC).
    pub alarms: Vec<Timestamp>,
}

/// The dashboard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftBoard {
    /// What all comparisons together say.
    pub standing: DriftStanding,
    /// Since when (UTC).
    pub since: Option<Timestamp>,
    /// When the windows were compared last (UTC).
    pub checked_at: Option<Timestamp>,
    /// The model whose training is the reference.
    pub model: Option<String>,
    /// Windows that drifted among the last ones.
    pub drifted_windows: u32,
    /// How many of them must drift to confirm it, and among how many.
    pub rule: (u32, u32),
    /// Features that drifted, that could be judged, and in all.
    pub features: (u32, u32, u32),
    /// The share of drifted features from which on a window has drifted, 0 to 1.
    pub share_threshold: f64,
    /// What was learned from.
    pub reference: Option<Span>,
    /// What is seen now.
    pub current: Option<Span>,
    /// The lengths that can be chosen.
    pub windows: Vec<WindowChoice>,
    /// Features, target and forecast.
    pub columns: Vec<DriftColumn>,
    /// The share of drifted features of the latest comparisons, 0 to 1, the oldest first (UTC).
    pub shares: Vec<(Timestamp, f64)>,
    /// The error over time.
    pub errors: ErrorWatch,
}

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

/// The dashboard: a verdict in words, then every column.
pub fn drift(language: Language, board: &DriftBoard) -> Page {
    let title = say(language, "Drift", "Dérive");
    let features = columns_of(board, |role| role == ColumnRole::Feature);
    let others = columns_of(board, |role| role != ColumnRole::Feature);
    let query = board.windows.iter().find(|choice| choice.is_shown).map(WindowChoice::query).unwrap_or_default();
    let list = if board.columns.is_empty() {
        let text = say(
            language,
            "No comparison is stored yet. One is made when enough forecasts have been published.",
            "Aucune comparaison n’est encore enregistrée. Elle viendra quand assez de prévisions auront été publiées.",
        );
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        let about = say(
            language,
            "1 is on the threshold of the size of a change; the line shows the latest comparisons.",
            "1 est sur le seuil de l’ampleur d’un changement\u{202f}; la ligne montre les dernières comparaisons.",
        );
        let other = (!others.is_empty()).then(|| {
            view! {
                <section class="document__section">
                    <h2>{say(language, "Outcomes and forecasts", "Issues et prévisions")}</h2>
                    {column_table(language, &others, &query)}
                </section>
            }
        });
        view! {
            <section class="document__section">
                <h2>{say(language, "Features", "Variables")}</h2>
                <p>{about}</p>
                {windows_key(language)}
                {column_table(language, &features, &query)}
            </section>
            {other}
        }
        .into_any()
    };
    let body = view! {
        <div class="board">
            {up(language)}
            <h1>{title}</h1>
            {said(language, board)}
            {window_choices(language, "/operator/drift", &board.windows)}
            {board_facts(language, board)}
            {shares(language, board)}
            {list}
            {errors(language, &board.errors)}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
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

fn said(language: Language, board: &DriftBoard) -> AnyView {
    let (needed, among) = board.rule;
    let (drifted, judged, _) = board.features;
    let since = board.since.map(|at| view! { <Day at /> });
    match board.standing {
        DriftStanding::Unknown => verdict(
            Tone::Unknown,
            say(language, "Nobody can say yet.", "On ne peut encore rien dire.").into_any(),
            say(
                language,
                "There are too few published forecasts to compare with what the model learned from. Nothing is to be done.",
                "Il y a trop peu de prévisions publiées à comparer avec ce que le modèle a appris. Il n’y a rien à faire.",
            )
            .into_any(),
        ),
        DriftStanding::Calm => verdict(
            Tone::Good,
            say(
                language,
                "Calm: what comes in looks like what the model learned from.",
                "Calme\u{202f}: ce qui arrive ressemble à ce que le modèle a appris.",
            )
            .into_any(),
            say(language, "Nothing is to be done.", "Il n’y a rien à faire.").into_any(),
        ),
        DriftStanding::Watch => {
            let windows = board.drifted_windows;
            let (headline, next) = match language {
                Language::English => (
                    format!("Watch: {drifted} of {judged} features moved."),
                    format!(
                        "{windows} of the last {among} windows drifted; {needed} confirm it. One window may be chance: look again after the next comparison."
                    ),
                ),
                Language::French => (
                    format!("À surveiller\u{202f}: {drifted} variables sur {judged} ont bougé."),
                    format!(
                        "{windows} des {among} dernières fenêtres ont dérivé\u{202f}; il en faut {needed} pour le confirmer. Une seule peut être le hasard\u{202f}: revenez après la prochaine comparaison."
                    ),
                ),
            };
            verdict(Tone::Watch, headline.into_any(), next.into_any())
        }
        DriftStanding::Confirmed => {
            let headline = match since {
                Some(since) => {
                    let before = say(language, "Drift is confirmed since ", "Dérive confirmée depuis le ");
                    view! { {before} {since} "." }.into_any()
                }
                None => say(language, "Drift is confirmed.", "La dérive est confirmée.").into_any(),
            };
            let before = match language {
                Language::English => format!(
                    "{drifted} of {judged} features moved, in {} of the last {among} windows. Look at those that moved most, then ",
                    board.drifted_windows
                ),
                Language::French => format!(
                    "{drifted} variables sur {judged} ont bougé, dans {} des {among} dernières fenêtres. Regardez celles qui ont le plus bougé, puis ",
                    board.drifted_windows
                ),
            };
            let link = say(language, "start a training", "lancez un entraînement");
            let after = say(
                language,
                ": a new model serves only where it proves better.",
                "\u{202f}: un nouveau modèle ne sert que s’il se montre meilleur.",
            );
            verdict(
                Tone::Bad,
                headline,
                view! { {before} <a href=address(language, "/operator/models/train")>{link}</a> {after} }.into_any(),
            )
        }
    }
}

fn window_choices(language: Language, path: &str, windows: &[WindowChoice]) -> AnyView {
    if windows.len() < 2 {
        return ().into_any();
    }
    let links = windows
        .iter()
        .map(|choice| {
            let WindowChoice { horizon, days, is_shown } = *choice;
            let text = match language {
                Language::English => format!("{horizon}, last {days} days"),
                Language::French => format!("{horizon}, {days} derniers jours"),
            };
            (address(language, &format!("{path}{}", choice.query())), text, is_shown)
        })
        .collect();
    choices(say(language, "Current window", "Fenêtre actuelle"), links)
}

fn board_facts(language: Language, board: &DriftBoard) -> AnyView {
    let (drifted, judged, all) = board.features;
    let checked = board.checked_at.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
    let of = say(language, "of", "sur");
    let unjudged = all.saturating_sub(judged);
    let unjudged = match language {
        _ if unjudged == 0 => String::new(),
        Language::English => format!(" ({unjudged} not judged)"),
        Language::French => format!(" ({unjudged} non jugées)"),
    };
    facts(vec![
        (say(language, "Compared last", "Dernière comparaison"), checked),
        (
            say(language, "Features that moved", "Variables qui ont bougé"),
            format!("{drifted} {of} {judged}{unjudged}").into_any(),
        ),
        (
            say(language, "A window drifts from", "Une fenêtre dérive à partir de"),
            format::percent(language, board.share_threshold, 0).into_any(),
        ),
        (
            say(language, "Confirmed by", "Confirmée par"),
            format!("{} {of} {} {}", board.rule.0, board.rule.1, say(language, "windows", "fenêtres")).into_any(),
        ),
        (say(language, "Reference", "Référence"), span(language, board.reference)),
        (say(language, "Current", "Actuelle"), span(language, board.current)),
        (say(language, "Model", "Modèle"), board.model.clone().unwrap_or_else(|| "–".to_owned()).into_any()),
    ])
}

fn span(language: Language, span: Option<Span>) -> AnyView {
    let Some(span) = span else { return "–".into_any() };
    let rows = format!("{} {}", whole(language, span.rows), say(language, "rows", "lignes"));
    match span.from.zip(span.to) {
        Some((from, to)) => view! { <Day at=from /> " – " <Day at=to /> ", " {rows} }.into_any(),
        None => rows.into_any(),
    }
}

fn shares(language: Language, board: &DriftBoard) -> AnyView {
    if board.shares.len() < 2 {
        return ().into_any();
    }
    let share = |value| format::percent(language, value, 0);
    let last = board.shares.last().map(|&(_, value)| share(value)).unwrap_or_default();
    let title = say(language, "Share of features that moved", "Part des variables qui ont bougé");
    let text = match language {
        Language::English => {
            format!(
                "{} comparisons; {last} in the last one, {} is the threshold.",
                board.shares.len(),
                share(board.share_threshold)
            )
        }
        Language::French => {
            format!(
                "{} comparaisons\u{202f}; {last} à la dernière, le seuil est de {}.",
                board.shares.len(),
                share(board.share_threshold)
            )
        }
    };
    let told = Told { id: "shares".to_owned(), title: title.to_owned(), text };
    let drawn = lines(
        language,
        &told,
        &Lines {
            lines: &[Line { class: "graph__line", points: &board.shares }],
            band: &[],
            threshold: Some(board.share_threshold),
            from_zero: true,
            show: &share,
        },
    );
    let rows = timed_rows(&board.shares, &share);
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
                    Head::Number(say(language, "Share", "Part")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}

fn columns_of(board: &DriftBoard, is_meant: impl Fn(ColumnRole) -> bool) -> Vec<&DriftColumn> {
    let mut columns: Vec<&DriftColumn> = board.columns.iter().filter(|column| is_meant(column.role)).collect();
    columns.sort_by(|a, b| b.score.total_cmp(&a.score));
    columns
}

fn column_table(language: Language, columns: &[&DriftColumn], query: &str) -> AnyView {
    let heads = [
        say(language, "Column", "Colonne"),
        say(language, "Both windows", "Deux fenêtres"),
        say(language, "Score (1 is the threshold)", "Score (1 est le seuil)"),
        say(language, "Over time", "Dans le temps"),
        say(language, "Verdict", "Verdict"),
        say(language, "Since (UTC)", "Depuis (UTC)"),
    ];
    let row = |column: &&DriftColumn| {
        let name = column.name.clone();
        let href = address(language, &format!("/operator/drift/{}{query}", encoded(&name)));
        let score = format::number(language, column.score, 2);
        let pictured = match language {
            Language::English => format!("{name}: reference and current window"),
            Language::French => format!("{name}\u{202f}: référence et fenêtre actuelle"),
        };
        let values: Vec<f64> = column.trend.iter().map(|&(_, value)| value).collect();
        let trended = match language {
            Language::English => format!("{name}: score over {} comparisons, now {score}", values.len()),
            Language::French => {
                format!("{name}\u{202f}: score sur {} comparaisons, à présent {score}", values.len())
            }
        };
        let since = column.since.map_or_else(|| "–".into_any(), |at| view! { <Day at /> }.into_any());
        view! {
            <tr>
                <th scope="row">
                    <a href=href>
                        <code>{name}</code>
                    </a>
                </th>
                <td class="board__picture">{small_overlay(language, pictured, &column.bins)}</td>
                <td class="table__number">{score}</td>
                <td class="board__picture">{small_line(language, trended, &values, 1.0)}</td>
                <td>{standing(language, column.standing)}</td>
                <td>{since}</td>
            </tr>
        }
    };
    table(say(language, "Columns", "Colonnes"), &heads, columns.iter().map(row).collect_view().into_any())
}

fn standing(language: Language, standing: ColumnStanding) -> AnyView {
    let (class, text) = match standing {
        ColumnStanding::TooFewRows => ("state", say(language, "too few rows", "trop peu de lignes")),
        ColumnStanding::Stable => ("state state--good", say(language, "stable", "stable")),
        ColumnStanding::Drifted => ("state state--bad", say(language, "moved", "a bougé")),
    };
    view! { <span class=class>{text}</span> }.into_any()
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
            {table(title, &heads, rows.into_iter().collect_view().into_any())}
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
            {table(title, &heads, detail.tests.iter().map(row).collect_view().into_any())}
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

/// The newest first, as people look for it.
fn timed_rows(points: &[(Timestamp, f64)], show: &dyn Fn(f64) -> String) -> AnyView {
    points
        .iter()
        .rev()
        .map(|&(at, value)| {
            view! {
                <tr>
                    <th scope="row">
                        <Moment at />
                    </th>
                    <td class="table__number">{show(value)}</td>
                </tr>
            }
        })
        .collect_view()
        .into_any()
}

fn trend_key(language: Language) -> Vec<AnyView> {
    vec![
        line_key("graph__line", say(language, "each comparison", "chaque comparaison")),
        line_key("picture__bound", say(language, "threshold", "seuil")),
    ]
}

fn windows_key(language: Language) -> AnyView {
    view! {
        <p class="key">
            {area_key("overlay__reference", say(language, "reference", "référence"))}
            {line_key("overlay__current", say(language, "current window", "fenêtre actuelle"))}
        </p>
    }
    .into_any()
}

fn errors(language: Language, watch: &ErrorWatch) -> AnyView {
    if watch.errors.is_empty() && watch.statistic.is_none() {
        return ().into_any();
    }
    let title = say(language, "The error itself", "L’erreur elle-même");
    let about = say(
        language,
        "Features can stay as they are while what follows from them changes. That shows in the error: the daily mean of QLIKE over all coins, watched by a Page–Hinkley test.",
        "Les variables peuvent rester les mêmes alors que leurs effets changent. Cela se voit dans l’erreur\u{202f}: la moyenne quotidienne de QLIKE sur toutes les cryptos, surveillée par un test de Page–Hinkley.",
    );
    let stands = match (language, watch.standing) {
        (Language::English, DriftStanding::Unknown) => {
            format!("{} of {} days are there: nothing can be said yet.", watch.days, watch.least_days)
        }
        (Language::French, DriftStanding::Unknown) => {
            format!("{} jours sur {}\u{202f}: on ne peut encore rien dire.", watch.days, watch.least_days)
        }
        (_, DriftStanding::Calm) => {
            say(language, "The error is what it was.", "L’erreur est ce qu’elle était.").to_owned()
        }
        (_, DriftStanding::Watch) => say(
            language,
            "The error grows; it is too early to be sure.",
            "L’erreur augmente\u{202f}; il est trop tôt pour conclure.",
        )
        .to_owned(),
        (_, DriftStanding::Confirmed) => {
            say(language, "The error has grown for good.", "L’erreur a augmenté durablement.").to_owned()
        }
    };
    let since = watch.since.map(|at| {
        let before = say(language, " Since ", " Depuis le ");
        view! { {before} <Day at /> "." }
    });
    let alarms = (!watch.alarms.is_empty()).then(|| {
        let days: Vec<String> = watch.alarms.iter().map(|&at| format::day(at)).collect();
        let before = say(language, "Alarms (UTC): ", "Alarmes (UTC)\u{202f}: ");
        view! { <p>{before} {days.join(", ")}</p> }
    });
    let show = |value| format::number(language, value, 3);
    let statistic = watch.statistic.map_or_else(|| "–".to_owned(), show);
    let text = match language {
        Language::English => {
            format!(
                "{} days; the test stands at {statistic}, {} is its threshold.",
                watch.errors.len(),
                show(watch.threshold)
            )
        }
        Language::French => {
            format!(
                "{} jours\u{202f}; le test est à {statistic}, son seuil est de {}.",
                watch.errors.len(),
                show(watch.threshold)
            )
        }
    };
    let told = Told { id: "errors".to_owned(), title: title.to_owned(), text: text.clone() };
    let chart = Lines {
        lines: &[Line { class: "graph__line", points: &watch.errors }],
        band: &[],
        threshold: None,
        from_zero: true,
        show: &show,
    };
    let key = vec![line_key("graph__line", say(language, "mean QLIKE of a day", "QLIKE moyen d’un jour"))];
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{about}</p>
            <p>{stands} {since} " " {text}</p>
            {alarms}
            {plot("", "", lines(language, &told, &chart), key)}
            <FoldedTable
                summary=say(language, "The same as a table", "Le même en tableau")
                label=title
                caption=title.to_owned()
                heads=vec![Head::Text(say(language, "Day (UTC)", "Jour (UTC)")), Head::Number("QLIKE")]
                rows=timed_rows(&watch.errors, &show)
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::instant;

    const AT: i64 = 1_751_324_400;

    fn column(name: &str, score: f64) -> DriftColumn {
        DriftColumn {
            name: name.to_owned(),
            standing: if score > 1.0 { ColumnStanding::Drifted } else { ColumnStanding::Stable },
            score,
            bins: Bins { edges: vec![0.0, 1.0, 2.0], names: Vec::new(), reference: vec![8, 2], current: vec![3, 7] },
            trend: vec![(instant(AT - 86_400), 0.4), (instant(AT), score)],
            since: (score > 1.0).then(|| instant(AT)),
            ..DriftColumn::default()
        }
    }

    fn html(page: Page) -> String {
        page.body.to_html()
    }

    #[test]
    fn confirmed_drift_says_since_when_and_what_to_do() {
        let board = DriftBoard {
            standing: DriftStanding::Confirmed,
            since: Some(instant(AT)),
            drifted_windows: 3,
            rule: (3, 5),
            features: (7, 12, 12),
            columns: vec![column("rv_24h", 0.6), column("funding_rate", 2.5)],
            ..DriftBoard::default()
        };
        let page = html(drift(Language::English, &board));
        assert!(page.contains("Drift is confirmed since ") && page.contains("2025-06-30"), "{page}");
        assert!(page.contains("/operator/models/train"), "{page}");
        let (worst, other) = (page.find("funding_rate").expect("listed"), page.find("rv_24h").expect("listed"));
        assert!(worst < other, "the worst comes first");
    }

    #[test]
    fn an_empty_board_says_that_nothing_was_compared() {
        let page = html(drift(Language::French, &DriftBoard::default()));
        assert!(page.contains("On ne peut encore rien dire.") && page.contains("Aucune comparaison"), "{page}");
        assert!(!page.contains("NaN"), "{page}");
    }

    #[test]
    fn names_of_columns_and_categories_are_never_markup() {
        let hostile = "<img src=x onerror=alert(1)>";
        let column = DriftColumn {
            bins: Bins { names: vec![hostile.to_owned()], reference: vec![1], current: vec![1], edges: Vec::new() },
            ..column(hostile, 2.0)
        };
        let board = DriftBoard { columns: vec![column.clone()], ..DriftBoard::default() };
        let detail = DriftDetail { column, ..DriftDetail::default() };
        for page in [html(drift(Language::English, &board)), html(drift_detail(Language::English, &detail))] {
            assert!(!page.contains("<img"), "{page}");
        }
    }
}
