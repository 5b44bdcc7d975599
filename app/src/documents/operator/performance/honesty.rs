//! Whether chances and intervals hold what they say.

use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::super::graph::{Line, Lines, Reliable, Told, area_key, dot_key, line_key, lines, plot, reliability};
use super::super::whole;
use super::{Outcome, Ranged, as_table};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::Day;
use crate::documents::say;
use crate::format;

pub(super) fn chances(language: Language, bins: &[Reliable]) -> AnyView {
    if bins.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Chances against what happened", "Probabilités et réalité");
    let honest = bins.iter().filter(|bin| bin.is_honest()).count();
    let text = match language {
        Language::English => format!(
            "In {honest} of {} groups the chance that was given lies inside the 95% interval of what happened.",
            bins.len()
        ),
        Language::French => format!(
            "Dans {honest} groupes sur {}, la probabilité donnée est dans l’intervalle à 95\u{202f}% de ce qui est arrivé.",
            bins.len()
        ),
    };
    let told = Told { id: "chances".to_owned(), title: title.to_owned(), text: text.clone() };
    let share = |value| format::percent(language, value, 1);
    let key = vec![
        dot_key("graph__line graph__dots graph__dots--large", say(language, "honest", "honnête")),
        dot_key("graph__off graph__dots graph__dots--large", say(language, "off", "à côté")),
        line_key("picture__diagonal", say(language, "as announced", "comme annoncé")),
    ];
    let row = |bin: &Reliable| {
        view! {
            <tr>
                <th scope="row" class="table__number">{share(bin.chance)}</th>
                <td class="table__number">{share(bin.happened)}</td>
                <td class="table__number">{format!("{} – {}", share(bin.low), share(bin.high))}</td>
                <td class="table__number">{whole(language, bin.count)}</td>
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{text}</p>
            {plot(
                say(language, "share that happened", "part advenue"),
                say(language, "chance that was given", "probabilité donnée"),
                reliability(language, &told, bins),
                key,
            )}
            <FoldedTable
                summary=as_table(language)
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Number(say(language, "Chance given", "Probabilité donnée")),
                    Head::Number(say(language, "Happened", "Advenu")),
                    Head::Number(say(language, "95% interval", "Intervalle à 95\u{202f}%")),
                    Head::Number(say(language, "Forecasts", "Prévisions")),
                ]
                rows=bins.iter().map(row).collect_view().into_any()
            />
        </section>
    }
    .into_any()
}

pub(super) fn coverage(language: Language, weeks: &[(Timestamp, Outcome)]) -> AnyView {
    let known: Vec<(Timestamp, Ranged)> =
        weeks.iter().filter_map(|&(at, outcome)| Some((at, outcome.coverage80?))).collect();
    if known.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Outcomes inside the 80% interval", "Issues dans l’intervalle à 80\u{202f}%");
    let share = |value| format::percent(language, value, 0);
    let held = known.iter().filter(|(_, share)| (share.low..=share.high).contains(&0.8)).count();
    let text = match language {
        Language::English => {
            format!("{held} of {} weeks agree with 80%, as far as their number of forecasts can tell.", known.len())
        }
        Language::French => format!(
            "{held} semaines sur {} s’accordent avec 80\u{202f}%, autant que leur nombre de prévisions permet d’en juger.",
            known.len()
        ),
    };
    let told = Told { id: "coverage".to_owned(), title: title.to_owned(), text: text.clone() };
    let points: Vec<_> = known.iter().map(|&(at, share)| (at, share.share)).collect();
    let band: Vec<_> = known.iter().map(|&(at, share)| (at, share.low, share.high)).collect();
    let chart = Lines {
        lines: &[Line { class: "graph__line", points: &points }],
        band: &band,
        threshold: Some(0.8),
        from_zero: false,
        show: &share,
    };
    let key = vec![
        line_key("graph__line", say(language, "share inside", "part à l’intérieur")),
        area_key("graph__band", say(language, "its 95% interval", "son intervalle à 95\u{202f}%")),
        line_key("picture__bound", say(language, "80%, as announced", "80\u{202f}%, comme annoncé")),
    ];
    let row = |&(at, inside): &(Timestamp, Ranged)| {
        view! {
            <tr>
                <th scope="row">
                    <Day at />
                </th>
                <td class="table__number">{format::percent(language, inside.share, 1)}</td>
                <td class="table__number">
                    {format!("{} – {}", format::percent(language, inside.low, 1), format::percent(language, inside.high, 1))}
                </td>
            </tr>
        }
    };
    let rows = known.iter().rev().map(row).collect_view().into_any();
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{text}</p>
            {plot("", say(language, "week (Monday, UTC)", "semaine (lundi, UTC)"), lines(language, &told, &chart), key)}
            <FoldedTable
                summary=as_table(language)
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Text(say(language, "Week from (UTC)", "Semaine du (UTC)")),
                    Head::Number(say(language, "Inside", "À l’intérieur")),
                    Head::Number(say(language, "95% interval", "Intervalle à 95\u{202f}%")),
                ]
                rows
            />
        </section>
    }
    .into_any()
}
