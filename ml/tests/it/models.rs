//! Training, storing and asking models, on a small market made here.

use std::fs;
use std::sync::OnceLock;

use domain::clock::instant;
use domain::forecast::{Driver, Horizon};
use domain::market::{Candle, CandleSeries, Symbol};
use domain::model::Family;
use ml::artefact::{self, ArtefactError};
use ml::dataset::{Origin, Panel};
use ml::evaluate::judge::judge;
use ml::evaluate::score::score;
use ml::evaluate::walk::made;
use ml::features;
use ml::forecaster::{Forecaster, Shapes};
use ml::model::lstm::Plan;
use ml::split::Fold;
use ml::train::{Order, Trained, train};
use rand::Rng as _;
use rand_distr::{Distribution as _, StandardNormal};

pub(crate) const DAY: i64 = 86_400;
pub(crate) const DAYS: i64 = 800;
const TRAINED_DAYS: i64 = 680;

/// Two coins whose volatility moves in waves and is lower at weekends.
pub(crate) fn candles(days: i64) -> Vec<(Symbol, CandleSeries)> {
    ["BTC", "ETH"]
        .into_iter()
        .zip(1_u64..)
        .map(|(ticker, seed)| {
            let mut generator = ml::seed::generator(seed, 99);
            let mut close = 100.0_f64;
            let mut log_volatility = -5.0_f64;
            let series = (0..days * 24)
                .map(|hour| {
                    let noise: f64 = StandardNormal.sample(&mut generator);
                    log_volatility += 0.01 * (-5.0 - log_volatility) + 0.04 * noise;
                    let is_weekend = domain::clock::weekday(hour * 3_600) >= 5;
                    let scale = (log_volatility - if is_weekend { 0.5 } else { 0.0 }).exp();
                    let step: f64 = StandardNormal.sample(&mut generator);
                    let open = close;
                    close *= (scale * step).exp();
                    let reach = 1.0 + scale * generator.random_range(0.0..0.5);
                    Candle {
                        opens_at: instant(hour * 3_600),
                        open,
                        high: open.max(close) * reach,
                        low: open.min(close) / reach,
                        close,
                        volume: 10.0 + 1_000.0 * scale * generator.random_range(0.5..1.5),
                    }
                })
                .collect();
            (Symbol::parse(ticker).expect("a ticker"), series)
        })
        .collect()
}

pub(crate) fn panel_of(market: &[(Symbol, CandleSeries)]) -> Panel {
    let borrowed: Vec<(Symbol, &CandleSeries)> =
        market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    Panel::new(&features::compute(&borrowed).expect("candles that can be true"))
}

fn panel() -> &'static Panel {
    static PANEL: OnceLock<Panel> = OnceLock::new();
    PANEL.get_or_init(|| panel_of(&candles(DAYS)))
}

fn order(family: Family) -> Order {
    Order {
        family,
        fold: Fold { train_from_s: 0, test_from_s: TRAINED_DAYS * DAY, test_to_s: DAYS * DAY },
        plan: Plan { hidden: 8, members: 2, epochs: 1, batch: 64, every_hours: 12, ..Plan::default() },
        seed: 5,
        revision: "test".to_owned(),
        now: instant(DAYS * DAY),
    }
}

pub(crate) fn lstm() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| train(panel(), &order(Family::Lstm), &|_, _| true).expect("a trained network"))
}

fn kept(trained: &Trained) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = artefact::save(folder.path(), &trained.manifest, &trained.weights).expect("saved");
    (folder, path)
}

pub(crate) fn loaded(trained: &Trained) -> Forecaster {
    let (_folder, path) = kept(trained);
    artefact::load(&path).expect("loads")
}

fn newest() -> Origin {
    panel().newest(&panel().coins()[0].symbol).expect("a complete last hour")
}

#[test]
fn the_same_rows_and_seed_give_the_same_weights_and_another_seed_others() {
    let again = train(panel(), &order(Family::Lstm), &|_, _| true).expect("a trained network");
    assert_eq!(again.weights.sha256, lstm().weights.sha256);
    assert_eq!(again.manifest, lstm().manifest);
    let other = train(panel(), &Order { seed: 6, ..order(Family::Lstm) }, &|_, _| true).expect("a trained network");
    assert_ne!(other.weights.sha256, lstm().weights.sha256);
}

#[test]
fn what_is_loaded_forecasts_what_was_trained() {
    for family in [Family::Lstm, Family::Har, Family::HarCalendar] {
        let trained = train(panel(), &order(family), &|_, _| true).expect("trained");
        let forecaster = loaded(&trained);
        assert_eq!(forecaster.manifest().version, trained.manifest.version);
        let fold = order(family).fold;
        let origins = fold.test(panel());
        let said = made(panel(), forecaster.model(), &origins).expect("predictions");
        let cases = judge(panel(), &said, forecaster.calibration(), fold.test_from_s);
        let scores = Horizon::ALL.map(|horizon| score(horizon, &cases[horizon.index()]).expect("scored"));
        assert_eq!(trained.manifest.scores, scores, "{family:?}");
        let predictions = forecaster.model().predict(panel(), &origins).expect("predictions");
        assert_eq!(predictions.len(), origins.len());
    }
}

#[test]
fn a_forecast_is_a_distribution_with_a_chance_and_reasons() {
    let forecaster = loaded(lstm());
    let both =
        forecaster.forecast(panel(), newest(), &Shapes::default()).expect("no tensor fails").expect("a usual range");
    for (forecast, horizon) in both.iter().zip(Horizon::ALL) {
        assert_eq!(forecast.horizon, horizon);
        assert_eq!(forecast.ends_at.as_second() - forecast.origin.as_second(), i64::from(horizon.hours()) * 3_600);
        assert!(forecast.quantiles.to_array().is_sorted_by(|a, b| a < b), "{:?}", forecast.quantiles);
        assert!(forecast.quantiles.q025 > 0.0 && forecast.quantiles.q975 < 1.0, "{:?}", forecast.quantiles);
        assert!(forecast.high_volatility > 0.0 && forecast.high_volatility < 1.0);
        assert!((0.0..=1.0).contains(&forecast.rank));
        assert!(forecast.usual.low < forecast.usual.middle && forecast.usual.middle < forecast.usual.high);
        let effects: Vec<f64> = forecast.reasons.iter().map(|reason| reason.effect.abs()).collect();
        assert!(effects.is_sorted_by(|a, b| a >= b) && effects.iter().all(|effect| effect.is_finite()));
    }
}

#[test]
fn calm_weekends_are_learned_and_given_as_a_reason() {
    let forecaster = loaded(&train(panel(), &order(Family::Lstm), &|_, _| true).expect("trained"));
    // The last Friday midnight to Saturday: the horizon is a weekend day.
    let saturdays: Vec<Origin> = panel()
        .origins((DAYS - 30) * DAY, DAYS * DAY, 24)
        .into_iter()
        .filter(|&origin| domain::clock::weekday(panel().origin_s(origin)) == 5)
        .collect();
    assert!(!saturdays.is_empty());
    for origin in saturdays {
        let [day, _] =
            forecaster.forecast(panel(), origin, &Shapes::default()).expect("no tensor fails").expect("a usual range");
        let weekday = day.reasons.iter().find(|reason| reason.driver == Driver::DayOfWeek);
        assert!(weekday.is_some_and(|reason| reason.effect < -0.1), "{:?}", day.reasons);
    }
}

#[test]
fn one_origin_at_a_time_and_many_at_once_agree() {
    let forecaster = loaded(lstm());
    let origins: Vec<Origin> = order(Family::Lstm).fold.test(panel()).into_iter().take(40).collect();
    let together = forecaster.model().predict(panel(), &origins).expect("predictions");
    for (&origin, expected) in origins.iter().zip(&together) {
        let alone = forecaster.model().predict(panel(), &[origin]).expect("a prediction")[0];
        for horizon in [0, 1] {
            assert!((alone.location[horizon] - expected.location[horizon]).abs() < 1e-5);
            assert!((alone.scale[horizon] - expected.scale[horizon]).abs() < 1e-5);
        }
    }
}

#[test]
fn whatever_the_future_holds_no_scaler_threshold_weight_or_forecast_moves() {
    let mut market = candles(DAYS);
    let from = ((TRAINED_DAYS + 60) * 24) as usize;
    for (_, series) in &mut market {
        for index in from..series.len() {
            for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
                column[index] *= 3.0 + 0.01 * (index % 7) as f64;
            }
            series.high[index] *= 1.2;
            series.low[index] /= 1.2;
        }
    }
    let changed = panel_of(&market);
    let trained = train(&changed, &order(Family::Lstm), &|_, _| true).expect("trained");
    assert_eq!(trained.weights.sha256, lstm().weights.sha256);
    assert_eq!(trained.manifest.scaler, lstm().manifest.scaler);

    let forecaster = loaded(lstm());
    let last_s = (TRAINED_DAYS + 60) * DAY;
    for origin in panel().origins(TRAINED_DAYS * DAY, last_s + 1, 24) {
        let before = forecaster.forecast(panel(), origin, &Shapes::default()).expect("no tensor fails");
        let after = forecaster.forecast(&changed, origin, &Shapes::default()).expect("no tensor fails");
        assert_eq!(before, after);
    }
}

#[test]
fn a_training_that_is_told_to_stop_stops_and_yields_nothing() {
    let stopped = train(panel(), &order(Family::Lstm), &|_, progress| progress.loss.is_none());
    assert!(matches!(stopped, Err(ArtefactError::Model(ml::model::ModelError::Stopped))));
}

#[test]
fn too_short_a_history_is_refused_with_the_number_that_is_needed() {
    let order =
        Order { fold: Fold { train_from_s: 0, test_from_s: 100 * DAY, test_to_s: DAYS * DAY }, ..order(Family::Lstm) };
    assert!(matches!(
        train(panel(), &order, &|_, _| true),
        Err(ArtefactError::Model(ml::model::ModelError::NotEnoughData { .. }))
    ));
}

#[test]
fn a_damaged_or_foreign_artefact_is_refused_with_a_sentence() {
    let damage = |name: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let (_folder, path) = kept(lstm());
        let file = path.join(name);
        fs::write(&file, change(fs::read(&file).expect("a file"))).expect("written");
        artefact::load(&path).err().expect("refused")
    };
    let flipped = damage("weights.safetensors", &|mut bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    });
    assert!(matches!(flipped, ArtefactError::Damaged { .. }), "{flipped}");
    let cut = damage("weights.safetensors", &|bytes| bytes[..100].to_vec());
    assert!(matches!(cut, ArtefactError::Damaged { .. }), "{cut}");
    let cut = damage("manifest.json", &|bytes| bytes[..bytes.len() / 2].to_vec());
    assert!(matches!(cut, ArtefactError::Manifest { .. }), "{cut}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("JSON");
    let foreign = damage("manifest.json", &|bytes| text(bytes).replace("-forecaster/2", "-forecaster/9").into_bytes());
    assert!(matches!(foreign, ArtefactError::Foreign { .. }), "{foreign}");
    let schema = features::schema_hash();
    let foreign = damage("manifest.json", &|bytes| text(bytes).replace(&schema, &"0".repeat(64)).into_bytes());
    assert!(matches!(foreign, ArtefactError::Foreign { .. }), "{foreign}");
    let unknown = damage("manifest.json", &|bytes| text(bytes).replacen('{', "{\"extra\": 1,", 1).into_bytes());
    assert!(matches!(unknown, ArtefactError::Manifest { .. }), "{unknown}");
    for error in [flipped, cut, foreign] {
        assert!(error.to_string().contains("train again"), "{error}");
    }
}

#[test]
fn saving_twice_leaves_one_whole_folder_and_no_draft() {
    let (folder, path) = kept(lstm());
    artefact::save(folder.path(), &lstm().manifest, &lstm().weights).expect("saved again");
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(names, [path]);
}

#[test]
fn what_the_simple_models_say_is_what_their_definitions_say() {
    let origin = newest();
    let fold = order(Family::Har).fold;
    let training = fold.training(panel(), 24);
    let persistence = ml::model::persistence::Persistence::fit(panel(), &training);
    let ewma = ml::model::ewma::Ewma::fit(panel(), &training);
    let ask = |model: &dyn ml::model::VolatilityModel| model.predict(panel(), &[origin]).expect("a prediction")[0];
    assert_eq!(ask(&persistence).location, Horizon::ALL.map(|horizon| panel().trailing(origin, horizon)));
    let (mut total, mut weights) = (0.0, 0.0);
    for (day, log_rv) in panel().daily_log_rv(origin, 75).enumerate() {
        let weight = 0.94_f64.powi(i32::try_from(day).expect("few days"));
        total += weight * (2.0 * log_rv).exp();
        weights += weight;
    }
    assert!((ask(&ewma).location[0] - 0.5 * (total / weights).ln()).abs() < 1e-12);
}
