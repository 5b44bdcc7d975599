//! The page that says how good the forecasts are, in French.

use domain::evaluation::{Part, Warnings};

use super::LANGUAGE;
use crate::format;
use crate::words::HowGood;

pub(super) const WORDS: HowGood = HowGood {
    title: "Est-ce que ça marche\u{202f}?",
    description: "Les prévisions de volatilité d’InvestBuddy face à la réalité\u{a0}: alertes vérifiées, périodes \
                  manquées, probabilités honnêtes, et sa place parmi les autres méthodes.",
    all_coins: "Toutes les cryptos",
    all: "Toutes",
    empty: "Aucune évaluation du modèle en service n’est encore enregistrée. Le bilan sur la page de chaque crypto \
            montre les prévisions faites depuis son entraînement.",
    warnings_title: "Quand nous avons alerté, et quand nous ne l’avons pas fait",
    warnings_note: "Une alerte est une probabilité d’au moins une chance sur deux. Les barres montrent des parts des \
                    prévisions de leur ligne.",
    came: "agitée",
    did_not_come: "pas agitée",
    outcomes_title: "Prévision et réalité",
    outcomes_note: "Les prévisions en groupes de même taille, des plus calmes aux plus agitées. Plus la ligne suit la \
                    diagonale, mieux c’est. Les deux échelles sont logarithmiques.",
    forecast_axis: "prévue, par jour",
    outcome_axis: "réalisée, par jour",
    key_middle: "résultat médian",
    key_band: "huit résultats sur dix",
    key_diagonal: "résultat conforme à la prévision",
    as_table: "La même chose en tableau",
    forecast: "Prévue",
    tenth: "1 sur 10 en dessous",
    median: "Médiane",
    ninetieth: "1 sur 10 au-dessus",
    count: "Prévisions",
    reliability_title: "Quand nous disons 30\u{202f}%, cela arrive-t-il 30\u{202f}% du temps\u{202f}?",
    reliability_note: "Chaque point réunit des prévisions de probabilité semblable\u{202f}; plus il est gros, plus il y \
                       en a. Dans la bande, la réalité est à moins de cinq points de la probabilité.",
    chance_axis: "probabilité donnée",
    happened_axis: "part réalisée",
    key_dots: "prévisions d’une même probabilité",
    key_tolerance: "à moins de cinq points",
    given: "Probabilité donnée",
    happened: "Réalisé",
    months_title: "Face à la méthode simple, mois par mois",
    key_better: "notre erreur était plus petite",
    key_worse: "notre erreur était plus grande",
    month: "Mois",
    ours: "Notre erreur",
    theirs: "Méthode simple",
    smaller_by: "La nôtre plus petite de",
    failures_title: "Là où ça échoue",
    parts_caption: "Erreur moyenne (QLIKE) par année, et selon l’agitation qui venait de finir\u{202f}; le trait \
                    sur chaque barre est la méthode simple",
    part: "Prévisions faites",
    inside: "Dans les 80\u{202f}%",
    misses_title: "Les pires écarts",
    misses_note: "Les prévisions dont le résultat s’est le plus éloigné. Les prix passés ne l’annonçaient pas.",
    coin: "Crypto",
    made: "Faite le (UTC)",
    interval: "Intervalle à 80\u{202f}%",
    realised: "Réalisée",
    times: "Écart d’un facteur",
    models_title: "Toutes les méthodes sous les mêmes règles",
    models_note: "L’erreur est le QLIKE\u{a0}: 0 est parfait, plus petit est mieux. Les petits chiffres sont des \
                  intervalles de confiance à 95\u{202f}%. p est la probabilité d’un écart au moins aussi grand avec \
                  notre prévision si les deux se valaient (Diebold et Mariano). «\u{a0}Parmi les meilleures\u{a0}» veut \
                  dire que rien ne distingue la méthode de la meilleure (ensemble de confiance, 10\u{202f}%).",
    models_pooled: "Les tests prennent toutes les cryptos ensemble, quelle que soit la crypto montrée.",
    model: "Méthode",
    error: "Erreur",
    explained: "Expliqué",
    separation: "Aire ROC",
    p: "Valeur p",
    best: "Parmi les meilleures",
    yes: "oui",
    no: "non",
    serves: "en service",
    protocol_title: "Comment cela a été testé",
    protocol_2: "Toutes les méthodes ont eu les mêmes jours, la même correction tirée de leurs propres prévisions finies, \
                 et rien qui n’ait été connu à l’instant\u{202f}; un test change l’avenir et montre qu’aucune prévision \
                 ne bouge.",
    protocol_3: "Les réglages ont été choisis à la main, certains au vu d’une partie de ces jours, sans jamais être \
                 cherchés\u{202f}; le protocole dit lesquels, et ce qu’ils apportent sur l’année d’avant.",
    protocol_link: "Le protocole entier (en anglais)",
    limits_title: "À garder en tête",
    limit_1: "Les jours passés ne sont pas les jours à venir\u{a0}: un marché qui change de nature rend chaque chiffre \
              d’ici trop beau.",
    limit_2: "Les cryptos bougent ensemble. Neuf cryptos ne sont pas neuf tests indépendants, et les intervalles de \
              confiance en tiennent compte.",
    limit_3: "Une période est agitée pour sa propre crypto, dans sa propre année. Cela ne dit rien du sens du mouvement.",
    limit_4: "Les plus grands chocs viennent sans alerte\u{202f}; aucune méthode de cette page ne les annonce.",
    link: "Est-ce que ça marche\u{202f}? Toutes les prévisions testées face à la réalité",
    lead,
    warned,
    missed,
    coverage: |share| {
        format!(
            "{share} des résultats sont tombés dans l’intervalle à 80\u{202f}%\u{202f}; 80\u{202f}% serait parfait."
        )
    },
    against,
    warned_head: |count| format!("Alerte donnée {count} fois"),
    unwarned_head: |count| format!("Pas d’alerte {count} fois"),
    bar: |right, count, share| format!("{right}\u{a0}: {count} ({share})"),
    outcomes_picture: |groups, low, low_realised, high, high_realised| {
        format!(
            "Résultats médians de {groups} groupes de prévisions, de {low_realised} réalisés pour {low} prévus à \
             {high_realised} pour {high} prévus."
        )
    },
    reliability_picture: |inside, groups| {
        format!(
            "Dans {inside} groupes de prévisions sur {groups}, la réalité est à moins de cinq points de la probabilité."
        )
    },
    dot: |chance, happened, count| format!("{chance} annoncés, {happened} réalisés, {count} prévisions"),
    months_picture: |better, months| {
        format!("Notre erreur a été plus petite que celle de la méthode simple {better} mois sur {months}.")
    },
    months_note: |method| {
        format!(
            "La méthode simple\u{a0}: {method}. Les barres qui montent sont les mois où notre erreur était plus petite."
        )
    },
    bar_of_month: |month, difference| format!("{month}\u{a0}: {difference}"),
    weakest: |part| format!("L’erreur est la plus grande {part}."),
    part_name,
    protocol_1: |from, to, days| {
        format!(
            "Les prévisions ont été faites chaque jour à 00:00 UTC du {from} au {to}, par des modèles réentraînés tous \
             les {days} jours sur les seuls jours antérieurs, avec un écart d’un horizon avant la première."
        )
    },
};

fn lead(count: &str, from: &str, to: &str) -> String {
    format!(
        "{count} prévisions du {from} au {to}, chacune faite pour un jour que le modèle du moment n’avait jamais vu, à \
         côté de ce qui s’est passé."
    )
}

fn count(number: u32) -> String {
    format::number(LANGUAGE, f64::from(number), 0)
}

fn share(part: u32, all: u32) -> String {
    format::percent(LANGUAGE, f64::from(part) / f64::from(all), 0)
}

fn warned(warnings: &Warnings) -> String {
    match (warnings.right, warnings.given()) {
        (_, 0) => "Aucune alerte\u{a0}: la probabilité n’a jamais atteint une chance sur deux.".to_owned(),
        (1, 1) => "La seule alerte s’est vérifiée.".to_owned(),
        (0, 1) => "La seule alerte ne s’est pas vérifiée.".to_owned(),
        (right, all) => {
            let verb = if right < 2 { "s’est vérifiée" } else { "se sont vérifiées" };
            format!("Sur {} alertes, {} {verb} ({}).", count(all), count(right), share(right, all))
        }
    }
}

fn missed(warnings: &Warnings) -> String {
    match (warnings.missed, warnings.periods()) {
        (_, 0) => "Aucune période agitée ne s’est produite.".to_owned(),
        (0, all) => format!("Sur {} périodes agitées, aucune n’est venue sans alerte.", count(all)),
        (missed, all) => {
            let verb = if missed < 2 { "est venue" } else { "sont venues" };
            format!(
                "Sur {} périodes agitées, {} {verb} sans alerte ({}).",
                count(all),
                count(missed),
                share(missed, all)
            )
        }
    }
}

fn against(difference: f64, method: &str, p: Option<f64>) -> String {
    let size = format::percent(LANGUAGE, difference.abs(), 1);
    let way = if difference >= 0.0 { "plus petite" } else { "plus grande" };
    let chance = match p {
        None => String::new(),
        Some(p) if p < 0.001 => " Le seul hasard ferait cela moins d’une fois sur mille.".to_owned(),
        Some(p) if p < 0.05 => {
            format!(" Le seul hasard ferait cela {} du temps.", format::percent(LANGUAGE, p, 1))
        }
        Some(_) => " Le seul hasard pourrait faire cela.".to_owned(),
    };
    format!("L’erreur (QLIKE) a été {way} de {size} que celle de la méthode simple ({method}).{chance}")
}

fn part_name(part: Part) -> String {
    match part {
        Part::Year(year) => format!("en {year}"),
        Part::Calm => "après des jours calmes".to_owned(),
        Part::Usual => "après des jours ordinaires".to_owned(),
        Part::Wild => "après des jours agités".to_owned(),
    }
}
