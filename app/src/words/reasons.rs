//! What a reason says, before a language puts it into words.

use domain::clock::{SECONDS_PER_HOUR, weekday};
use domain::forecast::{Driver, Horizon, Reason};
use domain::language::Language;

use crate::format;

/// A run of rising or falling days is worth telling from this many days on.
const TOLD_RUN: u8 = 2;

/// Above this index of relative strength prices have mostly risen, below its mirror image mostly fallen.
const RISEN: f64 = 55.0;

/// Saturday and Sunday, as [`weekday`] counts.
const WEEKEND: [u8; 2] = [5, 6];

/// The number that a reason tells against its average.
pub(super) struct Told {
    /// The number, as it is shown.
    pub(super) value: String,
    /// The average, as it is shown.
    pub(super) usual: String,
    /// How the one stands to the other.
    pub(super) stands: Stands,
}

/// How a number stands to its average, as far as a reader can see the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    Above,
    Level,
    Below,
}

impl Told {
    /// The number of a reason; none where the model reads no leading feature.
    pub(super) fn of(language: Language, reason: &Reason) -> Option<Self> {
        let (value, usual) = (reason.value?, reason.usual?);
        let [shown, shown_usual] = [value, usual].map(|value| show(language, reason.driver, value));
        let stands = match () {
            () if shown == shown_usual => Stands::Level,
            () if value > usual => Stands::Above,
            () => Stands::Below,
        };
        Some(Self { value: shown, usual: shown_usual, stands })
    }

    /// Whether the number points the other way than the reason pushes, and no run of days explains it: a family is
    /// more than its leading feature.
    pub(super) fn contradicts(&self, reason: &Reason) -> bool {
        if reason.driver == Driver::RecentVolatility && run(reason).is_some() {
            return false;
        }
        match (reason.driver, self.stands) {
            (Driver::Trend | Driver::DayOfWeek, _) | (_, Stands::Level) => false,
            (_, Stands::Above) => reason.effect < 0.0,
            (_, Stands::Below) => reason.effect > 0.0,
        }
    }
}

/// How many days volatility has gone the way that the reason pushes; none where that is not worth a word.
pub(super) fn run(reason: &Reason) -> Option<u8> {
    let days = reason.days_in_a_row.unsigned_abs();
    let is_same_way = (reason.days_in_a_row > 0) == (reason.effect > 0.0);
    (days >= TOLD_RUN && is_same_way).then_some(days)
}

/// Where prices have gone, from the index of relative strength.
pub(super) fn went(strength: f64) -> Stands {
    match strength {
        strength if strength >= RISEN => Stands::Above,
        strength if strength <= 100.0 - RISEN => Stands::Below,
        _ => Stands::Level,
    }
}

/// A number in the unit of its driver's leading feature: volatility a day, a share of the movement, the index of
/// relative strength from 0 to 100, or a ratio to the mean of 30 days.
fn show(language: Language, driver: Driver, value: f64) -> String {
    match driver {
        Driver::RecentVolatility | Driver::LongerVolatility | Driver::PriceRange | Driver::WholeMarket => {
            format::volatility(language, value)
        }
        Driver::DownsideMoves => format::percent(language, value, 0),
        Driver::Trend => format::number(language, value, 0),
        Driver::TradingVolume | Driver::DayOfWeek => format::number(language, value, 1),
    }
}

/// The days on which a horizon falls, as far as they weigh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Days {
    /// Saturday, Sunday or both.
    Weekend,
    /// In order of time, 0 is Monday.
    Named(Vec<u8>),
}

impl Days {
    /// The days (UTC) that make up more than a quarter of the horizon.
    pub(crate) fn of(origin_s: i64, horizon: Horizon) -> Self {
        let mut days: Vec<(u8, u32)> = Vec::new();
        for hour in 0..horizon.hours() {
            let day = weekday(origin_s + i64::from(hour) * SECONDS_PER_HOUR);
            match days.last_mut().filter(|last| last.0 == day) {
                Some((_, hours)) => *hours += 1,
                None => days.push((day, 1)),
            }
        }
        let days: Vec<u8> =
            days.into_iter().filter(|&(_, hours)| 4 * hours > horizon.hours()).map(|(day, _)| day).collect();
        if days.iter().all(|day| WEEKEND.contains(day)) { Self::Weekend } else { Self::Named(days) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1970-01-05 was a Monday.
    const MONDAY_S: i64 = 4 * 86_400;

    fn days(day: i64, hour: i64, horizon: Horizon) -> Days {
        Days::of(MONDAY_S + day * 86_400 + hour * 3_600, horizon)
    }

    #[test]
    fn only_days_that_weigh_are_named() {
        assert_eq!(days(0, 0, Horizon::Day), Days::Named(vec![0]));
        assert_eq!(days(0, 4, Horizon::Day), Days::Named(vec![0]));
        assert_eq!(days(0, 12, Horizon::Day), Days::Named(vec![0, 1]));
        assert_eq!(days(2, 0, Horizon::TwoDays), Days::Named(vec![2, 3]));
        assert_eq!(days(4, 12, Horizon::Day), Days::Named(vec![4, 5]));
    }

    #[test]
    fn a_horizon_on_saturday_and_sunday_is_a_weekend() {
        assert_eq!(days(5, 0, Horizon::Day), Days::Weekend);
        assert_eq!(days(4, 20, Horizon::Day), Days::Weekend);
        assert_eq!(days(5, 0, Horizon::TwoDays), Days::Weekend);
        assert_eq!(days(5, 18, Horizon::TwoDays), Days::Named(vec![6, 0]));
    }

    #[test]
    fn numbers_that_read_the_same_are_level() {
        let reason = Reason {
            driver: Driver::RecentVolatility,
            effect: 0.1,
            value: Some(0.0301),
            usual: Some(0.0299),
            days_in_a_row: 0,
        };
        assert_eq!(Told::of(Language::English, &reason).map(|told| told.stands), Some(Stands::Level));
        let above = Reason { value: Some(0.04), ..reason };
        let told = Told::of(Language::English, &above).expect("both numbers");
        assert!(told.stands == Stands::Above && !told.contradicts(&above));
        assert!(told.contradicts(&Reason { effect: -0.1, ..above }));
    }

    #[test]
    fn a_run_is_told_only_where_it_goes_the_way_the_reason_pushes() {
        let reason =
            Reason { driver: Driver::RecentVolatility, effect: 0.1, value: None, usual: None, days_in_a_row: 3 };
        assert_eq!(run(&reason), Some(3));
        assert_eq!(run(&Reason { effect: -0.1, ..reason }), None);
        assert_eq!(run(&Reason { effect: -0.1, days_in_a_row: -4, ..reason }), Some(4));
        assert_eq!(run(&Reason { days_in_a_row: 1, ..reason }), None);
    }
}
