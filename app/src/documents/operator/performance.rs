//! What was forecast against what happened.

mod honesty;

use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use jiff::Timestamp;
use leptos::prelude::*;

use self::honesty::{chances, coverage};
use super::graph::{Line, Lines, Reliable, Told, Tone, aligned, area_key, facts, line_key, lines, plot, verdict};
use super::{up, whole};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::{Day, Moment};
use crate::documents::field::select;
use crate::documents::{Form, Page, address, say};
use crate::format;

/// A share with its 95 % interval, all 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranged {
    /// The share.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What was expected and what came: geometric means, fractions a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The 10th percentile.
    pub q10: f64,
    /// The median.
    pub q50: f64,
    /// The 90th percentile.
    pub q90: f64,
    /// What was realised.
    pub realised: f64,
}

/// Forecasts against outcomes in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    /// Forecasts with an outcome.
    pub forecasts: u64,
    /// Mean QLIKE of all of them; 0 is perfect.
    pub qlike: Option<f64>,
    /// Mean QLIKE of those that have a baseline beside them.
    pub compared_qlike: Option<f64>,
    /// Mean QLIKE of the baseline on the same origins.
    pub baseline_qlike: Option<f64>,
    /// Mean of the absolute error of log volatility.
    pub absolute_error: Option<f64>,
    /// The same of the baseline.
    pub baseline_absolute_error: Option<f64>,
    /// Mean error of log volatility: above 0 where forecasts are too high.
    pub error: Option<f64>,
    /// Share of outcomes inside the 80 % interval.
    pub coverage80: Option<Ranged>,
    /// Share of periods of high volatility.
    pub high: Option<Ranged>,
    /// Mean chance of them that was given, 0 to 1.
    pub chance: Option<f64>,
    /// What was expected and what came.
    pub expected: Option<Expected>,
    /// How often people said that a forecast was right.
    pub confirmed: u64,
    /// How often they said that it was wrong.
    pub denied: u64,
    /// The share of the former.
    pub confirmed_share: Option<Ranged>,
}

impl Outcome {
    /// By how much the error is smaller than the baseline's, as a fraction of it; negative where it is larger.
    #[must_use]
    pub fn gain(&self) -> Option<f64> {
        let baseline = self.baseline_qlike.filter(|baseline| *baseline > 0.0)?;
        Some(1.0 - self.compared_qlike? / baseline)
    }
}

/// The board.
#[derive(Debug, Clone, Default)]
pub struct PerformanceBoard {
    /// The filter as it was sent: coin, horizon, model.
    pub filter: Form,
    /// The models that can be chosen.
    pub models: Vec<String>,
    /// When the numbers were worked out (UTC).
    pub updated_at: Option<Timestamp>,
    /// Everything that was asked for, together.
    pub total: Outcome,
    /// By week, the oldest first: the Monday (UTC).
    pub weeks: Vec<(Timestamp, Outcome)>,
    /// By coin.
    pub by_coin: Vec<(Symbol, Outcome)>,
    /// By model.
    pub by_model: Vec<(String, Outcome)>,
    /// Chances that were given against what happened.
    pub reliability: Vec<Reliable>,
}

/// Forecasts against outcomes, against the baseline, by week, coin and model.
pub fn performance(language: Language, board: &PerformanceBoard) -> Page {
    let title = say(language, "Performance", "Performance");
    let content = if board.total.forecasts == 0 {
        let text = say(
            language,
            "No forecast of this choice has an outcome yet. A forecast has one when its horizon has passed.",
            "Aucune prévision de ce choix n’a encore d’issue. Elle en a une quand son horizon est passé.",
        );
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        view! {
            {total_facts(language, &board.total)}
            {outlook(language, &board.weeks)}
            {errors(language, &board.weeks)}
            {chances(language, &board.reliability)}
            {coverage(language, &board.weeks)}
            {groups(language, board)}
        }
        .into_any()
    };
    let updated = board.updated_at.map(|at| {
        let before = say(language, "Worked out ", "Calculé le ");
        view! { <p class="note">{before} <Moment at /></p> }
    });
    let body = view! {
        <div class="board">
            {up(language)}
            <h1>{title}</h1>
            {said(language, &board.total)}
            {filter_form(language, board)}
            {updated}
            {content}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn said(language: Language, total: &Outcome) -> AnyView {
    let Some(gain) = total.gain() else {
        return verdict(
            Tone::Unknown,
            say(language, "Nothing can be compared yet.", "Rien ne peut encore être comparé.").into_any(),
            say(
                language,
                "Forecasts are held against the simple method (HAR with calendar) when their horizon has passed.",
                "Les prévisions sont comparées à la méthode simple (HAR avec calendrier) quand leur horizon est passé.",
            )
            .into_any(),
        );
    };
    let size = format::percent(language, gain.abs(), 1);
    // Less than half a percent is no difference that anybody could use.
    let (tone, headline, next) = if gain >= 0.005 {
        let headline = match language {
            Language::English => format!("Better: the error is {size} smaller than that of the simple method."),
            Language::French => {
                format!("Meilleur\u{202f}: l’erreur est plus petite de {size} que celle de la méthode simple.")
            }
        };
        (Tone::Good, headline, say(language, "Nothing is to be done.", "Il n’y a rien à faire."))
    } else if gain > -0.005 {
        let headline = say(
            language,
            "As good as the simple method, and no better.",
            "Aussi bon que la méthode simple, sans plus.",
        );
        let next = say(
            language,
            "Look at the weeks: if the last ones are worse, a training may help.",
            "Regardez les semaines\u{202f}: si les dernières sont moins bonnes, un entraînement peut aider.",
        );
        (Tone::Watch, headline.to_owned(), next)
    } else {
        let headline = match language {
            Language::English => format!("Worse: the error is {size} larger than that of the simple method."),
            Language::French => {
                format!("Moins bon\u{202f}: l’erreur est plus grande de {size} que celle de la méthode simple.")
            }
        };
        let next = say(
            language,
            "Compare models, roll back or start a training.",
            "Comparez les modèles, revenez en arrière ou lancez un entraînement.",
        );
        (Tone::Bad, headline, next)
    };
    let link = say(language, "Models", "Modèles");
    let next = view! {
        {next}
        " "
        <a href=address(language, "/operator/models")>{link}</a>
    };
    verdict(tone, headline.into_any(), next.into_any())
}

fn filter_form(language: Language, board: &PerformanceBoard) -> AnyView {
    let any = || (String::new(), say(language, "all", "tout").to_owned());
    let coins = std::iter::once(any())
        .chain(Symbol::followed().iter().map(|symbol| (symbol.ticker().to_owned(), symbol.name().to_owned())))
        .collect();
    let horizons = Horizon::ALL.map(|horizon| (horizon.as_str().to_owned(), horizon.as_str().to_owned())).to_vec();
    let models =
        std::iter::once(any()).chain(board.models.iter().map(|model| (model.clone(), model.clone()))).collect();
    let form = &board.filter;
    view! {
        <form class="form form--wide" method="get" action=address(language, "/operator/performance")>
            <div class="form__row">
                {select(language, form, "coin", say(language, "Coin", "Crypto"), coins)}
                {select(language, form, "horizon", say(language, "Horizon", "Horizon"), horizons)}
                {select(language, form, "model", say(language, "Model version", "Version du modèle"), models)}
            </div>
            <button class="button button--quiet" type="submit">
                {say(language, "Show", "Afficher")}
            </button>
        </form>
    }
    .into_any()
}

fn total_facts(language: Language, total: &Outcome) -> AnyView {
    let error = |value: Option<f64>| number(language, value, 3);
    let said = total.confirmed + total.denied;
    let answers = match language {
        Language::English => {
            format!("{} right, {} wrong", whole(language, total.confirmed), whole(language, total.denied))
        }
        Language::French => {
            format!("{} justes, {} fausses", whole(language, total.confirmed), whole(language, total.denied))
        }
    };
    let answers = if said == 0 {
        say(language, "nobody said anything", "personne n’a répondu").into_any()
    } else {
        view! { {answers} {ranged(language, total.confirmed_share)} }.into_any()
    };
    facts(vec![
        (
            say(language, "Forecasts with an outcome", "Prévisions avec une issue"),
            whole(language, total.forecasts).into_any(),
        ),
        (say(language, "Error (QLIKE)", "Erreur (QLIKE)"), error(total.qlike).into_any()),
        (say(language, "Same days: ours", "Mêmes jours\u{202f}: nous"), error(total.compared_qlike).into_any()),
        (
            say(language, "Same days: simple method", "Mêmes jours\u{202f}: méthode simple"),
            error(total.baseline_qlike).into_any(),
        ),
        (
            say(language, "Forecast compared with what came", "Prévision par rapport au réel"),
            total
                .error
                .map_or_else(|| "–".to_owned(), |error| format::signed_percent(language, error.exp_m1()))
                .into_any(),
        ),
        (
            say(language, "Outcomes inside the 80% interval", "Issues dans l’intervalle à 80\u{202f}%"),
            share_cell(language, total.coverage80),
        ),
        (say(language, "High-volatility periods", "Périodes de forte volatilité"), share_cell(language, total.high)),
        (
            say(language, "Chance given on average", "Probabilité donnée en moyenne"),
            total.chance.map_or_else(|| "–".to_owned(), |chance| format::percent(language, chance, 1)).into_any(),
        ),
        (say(language, "Said by people", "Dit par les lecteurs"), answers),
    ])
}

fn outlook(language: Language, weeks: &[(Timestamp, Outcome)]) -> AnyView {
    let known: Vec<(Timestamp, Expected)> =
        weeks.iter().filter_map(|&(at, outcome)| Some((at, outcome.expected?))).collect();
    let Some(&(_, last)) = known.last() else { return ().into_any() };
    let title = say(language, "Forecast against outcome, week by week", "Prévision et issue, semaine par semaine");
    let volatility = |value| format::volatility(language, value);
    let text = match language {
        Language::English => format!(
            "{} weeks. In the last one {} a day was expected and {} came.",
            known.len(),
            volatility(last.q50),
            volatility(last.realised)
        ),
        Language::French => format!(
            "{} semaines. La dernière, {} par jour étaient attendus et {} sont venus.",
            known.len(),
            volatility(last.q50),
            volatility(last.realised)
        ),
    };
    let told = Told { id: "outlook".to_owned(), title: title.to_owned(), text: text.clone() };
    let middle: Vec<_> = known.iter().map(|&(at, expected)| (at, expected.q50)).collect();
    let came: Vec<_> = known.iter().map(|&(at, expected)| (at, expected.realised)).collect();
    let band: Vec<_> = known.iter().map(|&(at, expected)| (at, expected.q10, expected.q90)).collect();
    let chart = Lines {
        lines: &[Line { class: "graph__line", points: &middle }, Line { class: "graph__outcome", points: &came }],
        band: &band,
        threshold: None,
        from_zero: true,
        show: &volatility,
    };
    let key = vec![
        line_key("graph__line", say(language, "median forecast", "prévision médiane")),
        area_key("graph__band", say(language, "80% interval", "intervalle à 80\u{202f}%")),
        line_key("graph__outcome", say(language, "what came", "ce qui est venu")),
    ];
    let rows = known
        .iter()
        .rev()
        .map(|&(at, expected)| {
            view! {
                <tr>
                    <th scope="row">
                        <Day at />
                    </th>
                    <td class="table__number">{volatility(expected.q10)}</td>
                    <td class="table__number">{volatility(expected.q50)}</td>
                    <td class="table__number">{volatility(expected.q90)}</td>
                    <td class="table__number">{volatility(expected.realised)}</td>
                </tr>
            }
        })
        .collect_view()
        .into_any();
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{text}</p>
            {plot(
                say(language, "volatility, per day", "volatilité, par jour"),
                say(language, "week (Monday, UTC)", "semaine (lundi, UTC)"),
                lines(language, &told, &chart),
                key,
            )}
            <FoldedTable
                summary=as_table(language)
                label=title
                caption=say(language, "Geometric means, per day", "Moyennes géométriques, par jour").to_owned()
                heads=vec![
                    Head::Text(say(language, "Week from (UTC)", "Semaine du (UTC)")),
                    Head::Number(say(language, "1 in 10 below", "1 sur 10 en dessous")),
                    Head::Number(say(language, "Median", "Médiane")),
                    Head::Number(say(language, "1 in 10 above", "1 sur 10 au-dessus")),
                    Head::Number(say(language, "Came", "Venu")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}

fn errors(language: Language, weeks: &[(Timestamp, Outcome)]) -> AnyView {
    let of = |value: fn(&Outcome) -> Option<f64>| -> Vec<(Timestamp, f64)> {
        weeks.iter().map(|(at, outcome)| (*at, value(outcome).unwrap_or(f64::NAN))).collect()
    };
    let (ours, theirs) = (of(|outcome| outcome.compared_qlike.or(outcome.qlike)), of(|outcome| outcome.baseline_qlike));
    let better = weeks.iter().filter(|(_, outcome)| outcome.gain().is_some_and(|gain| gain > 0.0)).count();
    let compared = weeks.iter().filter(|(_, outcome)| outcome.gain().is_some()).count();
    let title = say(language, "Error by week", "Erreur par semaine");
    let text = match language {
        Language::English => format!("In {better} of {compared} weeks the error was smaller than the simple method's."),
        Language::French => {
            format!("L’erreur a été plus petite que celle de la méthode simple {better} semaines sur {compared}.")
        }
    };
    let told = Told { id: "qlike".to_owned(), title: title.to_owned(), text: text.clone() };
    let show = |value| format::number(language, value, 2);
    let chart = Lines {
        lines: &[Line { class: "graph__baseline", points: &theirs }, Line { class: "graph__line", points: &ours }],
        band: &[],
        threshold: None,
        from_zero: true,
        show: &show,
    };
    let key = vec![
        line_key("graph__line", say(language, "our error", "notre erreur")),
        line_key("graph__baseline", say(language, "simple method (HAR)", "méthode simple (HAR)")),
    ];
    let row = |&(at, outcome): &(Timestamp, Outcome)| {
        view! {
            <tr>
                <th scope="row">
                    <Day at />
                </th>
                <td class="table__number">{whole(language, outcome.forecasts)}</td>
                <td class="table__number">{number(language, outcome.compared_qlike.or(outcome.qlike), 3)}</td>
                <td class="table__number">{number(language, outcome.baseline_qlike, 3)}</td>
                <td class="table__number">{number(language, outcome.absolute_error, 3)}</td>
                <td class="table__number">{number(language, outcome.baseline_absolute_error, 3)}</td>
            </tr>
        }
    };
    let rows = weeks.iter().rev().map(row).collect_view().into_any();
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>
                {text} " "
                {say(
                    language,
                    "The error is QLIKE: 0 is perfect, smaller is better.",
                    "L’erreur est QLIKE\u{202f}: 0 est parfait, plus petit est mieux.",
                )}
            </p>
            {plot("QLIKE", say(language, "week (Monday, UTC)", "semaine (lundi, UTC)"), lines(language, &told, &chart), key)}
            <FoldedTable
                summary=as_table(language)
                label=title
                caption=say(
                    language,
                    "Error is the mean of |ln(median / realised)|",
                    "L’écart est la moyenne de |ln(médiane / réalisé)|",
                )
                    .to_owned()
                heads=vec![
                    Head::Text(say(language, "Week from (UTC)", "Semaine du (UTC)")),
                    Head::Number(say(language, "Forecasts", "Prévisions")),
                    Head::Number(say(language, "Our QLIKE", "Notre QLIKE")),
                    Head::Number(say(language, "Simple QLIKE", "QLIKE simple")),
                    Head::Number(say(language, "Our error", "Notre écart")),
                    Head::Number(say(language, "Simple error", "Écart simple")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}

fn groups(language: Language, board: &PerformanceBoard) -> AnyView {
    let coins: Vec<AnyView> = board
        .by_coin
        .iter()
        .map(|(symbol, outcome)| group_row(language, symbol.name().to_owned().into_any(), outcome))
        .collect();
    let models: Vec<AnyView> = board
        .by_model
        .iter()
        .map(|(model, outcome)| {
            let href = address(language, &format!("/operator/models/version/{model}"));
            let name = view! {
                <a href=href>
                    <code>{model.clone()}</code>
                </a>
            };
            group_row(language, name.into_any(), outcome)
        })
        .collect();
    view! {
        {group_table(language, say(language, "By coin", "Par crypto"), say(language, "Coin", "Crypto"), coins)}
        {group_table(language, say(language, "By model version", "Par version du modèle"), say(language, "Model", "Modèle"), models)}
    }
    .into_any()
}

fn group_table(language: Language, title: &'static str, first: &'static str, rows: Vec<AnyView>) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let heads = [
        first,
        say(language, "Forecasts", "Prévisions"),
        say(language, "Our QLIKE", "Notre QLIKE"),
        say(language, "Simple QLIKE", "QLIKE simple"),
        say(language, "Smaller by", "Plus petite de"),
        say(language, "Inside 80%", "Dans les 80\u{202f}%"),
        say(language, "Right : wrong", "Justes : fausses"),
    ];
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {aligned(title, &heads, &[1, 2, 3, 4, 5, 6], rows.into_iter().collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn group_row(language: Language, name: AnyView, outcome: &Outcome) -> AnyView {
    let gain = outcome.gain().map_or_else(|| "–".to_owned(), |gain| format::signed_percent(language, gain));
    let said = format!("{} : {}", whole(language, outcome.confirmed), whole(language, outcome.denied));
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="table__number">{whole(language, outcome.forecasts)}</td>
            <td class="table__number">{number(language, outcome.compared_qlike.or(outcome.qlike), 3)}</td>
            <td class="table__number">{number(language, outcome.baseline_qlike, 3)}</td>
            <td class="table__number">{gain}</td>
            <td class="table__number">{share_cell(language, outcome.coverage80)}</td>
            <td class="table__number">{said} {ranged(language, outcome.confirmed_share)}</td>
        </tr>
    }
    .into_any()
}

fn share_cell(language: Language, share: Option<Ranged>) -> AnyView {
    let shown = share.map_or_else(|| "–".to_owned(), |share| format::percent(language, share.share, 1));
    view! { {shown} {ranged(language, share)} }.into_any()
}

/// The interval of a share, below it.
fn ranged(language: Language, share: Option<Ranged>) -> AnyView {
    let Some(Ranged { low, high, .. }) = share else { return ().into_any() };
    let text = format!("{} – {}", format::percent(language, low, 1), format::percent(language, high, 1));
    view! { <span class="table__interval">{text}</span> }.into_any()
}

fn number(language: Language, value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format::number(language, value, decimals))
}

const fn as_table(language: Language) -> &'static str {
    say(language, "The same as a table", "Le même en tableau")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::instant;

    fn outcome(ours: f64, theirs: f64) -> Outcome {
        Outcome {
            forecasts: 100,
            qlike: Some(ours),
            compared_qlike: Some(ours),
            baseline_qlike: Some(theirs),
            coverage80: Some(Ranged { share: 0.78, low: 0.7, high: 0.85 }),
            expected: Some(Expected { q10: 0.01, q50: 0.02, q90: 0.04, realised: 0.03 }),
            confirmed: 3,
            denied: 1,
            ..Outcome::default()
        }
    }

    fn html(language: Language, board: &PerformanceBoard) -> String {
        performance(language, board).body.to_html()
    }

    #[test]
    fn the_verdict_says_how_the_error_stands_to_the_baseline() {
        let said = |ours| {
            let board = PerformanceBoard { total: outcome(ours, 0.4), ..PerformanceBoard::default() };
            html(Language::English, &board)
        };
        assert!(said(0.3).contains("Better: the error is 25.0% smaller"));
        assert!(said(0.4).contains("no better"));
        assert!(said(0.5).contains("Worse: the error is 25.0% larger"));
    }

    #[test]
    fn without_an_outcome_the_page_says_what_is_missing_and_draws_nothing() {
        let page = html(Language::French, &PerformanceBoard::default());
        assert!(page.contains("Rien ne peut encore être comparé.") && page.contains("n’a encore d’issue"), "{page}");
        assert!(!page.contains("class=\"plot\"") && !page.contains("NaN"), "{page}");
    }

    #[test]
    fn every_picture_has_its_numbers_in_a_table() {
        let weeks = (0..3).map(|week| (instant(1_751_241_600 + week * 604_800), outcome(0.3, 0.4))).collect();
        let bins = vec![Reliable { chance: 0.2, happened: 0.25, low: 0.15, high: 0.4, count: 40 }];
        let board = PerformanceBoard {
            total: outcome(0.3, 0.4),
            weeks,
            by_coin: vec![(Symbol::followed()[0].clone(), outcome(0.3, 0.4))],
            by_model: vec![("lstm-1".to_owned(), outcome(0.3, 0.4))],
            reliability: bins,
            ..PerformanceBoard::default()
        };
        let page = html(Language::English, &board);
        assert_eq!(page.matches("role=\"img\" aria-labelledby").count(), 4, "{page}");
        assert_eq!(page.matches("<details").count(), 4, "{page}");
        assert!(page.contains("/operator/models/version/lstm-1") && !page.contains("NaN"), "{page}");
    }
}
