//! Reasons as French sentences.

use domain::forecast::{Driver, Reason};

use super::{LANGUAGE, list};
use crate::format;
use crate::words::reasons::{Days, Stands, Told, run, went};
use crate::words::weekday;

/// What is the case, and by how much it moves the forecast.
pub(super) fn reason(reason: &Reason, days: &Days) -> String {
    let size = format::percent(LANGUAGE, reason.effect.abs(), 0);
    let verb = if reason.effect >= 0.0 { "relève" } else { "abaisse" };
    if reason.driver == Driver::DayOfWeek {
        let mood = if reason.effect >= 0.0 { "plus agités" } else { "plus calmes" };
        return format!("{} sont d’habitude {mood}, ce qui {verb} la prévision de {size}.", plural(days));
    }
    match Told::of(LANGUAGE, reason) {
        None => format!("{} {verb} la prévision de {size}.", subject(reason.driver)),
        Some(told) if told.contradicts(reason) => {
            format!("{}\u{202f}; dans l’ensemble, cela {verb} pourtant la prévision de {size}.", fact(reason, &told))
        }
        Some(told) => format!("{}, ce qui {verb} la prévision de {size}.", fact(reason, &told)),
    }
}

fn fact(reason: &Reason, told: &Told) -> String {
    let Told { value, usual, stands } = told;
    let average = match stands {
        Stands::Above => format!("au-dessus de sa moyenne de {usual}"),
        Stands::Level => "comme en moyenne".to_owned(),
        Stands::Below => format!("en dessous de sa moyenne de {usual}"),
    };
    let comparison = match stands {
        Stands::Above => format!("plus que d’habitude ({usual})"),
        Stands::Level => "comme d’habitude".to_owned(),
        Stands::Below => format!("moins que d’habitude ({usual})"),
    };
    match reason.driver {
        Driver::RecentVolatility => match run(reason) {
            Some(days) => {
                let way = if reason.effect >= 0.0 { "monte" } else { "baisse" };
                let days = count(days);
                format!(
                    "La volatilité {way} depuis {days} jours, à {value} sur les dernières 24 heures ({usual} en moyenne)"
                )
            }
            None => format!("La volatilité des dernières 24 heures est de {value}, {average}"),
        },
        Driver::LongerVolatility => format!("La volatilité des 30 derniers jours est de {value} par jour, {average}"),
        Driver::DownsideMoves => {
            format!("Les baisses font {value} des mouvements des dernières 24 heures, {comparison}")
        }
        Driver::PriceRange => {
            let apart = match stands {
                Stands::Above => "plus écartés que d’habitude",
                Stands::Level => "aussi écartés que d’habitude",
                Stands::Below => "plus rapprochés que d’habitude",
            };
            format!("Les hauts et les bas des dernières 24 heures sont {apart} ({value} par jour, {usual} en moyenne)")
        }
        Driver::Trend => match went(reason.value.unwrap_or(f64::NAN)) {
            Stands::Above => format!("Le prix a surtout monté ces dernières heures (RSI {value})"),
            Stands::Level => format!("Le prix n’a pas de direction ces dernières heures (RSI {value})"),
            Stands::Below => format!("Le prix a surtout baissé ces dernières heures (RSI {value})"),
        },
        Driver::TradingVolume => {
            format!("Les échanges des dernières 24 heures font {value} fois leur moyenne de 30 jours, {comparison}")
        }
        Driver::WholeMarket => {
            format!("Toutes les cryptos ensemble ont bougé de {value} sur les dernières 24 heures, {comparison}")
        }
        Driver::DayOfWeek => String::new(),
    }
}

/// What moves the forecast, where no number can be told.
const fn subject(driver: Driver) -> &'static str {
    match driver {
        Driver::RecentVolatility => "La volatilité des dernières heures et des derniers jours",
        Driver::LongerVolatility => "La volatilité des dernières semaines",
        Driver::DownsideMoves => "La part des baisses dans les mouvements",
        Driver::PriceRange => "L’écart entre les hauts et les bas",
        Driver::Trend => "La position du prix par rapport à ses moyennes",
        Driver::TradingVolume => "Le volume échangé",
        Driver::WholeMarket => "Le mouvement de toutes les cryptos ensemble",
        Driver::DayOfWeek => "Le jour de la semaine",
    }
}

fn plural(days: &Days) -> String {
    match days {
        Days::Weekend => "Les week-ends".to_owned(),
        Days::Named(days) => {
            let names: Vec<String> = days.iter().map(|&day| format!("les {}s", weekday(LANGUAGE, day))).collect();
            let names = list(&names.iter().map(String::as_str).collect::<Vec<_>>());
            names.replacen("les", "Les", 1)
        }
    }
}

fn count(days: u8) -> String {
    const WORDS: [&str; 9] = ["deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"];
    let word = days.checked_sub(2).and_then(|index| WORDS.get(usize::from(index)));
    word.map_or_else(|| days.to_string(), |&word| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_sentences_with_numbers() {
        let reason = Reason {
            driver: Driver::RecentVolatility,
            effect: -0.12,
            value: Some(0.011),
            usual: Some(0.02),
            days_in_a_row: -3,
        };
        assert_eq!(
            super::reason(&reason, &Days::Weekend),
            "La volatilité baisse depuis trois jours, à 1,1\u{202f}% sur les dernières 24 heures (2,0\u{202f}% en \
             moyenne), ce qui abaisse la prévision de 12\u{202f}%."
        );
        let day = Reason { driver: Driver::DayOfWeek, value: None, usual: None, ..reason };
        assert_eq!(
            super::reason(&day, &Days::Named(vec![4, 5])),
            "Les vendredis et les samedis sont d’habitude plus calmes, ce qui abaisse la prévision de 12\u{202f}%."
        );
    }
}
