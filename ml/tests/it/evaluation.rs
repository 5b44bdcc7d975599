//! The evaluation itself: that it finds skill where there is some, none where there is none, and never looks ahead.

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::{Candle, CandleSeries, Symbol};
use domain::model::Family;
use ml::calibration::Calibration;
use ml::dataset::Panel;
use ml::evaluate::judge::judge;
use ml::evaluate::walk::{Made, walk};
use ml::evaluate::{Findings, Walks, add_blends, find};
use ml::features;
use ml::model::lstm::Plan;
use ml::split::{Fold, walk_forward};
use rand_distr::{Distribution as _, StandardNormal};

use crate::models::{DAY, DAYS, candles, panel_of};

const FAMILIES: [Family; 4] = [Family::Har, Family::HarCalendar, Family::Boosting, Family::Lstm];

fn plan() -> Plan {
    Plan { hidden: 8, members: 2, epochs: 2, batch: 64, every_hours: 12, ..Plan::default() }
}

fn walks(panel: &Panel, folds: &[Fold]) -> Walks {
    let mut walks = Walks::new();
    for family in FAMILIES {
        let mut made: Vec<Made> = folds
            .iter()
            .flat_map(|fold| walk(panel, fold, family, &plan(), 5, &|_| true).expect("enough history"))
            .collect();
        made.sort_by_key(|made| made.origin);
        walks.insert(family, made);
    }
    add_blends(&mut walks);
    walks
}

fn findings(panel: &Panel) -> Findings {
    let from_s = 500 * DAY;
    let folds = walk_forward(0, 400 * DAY, DAYS * DAY, 150);
    find(panel, &walks(panel, &folds), Family::Lstm, from_s, 5)
}

#[test]
fn on_shuffled_outcomes_no_model_shows_any_skill() {
    let mut panel = panel_of(&candles(DAYS));
    let honest = findings(&panel);
    panel.shuffle_targets(3);
    let shuffled = findings(&panel);
    for rows in [&honest.rows, &shuffled.rows] {
        assert_eq!(rows.len(), 6 * 3 * 2, "six models, two coins and all of them, two horizons");
    }
    for row in shuffled.rows.iter().filter(|row| row.symbol.is_none()) {
        assert!(row.score.r2_log < 0.05 && (row.score.auc - 0.5).abs() < 0.1, "{row:?}");
    }
    for row in honest.rows.iter().filter(|row| row.symbol.is_none() && row.model != Family::Har) {
        assert!(row.score.r2_log > 0.3 && row.score.auc > 0.7, "{row:?}");
    }
}

#[test]
fn every_pair_is_compared_once_and_the_served_model_is_described_for_every_coin() {
    let findings = findings(&panel_of(&candles(DAYS)));
    for horizon in Horizon::ALL {
        let pairs = findings.comparisons.iter().filter(|test| test.horizon == horizon);
        assert_eq!(pairs.count(), 15);
        let best = findings.best.iter().find(|best| best.horizon == horizon).expect("a set");
        assert!(best.members.iter().any(|(_, p)| *p >= 0.1));
        let reports: Vec<_> = findings.reports.iter().filter(|report| report.horizon == horizon).collect();
        assert_eq!(reports.len(), 3);
        let counted = |report: &domain::evaluation::Report| {
            let warnings = report.warnings;
            warnings.right + warnings.wrong + warnings.missed + warnings.calm
        };
        assert_eq!(counted(reports[0]), counted(reports[1]) + counted(reports[2]));
        for report in reports {
            let total = counted(report);
            assert_eq!(report.reliability.iter().map(|bin| bin.count).sum::<u32>(), total);
            assert_eq!(report.outcomes.iter().map(|bin| bin.count).sum::<u32>(), total);
            assert_eq!(report.months.iter().map(|month| month.count).sum::<u32>(), total);
            assert!(report.misses.len() >= 5);
        }
    }
}

#[test]
fn whatever_the_future_holds_no_threshold_correction_or_interval_moves() {
    let mut market = candles(DAYS);
    let panel = panel_of(&market);
    let change_s = 700 * DAY;
    for (_, series) in &mut market {
        for index in (change_s / SECONDS_PER_HOUR) as usize..series.len() {
            for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
                column[index] *= 2.0 + 0.02 * (index % 5) as f64;
            }
            series.high[index] *= 1.3;
        }
    }
    let changed = panel_of(&market);
    let fold = Fold { train_from_s: 0, test_from_s: 500 * DAY, test_to_s: change_s };
    for family in [Family::Garch, Family::HarCalendar, Family::RandomForest, Family::Boosting, Family::Lstm] {
        let walked = |panel: &Panel| walk(panel, &fold, family, &plan(), 5, &|_| true).expect("enough history");
        let (before, after) = (walked(&panel), walked(&changed));
        assert_eq!(before, after, "{family:?}");
        for horizon in Horizon::ALL {
            let known = |panel: &Panel, made: &[Made]| {
                let cases = judge(panel, made, &Calibration::default(), 0);
                let ends_s = |origin_s: i64| origin_s + i64::from(horizon.hours()) * SECONDS_PER_HOUR;
                let own = cases[horizon.index()].iter().filter(|case| ends_s(case.origin_s) <= change_s);
                own.copied().collect::<Vec<_>>()
            };
            assert_eq!(known(&panel, &before), known(&changed, &after), "{family:?}");
        }
    }
}

/// Variance of each horizon, by coin and hour.
type Expected = Vec<Vec<[f64; 2]>>;

/// Hours of four coins whose hourly variance is a GARCH(1,1) of the returns before it, and the variance that was to be
/// expected of each horizon at each hour.
fn known_variance(hours: usize) -> (Vec<(Symbol, CandleSeries)>, Expected) {
    const ALPHA: f64 = 0.04;
    const PERSISTENCE: f64 = 0.99;
    let coins = ["AAA", "BBB", "CCC", "DDD"].into_iter().zip([0.004, 0.005, 0.007, 0.009]).zip(0..);
    coins
        .map(|((ticker, level), purpose)| {
            let mut generator = ml::seed::generator(11, purpose);
            let usual: f64 = f64::powi(level, 2);
            let (mut variance, mut close) = (usual, 100.0_f64);
            let mut series = CandleSeries::default();
            let mut expected = Vec::with_capacity(hours);
            for hour in 0..hours as i64 {
                let noise: f64 = StandardNormal.sample(&mut generator);
                let step = variance.sqrt() * noise;
                let open = close;
                close *= step.exp();
                series.push(&Candle {
                    opens_at: instant(hour * SECONDS_PER_HOUR),
                    open,
                    high: open.max(close),
                    low: open.min(close),
                    close,
                    volume: 100.0,
                });
                variance = usual * (1.0 - PERSISTENCE) + ALPHA * step * step + (PERSISTENCE - ALPHA) * variance;
                expected.push(Horizon::ALL.map(|horizon| {
                    let length = f64::from(horizon.hours());
                    let fading = (1.0 - PERSISTENCE.powf(length)) / (1.0 - PERSISTENCE);
                    24.0 * (usual + (variance - usual) * fading / length)
                }));
            }
            ((Symbol::parse(ticker).expect("a ticker"), series), expected)
        })
        .unzip()
}

#[test]
fn where_the_variance_is_known_the_network_comes_within_a_twentieth_of_the_best_forecast_there_is() {
    let days = 1_800;
    let (market, expected) = known_variance(days * 24);
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let panel = Panel::new(&features::compute(&borrowed).expect("candles that can be true"));
    let folds = walk_forward(0, (days as i64 - 500) * DAY, days as i64 * DAY, 500);
    let plan = Plan { hidden: 8, members: 2, epochs: 3, batch: 256, every_hours: 6, ..Plan::default() };
    let made = walk(&panel, &folds[0], Family::Lstm, &plan, 5, &|_| true).expect("enough history");
    let cases = judge(&panel, &made, &Calibration::default(), 0);
    for horizon in Horizon::ALL {
        let cases = &cases[horizon.index()];
        let floor: f64 = cases
            .iter()
            .map(|case| {
                let row = panel.coins()[case.coin as usize].row_at(case.origin_s).expect("a row");
                let best = expected[case.coin as usize][row][horizon.index()];
                ml::evaluate::score::Case { variance_forecast: best, ..*case }.qlike()
            })
            .sum();
        let ours: f64 = cases.iter().map(ml::evaluate::score::Case::qlike).sum();
        assert!(ours / floor < 1.05, "{horizon}: {:.4} of {} origins", ours / floor, cases.len());
    }
}
