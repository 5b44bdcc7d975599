//! A model's card.

use domain::evaluation::Row;
use domain::forecast::Horizon;
use domain::language::Language;
use domain::model::{ModelCard, Score};
use leptos::prelude::*;

use super::super::graph::{aligned, encoded, facts};
use super::super::training::{Duel, TrainingLine, TrainingStep, coin_name, duel_section, log, training_table};
use super::super::whole;
use super::log::{ModelEvent, history};
use super::{ModelStanding, back, standing_mark};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::{Day, Moment};
use crate::documents::{Page, address, say};
use crate::format;
use crate::words::Words;

/// A feature that a model reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureLine {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// How it is computed.
    pub formula: String,
    /// Where it comes from.
    pub source: String,
}

/// Everything about a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPage {
    /// Its card.
    pub card: ModelCard,
    /// How it stands.
    pub standing: ModelStanding,
    /// Its rows of a stored evaluation, with intervals: all coins together.
    pub judged: Vec<Row>,
    /// What it reads.
    pub features: Vec<FeatureLine>,
    /// The training that made it; none for models that shipped or were trained by hand.
    pub training: Option<TrainingLine>,
    /// The end of each pass over the data of that training.
    pub log: Vec<TrainingStep>,
    /// How it compared with the one that served.
    pub duel: Option<Duel>,
    /// What the audit log says of it, the oldest entry first.
    pub events: Vec<ModelEvent>,
}

/// One model's card.
pub fn model(language: Language, shown: &ModelPage) -> Page {
    let card = &shown.card;
    let version = card.version.to_string();
    let name = encoded(&version);
    let link = |path: String, text: &'static str, class: &'static str| {
        view! {
            <a class=class href=address(language, &path)>
                {text}
            </a>
        }
        .into_any()
    };
    let quiet = "button button--quiet";
    let promote = (shown.standing != ModelStanding::Serves).then(|| {
        link(
            format!("/operator/models/promote?version={name}"),
            say(language, "Let it serve", "Le mettre en service"),
            "button",
        )
    });
    let shadow = match shown.standing {
        ModelStanding::Serves => None,
        ModelStanding::Kept => Some(link(
            format!("/operator/models/shadow?version={name}"),
            say(language, "Let it forecast in the shadow", "Le faire prévoir dans l’ombre"),
            quiet,
        )),
        ModelStanding::Challenger | ModelStanding::Former => Some(link(
            format!("/operator/models/end-shadow?version={name}"),
            say(language, "End its time in the shadow", "Terminer son temps dans l’ombre"),
            quiet,
        )),
    };
    let compare = link(
        format!("/operator/models/compare?a={name}"),
        say(language, "Compare with another one", "Comparer à un autre"),
        quiet,
    );
    let body = view! {
        <div class="board">
            {back(language)}
            <h1>
                <code>{version.clone()}</code>
            </h1>
            <p class="lead">
                {(Words::of(language).models.family)(card.family)} " " {standing_mark(language, shown.standing)}
            </p>
            <p class="form__actions">{promote} {shadow} {compare}</p>
            {card_facts(language, card)}
            {why(language, shown.training.as_ref())}
            {judged(language, &shown.judged)}
            {scores(language, card)}
            {by_coin(language, card)}
            {shown.duel.as_ref().map(|duel| duel_section(language, duel))}
            {features(language, &shown.features)}
            {log(language, &shown.log)}
            {history(language, &shown.events)}
        </div>
    }
    .into_any();
    Page { title: version, body }
}

fn card_facts(language: Language, card: &ModelCard) -> AnyView {
    let (at, from, to) = (card.trained_at, card.trained_from, card.trained_to);
    facts(vec![
        (say(language, "Trained", "Entraîné"), view! { <Moment at /> }.into_any()),
        (say(language, "Learned from", "A appris de"), view! { <Day at=from /> " – " <Day at=to /> }.into_any()),
        (say(language, "Parameters", "Paramètres"), whole(language, u64::from(card.parameters)).into_any()),
        (say(language, "Seed", "Graine"), card.seed.to_string().into_any()),
        (say(language, "Program", "Programme"), view! { <code>{card.revision.clone()}</code> }.into_any()),
    ])
}

fn why(language: Language, training: Option<&TrainingLine>) -> AnyView {
    let title = say(language, "Why it was trained", "Pourquoi il a été entraîné");
    let content = match training {
        Some(line) => training_table(language, std::slice::from_ref(line)),
        None => {
            let text = say(
                language,
                "It came with the product or was trained by hand; nobody wrote a reason down.",
                "Il est livré avec le produit ou a été entraîné à la main\u{202f}; aucune raison n’est notée.",
            );
            view! { <p>{text}</p> }.into_any()
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// One way to score a model.
pub(super) struct Measure {
    pub(super) name: &'static str,
    value: fn(&Score) -> f64,
    is_share: bool,
    /// Where a perfect forecaster stands.
    ideal: f64,
}

const fn measure(name: &'static str, value: fn(&Score) -> f64, is_share: bool, ideal: f64) -> Measure {
    Measure { name, value, is_share, ideal }
}

pub(super) fn measures(language: Language) -> [Measure; 7] {
    [
        measure(say(language, "Error (QLIKE)", "Erreur (QLIKE)"), |score| score.qlike, false, 0.0),
        measure(
            say(language, "Error of log volatility", "Erreur du log de la volatilité"),
            |score| score.rmse_log,
            false,
            0.0,
        ),
        measure(say(language, "Explained (R²)", "Expliqué (R²)"), |score| score.r2_log, false, 1.0),
        measure(say(language, "ROC area", "Aire ROC"), |score| score.auc, false, 1.0),
        measure(say(language, "Brier score", "Score de Brier"), |score| score.brier, false, 0.0),
        measure(say(language, "Inside 80%", "Dans les 80\u{202f}%"), |score| score.coverage80, true, 0.8),
        measure(say(language, "Inside 95%", "Dans les 95\u{202f}%"), |score| score.coverage95, true, 0.95),
    ]
}

impl Measure {
    pub(super) fn shown(&self, language: Language, score: Option<&Score>) -> String {
        score.map(self.value).map_or_else(
            || "–".to_owned(),
            |value| {
                if self.is_share { format::percent(language, value, 1) } else { format::number(language, value, 3) }
            },
        )
    }

    /// A mark beside the better one of two.
    pub(super) fn better(&self, a: Option<&Score>, b: Option<&Score>) -> (&'static str, &'static str) {
        let off = |score: &Score| ((self.value)(score) - self.ideal).abs();
        match a.zip(b).map(|(a, b)| (off(a), off(b))) {
            Some((a, b)) if a < b => ("✓", ""),
            Some((a, b)) if b < a => ("", "✓"),
            _ => ("", ""),
        }
    }
}

pub(super) fn of_horizon(scores: &[Score], horizon: Horizon) -> Option<&Score> {
    scores.iter().find(|score| score.horizon == horizon)
}

fn judged(language: Language, rows: &[Row]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Walk-forward evaluation", "Évaluation au fil du temps");
    let heads = [
        say(language, "Horizon", "Horizon"),
        say(language, "Forecasts", "Prévisions"),
        say(language, "Error (QLIKE)", "Erreur (QLIKE)"),
        say(language, "Explained (R²)", "Expliqué (R²)"),
        say(language, "ROC area", "Aire ROC"),
        say(language, "Inside 80%", "Dans les 80\u{202f}%"),
    ];
    let number = |value| format::number(language, value, 3);
    let share = |value| format::percent(language, value, 1);
    let cell = |value: String, low: String, high: String| {
        view! {
            <td class="table__number">
                {value} <span class="table__interval">{format!("{low} – {high}")}</span>
            </td>
        }
    };
    let row = |row: &Row| {
        let (score, ranges) = (&row.score, &row.intervals);
        view! {
            <tr>
                <th scope="row">{score.horizon.as_str()}</th>
                <td class="table__number">{whole(language, u64::from(score.origins))}</td>
                {cell(number(score.qlike), number(ranges.qlike[0]), number(ranges.qlike[1]))}
                {cell(number(score.r2_log), number(ranges.r2_log[0]), number(ranges.r2_log[1]))}
                {cell(number(score.auc), number(ranges.auc[0]), number(ranges.auc[1]))}
                {cell(share(score.coverage80), share(ranges.coverage80[0]), share(ranges.coverage80[1]))}
            </tr>
        }
    };
    let about = say(
        language,
        "All coins together; the small figures are 95% intervals, from a bootstrap over blocks of days.",
        "Toutes les cryptos ensemble\u{202f}; les petits chiffres sont des intervalles à 95\u{202f}%, par bootstrap sur des blocs de jours.",
    );
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{about}</p>
            {aligned(title, &heads, &[1, 2, 3, 4, 5], rows.iter().map(row).collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn scores(language: Language, card: &ModelCard) -> AnyView {
    let title = say(language, "Metrics after its training", "Mesures après son entraînement");
    if card.scores.is_empty() {
        let text =
            say(language, "It was not scored when it was trained.", "Il n’a pas été noté lors de son entraînement.");
        return view! {
            <section class="document__section">
                <h2>{title}</h2>
                <p class="empty">{text}</p>
            </section>
        }
        .into_any();
    }
    let heads = [
        say(language, "Measure", "Mesure"),
        say(language, "24h, this model", "24h, ce modèle"),
        say(language, "24h, simple method", "24h, méthode simple"),
        say(language, "48h, this model", "48h, ce modèle"),
        say(language, "48h, simple method", "48h, méthode simple"),
    ];
    let row = |measure: Measure| {
        let cells = Horizon::ALL
            .into_iter()
            .flat_map(|horizon| [of_horizon(&card.scores, horizon), of_horizon(&card.baseline, horizon)])
            .map(|score| view! { <td class="table__number">{measure.shown(language, score)}</td> })
            .collect_view();
        view! {
            <tr>
                <th scope="row">{measure.name}</th>
                {cells}
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {aligned(title, &heads, &[1, 2, 3, 4], measures(language).map(row).into_iter().collect_view().into_any())}
        </section>
    }
    .into_any()
}

fn by_coin(language: Language, card: &ModelCard) -> AnyView {
    if card.by_symbol.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Metrics by coin, next 24 hours", "Mesures par crypto, 24 prochaines heures");
    let heads = std::iter::once(Head::Text(say(language, "Coin", "Crypto")))
        .chain(measures(language).map(|measure| Head::Number(measure.name)))
        .collect::<Vec<_>>();
    let row = |(pair, scores): (&String, &Vec<Score>)| {
        let score = of_horizon(scores, Horizon::Day);
        let cells = measures(language)
            .map(|measure| view! { <td class="table__number">{measure.shown(language, score)}</td> })
            .into_iter()
            .collect_view();
        view! {
            <tr>
                <th scope="row">{coin_name(pair)}</th>
                {cells}
            </tr>
        }
    };
    let rows = card.by_symbol.iter().map(row).collect_view().into_any();
    view! { <FoldedTable summary=title label=title caption=title.to_owned() heads rows /> }.into_any()
}

fn features(language: Language, features: &[FeatureLine]) -> AnyView {
    if features.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Features", "Variables");
    let count = match language {
        Language::English => format!("It reads {} features.", features.len()),
        Language::French => format!("Il lit {} variables.", features.len()),
    };
    let row = |feature: &FeatureLine| {
        view! {
            <tr>
                <th scope="row">
                    <code>{feature.name.clone()}</code>
                </th>
                <td>{feature.unit.clone()}</td>
                <td>{feature.formula.clone()}</td>
                <td>{feature.source.clone()}</td>
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <p>{count}</p>
            <FoldedTable
                summary=say(language, "All of them", "Toutes")
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Text(say(language, "Name", "Nom")),
                    Head::Text(say(language, "Unit", "Unité")),
                    Head::Text(say(language, "Formula", "Formule")),
                    Head::Text(say(language, "From", "D’où")),
                ]
                rows=features.iter().map(row).collect_view().into_any()
            />
        </section>
    }
    .into_any()
}
