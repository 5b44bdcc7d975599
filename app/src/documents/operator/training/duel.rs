//! Two models on the same days.

use domain::forecast::Horizon;
use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::super::graph::{Tone, aligned, probability, verdict};
use super::version_link;
use crate::components::moment::Day;
use crate::documents::say;
use crate::format;

/// How a model did at a horizon on days that neither was trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DuelSide {
    /// Mean QLIKE.
    pub qlike: f64,
    /// Share of outcomes in the 80 % interval.
    pub coverage80: f64,
    /// Share of outcomes in the 95 % interval.
    pub coverage95: f64,
}

/// Two models on the same days.
#[derive(Debug, Clone, PartialEq)]
pub struct DuelRow {
    /// The horizon.
    pub horizon: Horizon,
    /// Days with a forecast of both.
    pub days: u32,
    /// Forecasts of each.
    pub forecasts: u32,
    /// The new model.
    pub challenger: DuelSide,
    /// The one that served.
    pub champion: Option<DuelSide>,
    /// The p-value of the test of Diebold and Mariano, two-sided.
    pub p: Option<f64>,
}

/// A new model against the one that served when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Duel {
    /// The one that served.
    pub champion: Option<String>,
    /// The new one.
    pub challenger: String,
    /// The first day (UTC).
    pub from: Timestamp,
    /// The end of the days (UTC).
    pub to: Timestamp,
    /// Both horizons.
    pub rows: Vec<DuelRow>,
    /// Whether the rules let it serve.
    pub promotes: bool,
    /// Why, as the server says it.
    pub grounds: String,
}

/// Both models on the same days.
pub(in crate::documents::operator) fn duel_section(language: Language, duel: &Duel) -> AnyView {
    let title = say(language, "Against the model that served", "Face au modèle en service");
    let tone = if duel.promotes { Tone::Good } else { Tone::Watch };
    let headline = if duel.promotes {
        say(language, "The rules let it serve.", "Les règles lui permettent de servir.")
    } else {
        say(
            language,
            "The rules do not let it serve; it is kept as evidence.",
            "Les règles ne lui permettent pas de servir\u{202f}; il est conservé comme élément de preuve.",
        )
    };
    let heads = [
        say(language, "Horizon", "Horizon"),
        say(language, "Days", "Jours"),
        say(language, "QLIKE, new", "QLIKE, nouveau"),
        say(language, "QLIKE, serving", "QLIKE, en service"),
        say(language, "Smaller by", "Plus petit de"),
        "p",
        say(language, "Inside 80%, new : serving", "Dans les 80\u{202f}%, nouveau : en service"),
        say(language, "Inside 95%, new : serving", "Dans les 95\u{202f}%, nouveau : en service"),
    ];
    let row = |row: &DuelRow| {
        let dash = || "–".to_owned();
        let theirs = row.champion.map_or_else(dash, |side| format::number(language, side.qlike, 3));
        let gain = row
            .champion
            .filter(|side| side.qlike > 0.0)
            .map_or_else(dash, |side| format::signed_percent(language, 1.0 - row.challenger.qlike / side.qlike));
        let covers = |of: fn(&DuelSide) -> f64| {
            let ours = format::percent(language, of(&row.challenger), 1);
            let theirs = row.champion.map_or_else(dash, |side| format::percent(language, of(&side), 1));
            format!("{ours} : {theirs}")
        };
        view! {
            <tr>
                <th scope="row">{row.horizon.as_str()}</th>
                <td class="table__number">{row.days.to_string()}</td>
                <td class="table__number">{format::number(language, row.challenger.qlike, 3)}</td>
                <td class="table__number">{theirs}</td>
                <td class="table__number">{gain}</td>
                <td class="table__number">
                    {row.p.map_or_else(dash, |p| probability(language, p))}
                </td>
                <td class="table__number">{covers(|side| side.coverage80)}</td>
                <td class="table__number">{covers(|side| side.coverage95)}</td>
            </tr>
        }
    };
    let (from, to) = (duel.from, duel.to);
    let days = say(
        language,
        "On days that neither was trained on: ",
        "Sur des jours que ni l’un ni l’autre n’a vus\u{202f}: ",
    );
    let champion = version_link(language, duel.champion.as_deref());
    let challenger = version_link(language, Some(&duel.challenger));
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {verdict(tone, headline.into_any(), duel.grounds.clone().into_any())}
            <p>{days} <Day at=from /> " – " <Day at=to /> ". " {challenger} " : " {champion}</p>
            {aligned(title, &heads, &[1, 2, 3, 4, 5, 6, 7], duel.rows.iter().map(row).collect_view().into_any())}
        </section>
    }
    .into_any()
}
