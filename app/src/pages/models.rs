//! The models in the registry, what they learnt from and how they scored.

mod judged;

use std::sync::Arc;

use domain::evaluation::HowGood;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::{ModelCard, Score};
use leptos::prelude::*;

use crate::api;
use crate::asked::Asked;
use crate::components::explain::terms_list;
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::loaded::Loaded;
use crate::components::moment::{Day, Moment};
use crate::components::page_head::PageHead;
use crate::components::skeletons;
use crate::format;
use crate::links::Page;
use crate::words::{Words, use_words};

use self::judged::Judged;

/// One way to judge a model.
struct Measure {
    name: &'static str,
    value: fn(&Score) -> f64,
    /// A share reads as percent, anything else as a plain number.
    is_share: bool,
    /// Where a perfect forecaster stands; the closer, the better.
    ideal: f64,
}

/// The page that lists models.
#[component]
pub(crate) fn ModelsPage() -> impl IntoView {
    let words = use_words();
    let models = Asked::new(|| (), |()| api::models());
    let good = Asked::new(|| (), |()| api::how_good(None));
    view! {
        <PageHead
            title=words.models.title.to_owned()
            description=words.models.description.to_owned()
            page=Some(Page::Models)
        />
        <h1>{words.models.title}</h1>
        <p class="lead">{words.models.lead}</p>
        <p class="models__more">
            <a href=Page::HowGood(None, Horizon::default()).href(words.language)>{words.how_good.link}</a>
        </p>
        <Loaded
            of=models
            skeleton=skeletons::block
            content=Arc::new(move |models: Vec<ModelCard>| {
                if models.is_empty() {
                    view! { <p class="empty">{words.models.empty}</p> }.into_any()
                } else {
                    models.into_iter().map(|model| view! { <Model model good /> }).collect_view().into_any()
                }
            })
        />
        <Meanings />
    }
}

#[component]
fn Model(
    model: ModelCard,
    /// The evaluation of the model that serves.
    good: Asked<Option<HowGood>>,
) -> impl IntoView {
    let words = use_words();
    let count = format::number(words.language, f64::from(model.parameters), 0);
    let champion = model.is_champion.then(|| view! { <span class="badge">{words.models.champion}</span> });
    let judged = model.is_champion.then(|| {
        let family = model.family;
        view! {
            <Loaded
                of=good
                skeleton=skeletons::nothing
                quiet=true
                content=Arc::new(move |good: Option<HowGood>| {
                    let good = good.filter(|good| good.evaluation.served == family);
                    good.map(|good| view! { <Judged good /> }).into_any()
                })
            />
        }
    });
    let scores = if model.scores.is_empty() {
        view! { <p class="empty">{words.models.no_scores}</p> }.into_any()
    } else {
        let tables = model
            .scores
            .iter()
            .map(|score| {
                let baseline = model.baseline.iter().find(|other| other.horizon == score.horizon).copied();
                view! { <Scores score=*score baseline /> }
            })
            .collect_view();
        view! {
            <div class="model__scores">{tables}</div>
            <ByCoin model=model.clone() />
        }
        .into_any()
    };
    view! {
        <article class="panel model">
            <header class="model__head">
                <h2>{(words.models.family)(model.family)}</h2>
                {champion}
                <code class="model__version">{model.version.to_string()}</code>
            </header>
            <dl class="facts">
                <div>
                    <dt>{words.models.trained}</dt>
                    <dd>
                        <Moment at=model.trained_at />
                    </dd>
                </div>
                <div>
                    <dt>{words.models.span}</dt>
                    <dd>
                        <Day at=model.trained_from />
                        " – "
                        <Day at=model.trained_to />
                    </dd>
                </div>
                <div>
                    <dt>{words.models.parameters}</dt>
                    <dd>{count}</dd>
                </div>
                <div>
                    <dt>{words.models.seed}</dt>
                    <dd>{model.seed.to_string()}</dd>
                </div>
                <div>
                    <dt>{words.models.revision}</dt>
                    <dd>
                        <code>{model.revision}</code>
                    </dd>
                </div>
            </dl>
            {judged}
            {scores}
        </article>
    }
}

/// The measures of one horizon, beside the baseline's.
#[component]
fn Scores(score: Score, baseline: Option<Score>) -> impl IntoView {
    let words = use_words();
    let row = move |measure: Measure| {
        let ours = (measure.value)(&score);
        let theirs = baseline.map(|baseline| (measure.value)(&baseline));
        let verdict = theirs.map(|theirs| verdict(words, (ours - measure.ideal).abs(), (theirs - measure.ideal).abs()));
        view! {
            <tr>
                <th scope="row">{measure.name}</th>
                <td class="table__number">{show(words, &measure, ours)}</td>
                <td class="table__number">
                    {theirs.map_or_else(|| "–".to_owned(), |theirs| show(words, &measure, theirs))}
                </td>
                <td>{verdict}</td>
            </tr>
        }
    };
    let origins = format::number(words.language, f64::from(score.origins), 0);
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=(words.risk.next_hours)(score.horizon)>
            <table class="table">
                <caption>
                    {(words.risk.next_hours)(score.horizon)} " · " {words.models.origins} " " {origins}
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{words.models.measure}</th>
                        <th scope="col" class="table__number">{words.models.this_model}</th>
                        <th scope="col" class="table__number">{words.models.baseline}</th>
                        <th scope="col">
                            <span class="visually-hidden">{words.models.better}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{measures(words).map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// The scores of every coin for the next 24 hours.
#[component]
fn ByCoin(model: ModelCard) -> impl IntoView {
    let words = use_words();
    let row = |(name, scores): (&String, &Vec<Score>)| {
        let score = scores.iter().find(|score| score.horizon == Horizon::Day)?;
        let symbol = Symbol::parse(name).ok()?;
        let cells = measures(words)
            .map(|measure| view! { <td class="table__number">{show(words, &measure, (measure.value)(score))}</td> })
            .collect_view();
        Some(view! {
            <tr>
                <th scope="row">
                    <a href=Page::Coin(symbol.clone(), Horizon::Day).href(words.language)>{symbol.name().to_owned()}</a>
                </th>
                {cells}
            </tr>
        })
    };
    let rows: Vec<_> = model.by_symbol.iter().filter_map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let heads = std::iter::once(Head::Text(words.models.coin))
        .chain(measures(words).map(|measure| Head::Number(measure.name)))
        .collect::<Vec<_>>();
    Some(view! {
        <FoldedTable
            summary=words.models.by_coin
            label=words.models.by_coin
            caption=format!("{}, {}", words.models.by_coin, (words.risk.next_hours)(Horizon::Day))
            heads
            rows=rows.into_any()
        />
    })
}

#[component]
fn Meanings() -> impl IntoView {
    let words = &use_words().models;
    let terms = [
        (words.qlike, words.qlike_meaning),
        (words.rmse, words.rmse_meaning),
        (words.r2, words.r2_meaning),
        (words.auc, words.auc_meaning),
        (words.brier, words.brier_meaning),
        (words.coverage80, words.coverage_meaning),
    ];
    view! {
        <section>
            <h2>{words.meaning_title}</h2>
            {terms_list(terms)}
        </section>
    }
}

fn measures(words: &Words) -> [Measure; 7] {
    let words = &words.models;
    let measure = |name, value, is_share, ideal| Measure { name, value, is_share, ideal };
    [
        measure(words.qlike, |score| score.qlike, false, 0.0),
        measure(words.rmse, |score| score.rmse_log, false, 0.0),
        measure(words.r2, |score| score.r2_log, false, 1.0),
        measure(words.auc, |score| score.auc, true, 1.0),
        measure(words.brier, |score| score.brier, false, 0.0),
        measure(words.coverage80, |score| score.coverage80, true, 0.8),
        measure(words.coverage95, |score| score.coverage95, true, 0.95),
    ]
}

fn show(words: &Words, measure: &Measure, value: f64) -> String {
    if measure.is_share { format::percent(words.language, value, 1) } else { format::number(words.language, value, 3) }
}

/// Which of two distances from the ideal is smaller, where the difference can be seen in the table.
fn verdict(words: &Words, ours: f64, theirs: f64) -> &'static str {
    match ours - theirs {
        gap if gap.abs() < 0.000_5 => words.models.even,
        gap if gap < 0.0 => words.models.better,
        _ => words.models.worse,
    }
}
