//! `GET /api/v1/models` and `GET /api/v1/models/{version}/card`.

use axum::Json;
use axum::extract::{Path, State};
use domain::error::Failure;
use domain::evaluation::{Evaluation, JudgedModel};
use domain::model::{Family, ModelCard, Version};

use super::query::Parameters;
use super::wire::ModelList;
use super::wire::evaluation::{Card, CardData, Comparison, Row};
use crate::web::Web;
use crate::web::problem::{Details, Problem};

/// Models in the registry
///
/// Champions first, each with its scores on days that it was not trained on, beside those of the baseline.
#[utoipa::path(
    get,
    path = "/api/v1/models",
    tag = "models",
    responses(
        (status = 200, description = "The models", body = ModelList),
        (status = 503, description = "`not_ready`, `busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(State(web): State<Web>, parameters: Parameters) -> Result<Json<ModelList>, Problem> {
    parameters.only(&[])?;
    let models = web.desk.models().await?;
    Ok(Json(ModelList { models: models.into_iter().map(Into::into).collect() }))
}

/// A model's card
///
/// Data span, protocol, scores with confidence intervals, limits, and how to make the numbers again.
#[utoipa::path(
    get,
    path = "/api/v1/models/{version}/card",
    tag = "models",
    params(("version" = String, Path, description = "The model's name in the registry", example = "lstm-20250701-1a2b3c4d")),
    responses(
        (status = 200, description = "The card", body = Card),
        (status = 404, description = "`unknown_model`: no such version in the registry", body = Details, content_type = "application/problem+json"),
        (status = 503, description = "`busy` or `timeout`, with Retry-After", body = Details, content_type = "application/problem+json")
    )
)]
pub(super) async fn card(
    State(web): State<Web>,
    version: Result<Path<String>, axum::extract::rejection::PathRejection>,
    parameters: Parameters,
) -> Result<Json<Card>, Problem> {
    parameters.only(&[])?;
    // Bytes that are not text cannot name a version either.
    let Path(version) = version.map_err(|_| Failure::unknown_model("of that name"))?;
    let judged = web.desk.model_card(Version::parse(&version)?).await?;
    Ok(Json(write(judged)))
}

fn write(judged: JudgedModel) -> Card {
    let JudgedModel { card, evaluation } = judged;
    let evaluation = evaluation.as_ref();
    let rows = |family: fn(&Evaluation) -> Family| -> Vec<Row> {
        let of = |evaluation: &Evaluation| {
            let model = family(evaluation);
            evaluation.rows.iter().filter(|row| row.model == model).cloned().map(Row::from).collect()
        };
        evaluation.map(of).unwrap_or_default()
    };
    let against_baseline = evaluation.map_or_else(Vec::new, |evaluation| {
        let (served, baseline) = (evaluation.served, evaluation.baseline);
        let pairs = domain::forecast::Horizon::ALL.map(|horizon| evaluation.comparison(served, baseline, horizon));
        pairs.into_iter().flatten().map(Comparison::from).collect()
    });
    Card {
        data: CardData {
            symbols: card.by_symbol.keys().cloned().collect(),
            trained_from: card.trained_from,
            trained_to: card.trained_to,
            evaluated_from: evaluation.map(|evaluation| evaluation.from),
            evaluated_to: evaluation.map(|evaluation| evaluation.to),
        },
        protocol: protocol(&card, evaluation),
        scores: rows(|evaluation| evaluation.served),
        baseline: rows(|evaluation| evaluation.baseline),
        against_baseline,
        limits: LIMITS.map(str::to_owned).to_vec(),
        reproduce: reproduce(&card, evaluation),
        model: card.into(),
    }
}

/// What no model of ours can do.
const LIMITS: [&str; 5] = [
    "It says how much a price will move, never whether it will rise or fall.",
    "It reads past hourly candles and nothing else: news, hacks and rulings arrive without notice.",
    "It learns from the past. When a market changes its nature, forecasts are worse until the model is fitted again.",
    "A coin that it was not fitted on gets what the fitted coins have in common, and wider errors than these.",
    "Its forecasts are statistics, not advice.",
];

fn protocol(card: &ModelCard, evaluation: Option<&Evaluation>) -> Vec<String> {
    let Some(evaluation) = evaluation else {
        return vec![format!(
            "Scored once on the days after its training span, which ended on {}; no walk-forward evaluation of it is \
             stored.",
            day(card.trained_to)
        )];
    };
    vec![
        format!(
            "Walk-forward: forecasts were made every day at 00:00 UTC from {} to {} by models that were fitted anew \
             every {} days on earlier days only, with a gap of one horizon between what they learnt from and what \
             they were asked.",
            day(evaluation.from),
            day(evaluation.to),
            evaluation.refit_days
        ),
        "Every model gets the same correction of its variance from its own finished forecasts, and a period counts as \
         high-volatility above the 80th percentile of the coin's past 365 days, a bound that is known when the \
         forecast is made."
            .to_owned(),
        "Confidence intervals are 95 % and come from a bootstrap over blocks of days; models are compared on QLIKE by \
         Diebold-Mariano tests with errors robust to serial correlation, and by a model confidence set at 10 %."
            .to_owned(),
    ]
}

fn reproduce(card: &ModelCard, evaluation: Option<&Evaluation>) -> Vec<String> {
    let train = format!(
        "investbuddy train --model {} --archive DIR --from {} --to {} --seed {}",
        card.family.as_str(),
        day(card.trained_from),
        day(card.trained_to),
        card.seed
    );
    let evaluate = evaluation.map(|evaluation| {
        format!(
            "investbuddy evaluate --archive DIR --from {} --to {} --refit-days {} --json",
            day(evaluation.from),
            day(evaluation.to),
            evaluation.refit_days
        )
    });
    std::iter::once(train).chain(evaluate).collect()
}

fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
