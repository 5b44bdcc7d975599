//! Features against pandas and numpy: `golden/features.py` makes the candles, computes the same features in its own
//! way, and writes both to `golden/features.json`.

use std::collections::BTreeMap;

use domain::market::CandleSeries;
use ml::features::{FEATURES, compute};
use serde::Deserialize;

use crate::support::{assert_close, symbol};

#[derive(Deserialize)]
struct Golden {
    candles: Candles,
    closes_at_s: Vec<i64>,
    features: BTreeMap<String, Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct Candles {
    opens_at_s: Vec<i64>,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl From<Candles> for CandleSeries {
    fn from(candles: Candles) -> Self {
        let Candles { opens_at_s, open, high, low, close, volume } = candles;
        Self { opens_at_s, open, high, low, close, volume }
    }
}

#[test]
fn every_feature_is_what_pandas_makes_of_the_same_candles() {
    let golden: BTreeMap<String, Golden> = serde_json::from_str(include_str!("golden/features.json")).unwrap();
    let (mut market, mut expected) = (Vec::new(), Vec::new());
    for (name, Golden { candles, closes_at_s, features }) in golden {
        market.push((symbol(&name), CandleSeries::from(candles)));
        expected.push((closes_at_s, features));
    }
    let borrowed: Vec<_> = market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();

    for (table, (closes_at_s, expected)) in compute(&borrowed).unwrap().iter().zip(expected) {
        assert_eq!(expected.len(), FEATURES.len(), "the script and the schema list different features");
        for spec in FEATURES {
            for (at_s, theirs) in closes_at_s.iter().zip(&expected[spec.name]) {
                let ours = table.column(spec.feature)[table.row_at(*at_s).unwrap()];
                let what = format!("{} of {} at {at_s}", spec.name, table.symbol);
                assert_close(&what, ours, theirs.unwrap_or(f64::NAN), 1e-9);
            }
        }
    }
}
