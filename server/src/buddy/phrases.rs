//! The Buddy's own sentences, in English and French. Every number in them is one of the figures given.

use app::format;
use domain::forecast::{Driver, Forecast, Horizon, Reason, RiskLevel};
use domain::language::Language::{self, English, French};
use domain::market::Symbol;

use super::figures::{CHANGE_DAYS, PriceSummary, RecentVolatility};
use crate::events::{FearAndGreed, FundingRate, Mood};

/// The share of days that count as highly volatile, by construction.
const BASE_RATE: f64 = 0.2;

/// A colon, with the space that French puts before it.
pub(super) const fn colon(language: Language) -> &'static str {
    match language {
        English => ":",
        French => " :",
    }
}

pub(super) const fn level(language: Language, level: RiskLevel) -> &'static str {
    match (language, level) {
        (English, RiskLevel::Low) => "low risk",
        (English, RiskLevel::Moderate) => "moderate risk",
        (English, RiskLevel::High) => "high risk",
        (English, RiskLevel::Critical) => "critical risk",
        (French, RiskLevel::Low) => "risque faible",
        (French, RiskLevel::Moderate) => "risque modéré",
        (French, RiskLevel::High) => "risque élevé",
        (French, RiskLevel::Critical) => "risque critique",
    }
}

pub(super) const fn over(language: Language, horizon: Horizon) -> &'static str {
    match (language, horizon) {
        (English, Horizon::Day) => "over the next 24 hours",
        (English, Horizon::TwoDays) => "over the next 48 hours",
        (French, Horizon::Day) => "sur les prochaines 24 heures",
        (French, Horizon::TwoDays) => "sur les prochaines 48 heures",
    }
}

pub(super) fn forecast_title(language: Language, symbol: &Symbol, horizon: Horizon) -> String {
    match language {
        English => format!("Forecast for {}, {} hours", symbol.ticker(), horizon.hours()),
        French => format!("Prévision pour {}, {} heures", symbol.ticker(), horizon.hours()),
    }
}

/// The forecast in one sentence.
pub(super) fn forecast_line(language: Language, forecast: &Forecast) -> String {
    let volatility = |value| format::volatility(language, value);
    let (middle, low, high) =
        (volatility(forecast.quantiles.q50), volatility(forecast.quantiles.q10), volatility(forecast.quantiles.q90));
    let (rank, chance) =
        (format::percent(language, forecast.rank, 0), format::chance(language, forecast.high_volatility));
    let (coin, over) = (forecast.symbol.name(), over(language, forecast.horizon));
    let usual = format::percent(language, BASE_RATE, 0);
    match language {
        English => format!(
            "{coin} is expected to move by about {middle} a day {over} (80% interval: {low} to {high}), more than on {rank} of the \
             days of the past year; the chance of an unusually volatile period is {chance}, against {usual} usually."
        ),
        French => format!(
            "On attend de {coin} des mouvements d’environ {middle} par jour {over} (intervalle à 80 % : {low} à {high}), plus que lors de {rank} des \
             journées de l’année écoulée ; la probabilité d’une période anormalement volatile est de {chance}, contre {usual} d’habitude."
        ),
    }
}

/// Everything about a forecast that an answer may state.
pub(super) fn forecast_excerpt(language: Language, forecast: &Forecast) -> String {
    let volatility = |value| format::volatility(language, value);
    let (low, high, just, above) = (
        volatility(forecast.usual.low),
        volatility(forecast.usual.middle),
        volatility(forecast.just_realised),
        volatility(forecast.usual.high),
    );
    let span = format!("{} – {}", format::minute(forecast.origin), format::minute(forecast.ends_at));
    let line = forecast_line(language, forecast);
    let reasons = drivers(language, &forecast.reasons);
    match language {
        English => format!(
            "{line} Usual for this coin: {high} a day in the middle, calm below {low}, unusually volatile above {above}. Just \
             realised: {just} a day. {reasons} {span}."
        ),
        French => format!(
            "{line} Habituel pour cette crypto : {high} par jour au milieu, calme en dessous de {low}, anormalement volatil au-dessus de {above}. \
             Tout juste réalisé : {just} par jour. {reasons} {span}."
        ),
    }
}

/// What moves the forecast most.
pub(super) fn drivers(language: Language, reasons: &[Reason]) -> String {
    let told: Vec<String> = reasons
        .iter()
        .take(3)
        .map(|reason| {
            format!("{} ({})", driver(language, reason.driver), format::signed_percent(language, reason.effect))
        })
        .collect();
    match (language, told.is_empty()) {
        (_, true) => String::new(),
        (English, false) => format!("What moves the forecast most: {}.", told.join(", ")),
        (French, false) => format!("Ce qui pèse le plus dans la prévision : {}.", told.join(", ")),
    }
}

const fn driver(language: Language, driver: Driver) -> &'static str {
    match (language, driver) {
        (English, Driver::RecentVolatility) => "volatility of the last days",
        (English, Driver::LongerVolatility) => "volatility of the last weeks",
        (English, Driver::DownsideMoves) => "the share of falls in recent moves",
        (English, Driver::PriceRange) => "the distance between highs and lows",
        (English, Driver::Trend) => "the price’s trend",
        (English, Driver::TradingVolume) => "trading volume",
        (English, Driver::WholeMarket) => "the market as a whole",
        (English, Driver::DayOfWeek) => "the day of the week",
        (French, Driver::RecentVolatility) => "la volatilité des derniers jours",
        (French, Driver::LongerVolatility) => "la volatilité des dernières semaines",
        (French, Driver::DownsideMoves) => "la part des baisses dans les mouvements récents",
        (French, Driver::PriceRange) => "l’écart entre les hauts et les bas",
        (French, Driver::Trend) => "la tendance du prix",
        (French, Driver::TradingVolume) => "le volume d’échanges",
        (French, Driver::WholeMarket) => "l’ensemble du marché",
        (French, Driver::DayOfWeek) => "le jour de la semaine",
    }
}

pub(super) fn our_forecaster(language: Language, simulated: bool) -> String {
    let text = match language {
        English => "InvestBuddy’s forecaster",
        French => "le modèle de prévision d’InvestBuddy",
    };
    with_simulation(language, text, simulated)
}

pub(super) fn our_candles(language: Language, simulated: bool) -> String {
    let text = match language {
        English => "InvestBuddy, from hourly candles",
        French => "InvestBuddy, à partir de chandeliers horaires",
    };
    with_simulation(language, text, simulated)
}

fn with_simulation(language: Language, text: &str, simulated: bool) -> String {
    match (language, simulated) {
        (_, false) => text.to_owned(),
        (English, true) => format!("{text} (simulated market)"),
        (French, true) => format!("{text} (marché simulé)"),
    }
}

pub(super) fn recent_title(language: Language, symbol: &Symbol) -> String {
    match language {
        English => format!("Recent volatility of {}", symbol.ticker()),
        French => format!("Volatilité récente de {}", symbol.ticker()),
    }
}

pub(super) fn recent(language: Language, symbol: &Symbol, recent: &RecentVolatility) -> String {
    let (day, week) = (format::volatility(language, recent.last_day), format::volatility(language, recent.last_week));
    let (rank, days, coin) = (format::percent(language, recent.rank, 0), recent.days, symbol.name());
    match language {
        English => format!(
            "{coin} moved by {day} over the last 24 hours (realised volatility) and by {week} a day on average over the last 7 days; \
             the last day was rougher than {rank} of the {days} days before."
        ),
        French => format!(
            "{coin} a bougé de {day} sur les dernières 24 heures (volatilité réalisée) et de {week} par jour en moyenne sur les 7 derniers jours ; \
             la dernière journée a été plus agitée que {rank} des {days} journées précédentes."
        ),
    }
}

pub(super) fn price_title(language: Language, symbol: &Symbol) -> String {
    match language {
        English => format!("Price of {}", symbol.ticker()),
        French => format!("Prix de {}", symbol.ticker()),
    }
}

pub(super) fn price(language: Language, symbol: &Symbol, price: &PriceSummary) -> String {
    let (close, low, high) = (
        format::price(language, price.close),
        format::price(language, price.range.0),
        format::price(language, price.range.1),
    );
    let changes: Vec<String> = CHANGE_DAYS
        .iter()
        .zip(price.changes)
        .filter_map(|(days, change)| {
            let change = format::change(language, change?);
            Some(match language {
                English => format!("{change} over {days} {}", if *days == 1 { "day" } else { "days" }),
                French => format!("{change} sur {days} {}", if *days == 1 { "jour" } else { "jours" }),
            })
        })
        .collect();
    let changes = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
    match language {
        English => format!(
            "{} is at {close} USDT{changes}; over the last 30 days it traded between {low} and {high} USDT.",
            symbol.name()
        ),
        French => format!(
            "{} est à {close} USDT{changes} ; sur les 30 derniers jours, il s’est échangé entre {low} et {high} USDT.",
            symbol.name()
        ),
    }
}

pub(super) const fn mood_title(language: Language) -> &'static str {
    match language {
        English => "Fear & Greed index",
        French => "Indice de peur et d’avidité (Fear & Greed)",
    }
}

pub(super) fn mood(language: Language, mood: &FearAndGreed) -> String {
    let value = mood.value;
    let word = match (language, mood.classification) {
        (English, Mood::ExtremeFear) => "extreme fear",
        (English, Mood::Fear) => "fear",
        (English, Mood::Neutral) => "neutral",
        (English, Mood::Greed) => "greed",
        (English, Mood::ExtremeGreed) => "extreme greed",
        (French, Mood::ExtremeFear) => "peur extrême",
        (French, Mood::Fear) => "peur",
        (French, Mood::Neutral) => "neutre",
        (French, Mood::Greed) => "avidité",
        (French, Mood::ExtremeGreed) => "avidité extrême",
    };
    match language {
        English => format!("The Fear & Greed index stands at {value} of 100: {word}."),
        French => format!("L’indice Fear & Greed est à {value} sur 100 : {word}."),
    }
}

pub(super) fn funding_title(language: Language, symbol: &Symbol) -> String {
    match language {
        English => format!("Funding rate of {}", symbol.ticker()),
        French => format!("Taux de financement de {}", symbol.ticker()),
    }
}

pub(super) fn funding(language: Language, funding: &FundingRate) -> String {
    let rate = format::percent(language, funding.rate, 4);
    let (longs_pay, ticker) = (funding.rate >= 0.0, funding.symbol.ticker());
    match language {
        English => format!(
            "The funding rate of {ticker}’s perpetual contract is {rate} per 8 hours: {}.",
            if longs_pay {
                "those who bet on a rise pay those who bet on a fall"
            } else {
                "those who bet on a fall pay those who bet on a rise"
            }
        ),
        French => format!(
            "Le taux de financement du contrat perpétuel {ticker} est de {rate} par 8 heures : {}.",
            if longs_pay {
                "ceux qui parient sur la hausse paient ceux qui parient sur la baisse"
            } else {
                "ceux qui parient sur la baisse paient ceux qui parient sur la hausse"
            }
        ),
    }
}

pub(super) const fn headlines_title(language: Language) -> &'static str {
    match language {
        English => "Headlines",
        French => "Titres de presse",
    }
}

pub(super) fn headline_count(language: Language, count: usize) -> String {
    match language {
        English => format!("{count} recent headlines"),
        French => format!("{count} titres récents"),
    }
}

pub(super) const fn unavailable(language: Language) -> &'static str {
    match language {
        English => "Some of what this needs is not available right now, so it is left out.",
        French => {
            "Une partie de ce qu’il faudrait pour répondre n’est pas disponible en ce moment ; elle est laissée de côté."
        }
    }
}

pub(super) const fn what_to_do(language: Language) -> &'static str {
    match language {
        English => "What you can do",
        French => "Ce que vous pouvez faire",
    }
}

pub(super) const fn why(language: Language) -> &'static str {
    match language {
        English => "Why",
        French => "Pourquoi",
    }
}

pub(super) const fn example(language: Language) -> &'static str {
    match language {
        English => "Example",
        French => "Exemple",
    }
}

pub(super) const fn see_also(language: Language) -> &'static str {
    match language {
        English => "See also",
        French => "À voir aussi",
    }
}

pub(super) const fn not_advice(language: Language) -> &'static str {
    match language {
        English => "*This is information, not financial advice.*",
        French => "*Ceci est une information, pas un conseil financier.*",
    }
}

pub(super) const fn foreign_source(language: Language) -> &'static str {
    match language {
        English => "I only have this in French:",
        French => "Je n’ai là-dessus qu’une source en anglais :",
    }
}

pub(super) const fn table_head(language: Language) -> &'static str {
    match language {
        English => {
            "| Coin | Expected per day | 80% interval | Rougher than | Chance of an unusual period |\n| --- | ---: | ---: | ---: | ---: |"
        }
        French => {
            "| Crypto | Attendu par jour | Intervalle à 80 % | Plus agité que | Probabilité d’une période anormale |\n| --- | ---: | ---: | ---: | ---: |"
        }
    }
}

pub(super) fn table_row(language: Language, forecast: &Forecast, number: u32) -> String {
    let volatility = |value| format::volatility(language, value);
    format!(
        "| {} [{number}] | {} | {} – {} | {} | {} |",
        forecast.symbol.ticker(),
        volatility(forecast.quantiles.q50),
        volatility(forecast.quantiles.q10),
        volatility(forecast.quantiles.q90),
        format::percent(language, forecast.rank, 0),
        format::chance(language, forecast.high_volatility),
    )
}

pub(super) fn table_note(language: Language, horizon: Horizon) -> String {
    let over = over(language, horizon);
    match language {
        English => {
            format!("What is expected {over}. “Rougher than” is the share of days of the past year that were calmer.")
        }
        French => format!(
            "Ce qui est attendu {over}. « Plus agité que » est la part des journées de l’année écoulée qui ont été plus calmes."
        ),
    }
}

pub(super) const fn courtesy(language: Language) -> &'static str {
    match language {
        English => {
            "Hello! I explain finance and crypto in plain words, tell how volatile nine coins are likely to be over the next one to two days, and \
             say where every figure comes from. Ask me, for example:\n\n- What is realised volatility?\n- Why is ETH risky tomorrow?\n- Should I \
             be careful with my BTC position?"
        }
        French => {
            "Bonjour ! J’explique la finance et les cryptos avec des mots simples, je dis à quel point neuf cryptos risquent d’être volatiles sur \
             un à deux jours, et d’où vient chaque chiffre. Demandez-moi par exemple :\n\n- C’est quoi la volatilité réalisée ?\n- Pourquoi \
             l’ETH est-il risqué demain ?\n- Dois-je être prudent avec mes BTC ?"
        }
    }
}

pub(super) const fn unknown(language: Language) -> &'static str {
    match language {
        English => {
            "I don’t know. Nothing in my library or in the market’s figures answers this, and I would rather say so than guess. I can explain \
             terms of finance and crypto, and say how volatile a coin is likely to be over the next one to two days."
        }
        French => {
            "Je ne sais pas. Rien dans ma bibliothèque ni dans les chiffres du marché ne répond à cette question, et je préfère le dire plutôt que \
             d’inventer. Je peux expliquer des termes de finance et de crypto, et dire à quel point une crypto risque d’être volatile sur un à \
             deux jours."
        }
    }
}

pub(super) const fn not_ready(language: Language) -> &'static str {
    match language {
        English => "The figures for this are not available right now; please ask again in a moment.",
        French => {
            "Les chiffres qu’il faudrait ne sont pas disponibles en ce moment ; reposez la question dans un instant."
        }
    }
}

pub(super) fn experiment(language: Language, model: &str) -> String {
    match language {
        English => format!("*In other words, by a small experimental model ({model}):*"),
        French => format!("*En d’autres mots, par un petit modèle expérimental ({model}) :*"),
    }
}
