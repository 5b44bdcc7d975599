//! Reasons as English sentences.

use domain::forecast::{Driver, Reason};

use super::{LANGUAGE, list};
use crate::format;
use crate::words::reasons::{Days, Stands, Told, run, went};
use crate::words::weekday;

/// What is the case, and by how much it moves the forecast.
pub(super) fn reason(reason: &Reason, days: &Days) -> String {
    let size = format::percent(LANGUAGE, reason.effect.abs(), 0);
    let verb = if reason.effect >= 0.0 { "raises" } else { "lowers" };
    if reason.driver == Driver::DayOfWeek {
        let mood = if reason.effect >= 0.0 { "livelier" } else { "calmer" };
        return format!("{} are usually {mood}, which {verb} the forecast by {size}.", plural(days));
    }
    match Told::of(LANGUAGE, reason) {
        None => format!("{} {verb} the forecast by {size}.", subject(reason.driver)),
        Some(told) if told.contradicts(reason) => {
            format!("{}; yet taken as a whole, this {verb} the forecast by {size}.", fact(reason, &told))
        }
        Some(told) => format!("{}, which {verb} the forecast by {size}.", fact(reason, &told)),
    }
}

fn fact(reason: &Reason, told: &Told) -> String {
    let Told { value, usual, stands } = told;
    let average = match stands {
        Stands::Above => format!("above its average of {usual}"),
        Stands::Level => "as on average".to_owned(),
        Stands::Below => format!("below its average of {usual}"),
    };
    let comparison = match stands {
        Stands::Above => format!("more than the usual {usual}"),
        Stands::Level => "as usual".to_owned(),
        Stands::Below => format!("less than the usual {usual}"),
    };
    match reason.driver {
        Driver::RecentVolatility => match run(reason) {
            Some(days) => {
                let way = if reason.effect >= 0.0 { "risen" } else { "fallen" };
                let days = count(days);
                format!(
                    "Volatility has {way} {days} days in a row, to {value} over the last 24 hours ({usual} on average)"
                )
            }
            None => format!("Volatility over the last 24 hours was {value}, {average}"),
        },
        Driver::LongerVolatility => format!("Volatility over the last 30 days was {value} a day, {average}"),
        Driver::DownsideMoves => format!("Falls made up {value} of the last 24 hours’ movement, {comparison}"),
        Driver::PriceRange => {
            let apart = match stands {
                Stands::Above => "further apart than usual",
                Stands::Level => "as far apart as usual",
                Stands::Below => "closer together than usual",
            };
            format!("Highs and lows of the last 24 hours lay {apart} ({value} a day, {usual} on average)")
        }
        Driver::Trend => match went(reason.value.unwrap_or(f64::NAN)) {
            Stands::Above => format!("The price has mostly risen in the last hours (RSI {value})"),
            Stands::Level => format!("The price has moved sideways in the last hours (RSI {value})"),
            Stands::Below => format!("The price has mostly fallen in the last hours (RSI {value})"),
        },
        Driver::TradingVolume => {
            format!("Trading over the last 24 hours was {value} times its 30-day mean, {comparison}")
        }
        Driver::WholeMarket => format!("All coins together moved {value} over the last 24 hours, {comparison}"),
        Driver::DayOfWeek => String::new(),
    }
}

/// What moves the forecast, where no number can be told.
const fn subject(driver: Driver) -> &'static str {
    match driver {
        Driver::RecentVolatility => "The volatility of the last hours and days",
        Driver::LongerVolatility => "The volatility of the past weeks",
        Driver::DownsideMoves => "The share of falls in the movement",
        Driver::PriceRange => "The distance between highs and lows",
        Driver::Trend => "Where the price stands against its averages",
        Driver::TradingVolume => "How much is being traded",
        Driver::WholeMarket => "How much all coins are moving together",
        Driver::DayOfWeek => "The day of the week",
    }
}

fn plural(days: &Days) -> String {
    match days {
        Days::Weekend => "Weekends".to_owned(),
        Days::Named(days) => {
            let names: Vec<String> = days.iter().map(|&day| format!("{}s", weekday(LANGUAGE, day))).collect();
            list(&names.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

fn count(days: u8) -> String {
    const WORDS: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = days.checked_sub(2).and_then(|index| WORDS.get(usize::from(index)));
    word.map_or_else(|| days.to_string(), |&word| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(driver: Driver, effect: f64, value: f64, usual: f64, days_in_a_row: i8) -> String {
        let reason = Reason { driver, effect, value: Some(value), usual: Some(usual), days_in_a_row };
        super::reason(&reason, &Days::Weekend)
    }

    #[test]
    fn reasons_are_sentences_with_numbers() {
        assert_eq!(
            told(Driver::RecentVolatility, 0.12, 0.03, 0.02, 3),
            "Volatility has risen three days in a row, to 3.0% over the last 24 hours (2.0% on average), which raises \
             the forecast by 12%."
        );
        assert_eq!(
            told(Driver::LongerVolatility, -0.05, 0.015, 0.02, 0),
            "Volatility over the last 30 days was 1.5% a day, below its average of 2.0%, which lowers the forecast by 5%."
        );
        assert_eq!(
            told(Driver::TradingVolume, -0.04, 1.8, 0.9, 0),
            "Trading over the last 24 hours was 1.8 times its 30-day mean, more than the usual 0.9; yet taken as a \
             whole, this lowers the forecast by 4%."
        );
        assert_eq!(
            told(Driver::Trend, -0.02, 61.0, 50.0, 0),
            "The price has mostly risen in the last hours (RSI 61), which lowers the forecast by 2%."
        );
    }

    #[test]
    fn days_are_named_or_called_a_weekend() {
        let reason = Reason { driver: Driver::DayOfWeek, effect: -0.2, value: None, usual: None, days_in_a_row: 0 };
        assert_eq!(
            super::reason(&reason, &Days::Weekend),
            "Weekends are usually calmer, which lowers the forecast by 20%."
        );
        assert_eq!(
            super::reason(&Reason { effect: 0.07, ..reason }, &Days::Named(vec![1, 2])),
            "Tuesdays and Wednesdays are usually livelier, which raises the forecast by 7%."
        );
    }
}
