//! What each part of the forecaster brings: the same walk with one part taken away.

use domain::forecast::Driver;

use crate::model::lstm::{Plan, Without};

/// The whole forecaster first, then the same without one part each, by name.
#[must_use]
pub fn variants() -> Vec<(&'static str, Plan)> {
    let whole = Plan::default();
    let without_drivers = |drivers: &[Driver]| Plan {
        without: Without { drivers: drivers.to_vec(), ..Without::default() },
        ..whole.clone()
    };
    vec![
        ("the whole forecaster", whole.clone()),
        ("without the networks (equation alone)", Plan { members: 1, epochs: 0, ..whole.clone() }),
        ("one network and not four", Plan { members: 1, ..whole.clone() }),
        ("one origin a day and not four", Plan { every_hours: 24, ..whole.clone() }),
        (
            "inputs as they are, not against the level",
            Plan { without: Without { level: true, ..Without::default() }, ..whole.clone() },
        ),
        ("without the day of the week", without_drivers(&[Driver::DayOfWeek])),
        ("without the other coins", without_drivers(&[Driver::WholeMarket])),
        (
            "without ranges, volume, downside and trend",
            without_drivers(&[Driver::PriceRange, Driver::TradingVolume, Driver::DownsideMoves, Driver::Trend]),
        ),
    ]
}
