//! Whether what comes in is still what the model learned from.

mod detail;

use domain::forecast::Horizon;
use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::graph::{
    Bins, Line, Lines, Told, Tone, aligned, area_key, choices, encoded, facts, line_key, lines, plot, small_line,
    small_overlay, verdict,
};
use super::{up, whole};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::{Day, Moment};
use crate::documents::{Page, address, say};
use crate::format;

pub use self::detail::{DriftDetail, DriftTest, WindowNumbers, drift_detail};

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
    /// What is usual for the model, from days before it served.
    pub usual: Option<f64>,
    /// The statistic of the Page–Hinkley test after the newest day.
    pub statistic: Option<f64>,
    /// Above this the error has grown for good.
    pub threshold: f64,
    /// Mean over coins of |ln(median / realised)| by day, the oldest first (UTC).
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
    aligned(say(language, "Columns", "Colonnes"), &heads, &[2], columns.iter().map(row).collect_view().into_any())
}

fn standing(language: Language, standing: ColumnStanding) -> AnyView {
    let (class, text) = match standing {
        ColumnStanding::TooFewRows => ("state", say(language, "too few rows", "trop peu de lignes")),
        ColumnStanding::Stable => ("state state--good", say(language, "stable", "stable")),
        ColumnStanding::Drifted => ("state state--bad", say(language, "moved", "a bougé")),
    };
    view! { <span class=class>{text}</span> }.into_any()
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
        "Features can stay as they are while what follows from them changes. That shows in the error: the mean over coins of |ln(median / realised)|, day by day, watched by a Page–Hinkley test.",
        "Les variables peuvent rester les mêmes alors que leurs effets changent. Cela se voit dans l’erreur\u{202f}: la moyenne sur les cryptos de |ln(médiane / réalisé)|, jour par jour, surveillée par un test de Page–Hinkley.",
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
        threshold: watch.usual,
        from_zero: true,
        show: &show,
    };
    let usual = watch.usual.map(|_| line_key("picture__bound", say(language, "what is usual", "ce qui est habituel")));
    let key =
        std::iter::once(line_key("graph__line", say(language, "mean error of a day", "erreur moyenne d’un jour")))
            .chain(usual)
            .collect();
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
                heads=vec![Head::Text(say(language, "Day (UTC)", "Jour (UTC)")), Head::Number(say(language, "Error", "Erreur"))]
                rows=timed_rows(&watch.errors, &show)
            />
        </section>
    }
    .into_any()
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
