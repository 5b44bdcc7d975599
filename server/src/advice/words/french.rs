//! The sentences in French.

use domain::advice::{Action, Fact};
use domain::forecast::{Forecast, Horizon, RiskLevel};
use domain::language::Language;

use super::super::rules::Doubt;
use super::figures::{day, minute};
use super::{Place, Stands};

fn volatility(per_day: f64) -> String {
    super::figures::volatility(Language::French, per_day)
}

fn percent(fraction: f64, decimals: usize) -> String {
    super::figures::percent(Language::French, fraction, decimals)
}

/// What is expected.
pub(super) fn outlook(forecast: &Forecast, level: RiskLevel) -> String {
    let outlook = match level {
        RiskLevel::Low => "une période calme s’annonce",
        RiskLevel::Moderate => "une période aussi agitée que d’habitude s’annonce",
        RiskLevel::High => "une période plus agitée que d’habitude s’annonce",
        RiskLevel::Critical => "une des périodes les plus agitées de l’année est probable",
    };
    format!(
        "{}\u{a0}: {outlook} jusqu’au {}. La volatilité attendue est de {} par jour, {}.",
        forecast.symbol.name(),
        minute(forecast.ends_at),
        volatility(forecast.quantiles.q50),
        place(forecast.rank),
    )
}

/// Why to rely on it less.
pub(super) fn doubt(doubt: Doubt) -> String {
    match doubt {
        Doubt::Ended => "Cette prévision a expiré\u{202f}; attendez la suivante.",
        Doubt::Old => "Cette prévision date de quelques heures\u{202f}: fiez-vous-y moins.",
        Doubt::Disagreement => "Les signes se contredisent\u{202f}: fiez-vous-y moins.",
        Doubt::Wide => "La fourchette probable est large\u{202f}: fiez-vous-y moins.",
    }
    .to_owned()
}

/// A fact.
pub(super) fn fact(fact: &Fact, horizon: Horizon) -> String {
    match *fact {
        Fact::ForecastRank { rank, median, low, high } => format!(
            "La prévision médiane est de {} par jour (intervalle à 80\u{202f}%\u{202f}: {} à {}), {}.",
            volatility(median),
            volatility(low),
            volatility(high),
            place(rank),
        ),
        Fact::Chance { probability, above } => format!(
            "Le risque d’une période très volatile, au-delà de {} par jour, est {}\u{202f}; 20\u{202f}% est habituel.",
            volatility(above),
            chance(probability),
        ),
        Fact::JustRealised { volatility: realised, usual } => {
            let stands = match Stands::of(realised, usual) {
                Stands::Below => "en dessous des",
                Stands::About => "proche des",
                Stands::Above => "au-dessus des",
            };
            format!(
                "La volatilité des {} dernières heures a été de {} par jour, {stands} {} habituels.",
                horizon.hours(),
                volatility(realised),
                volatility(usual),
            )
        }
        Fact::FearAndGreed { value, as_of } => {
            let mood = if value >= 50 { "avidité" } else { "peur" };
            format!("L’indice Fear & Greed du {} est à {value} sur 100\u{202f}: {mood} extrême.", day(as_of))
        }
        Fact::FundingRate { rate, as_of } => {
            let (payers, paid) = if rate >= 0.0 { ("la hausse", "la baisse") } else { ("la baisse", "la hausse") };
            format!(
                "Ceux qui parient sur {payers} paient {} toutes les 8 heures à ceux qui parient sur {paid} ({})\u{202f}: le \
                 marché penche d’un côté.",
                percent(rate, 3),
                minute(as_of),
            )
        }
    }
}

/// The action.
pub(super) fn action(action: Action, forecast: &Forecast) -> String {
    let high = volatility(forecast.quantiles.q90);
    match action {
        Action::KeepToThePlan => "Gardez votre plan\u{202f}; rien ici n’appelle un changement.".to_owned(),
        Action::LookAgainTomorrow => {
            "Ne changez rien pour l’instant et revenez voir la prochaine prévision.".to_owned()
        }
        Action::CheckPositionSize => {
            format!("Vérifiez que votre position est assez petite pour supporter une volatilité de {high} par jour.")
        }
        Action::LowerLeverage => format!(
            "Si vous avez emprunté, réduisez ou fermez cette part\u{202f}: une volatilité de {high} par jour est bien \
             possible."
        ),
        Action::SplitOrders => "Reportez vos nouveaux achats, ou répartissez-les en plus petits.".to_owned(),
    }
}

fn chance(probability: f64) -> String {
    match probability {
        p if p < 0.01 => "de moins de 1\u{202f}%".to_owned(),
        p if p > 0.99 => "de plus de 99\u{202f}%".to_owned(),
        p => format!("de {}", percent(p, 0)),
    }
}

fn place(rank: f64) -> String {
    match Place::of(rank) {
        Place::Lowest => "moins que pendant n’importe lequel des 365 derniers jours".to_owned(),
        Place::Above(share) if share < 0.4 => {
            format!("plus que pendant seulement {} des 365 derniers jours", percent(share, 0))
        }
        Place::Above(share) => format!("plus que pendant {} des 365 derniers jours", percent(share, 0)),
        Place::Highest => "plus que pendant n’importe lequel des 365 derniers jours".to_owned(),
    }
}
