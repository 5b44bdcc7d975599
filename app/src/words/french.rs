//! French. Narrow no-break spaces (U+202F) stand before double punctuation, as French typography wants it.

mod buddy;
mod how_good;
mod reasons;

use domain::error::Failure;
use domain::forecast::{Horizon, RiskLevel};
use domain::language::Language;
use domain::model::Family;

use super::{Chart, Coin, How, Market, Models, Overview, Risk, Site, Words};
use crate::api::error::ApiError;
use crate::format;

const LANGUAGE: Language = Language::French;

pub(super) static WORDS: Words = Words {
    language: LANGUAGE,
    site: Site {
        skip_to_content: "Aller au contenu",
        navigation: "Principale",
        overview: "Vue d’ensemble",
        how_it_works: "Comment ça marche",
        models: "Modèles",
        api: "API",
        other_language: "English",
        theme: "Passer du clair au sombre",
        advice: "Une information, pas un conseil financier.",
        sources: "Prix au comptant horaires, en USDT. Toutes les heures sont en UTC.",
        charts_notice: "Graphiques\u{a0}: TradingView Lightweight Charts™",
        retry: "Réessayer",
        loading: "Chargement…",
        failed: "Impossible d’afficher ceci",
        not_found_title: "Cette page n’existe pas",
        not_found_text: "L’adresse est peut-être mal écrite, ou nous ne suivons pas cette crypto.",
        back_to_overview: "Voir toutes les cryptos",
        home_label: "InvestBuddy, vue d’ensemble",
        coins: "Cryptos",
        breadcrumbs: "Vous êtes ici",
        account: "Votre compte",
        notifications: "Notifications",
        failure,
        page_title: |page| format!("{page} – InvestBuddy"),
    },
    market: Market {
        simulated: "Marché simulé\u{a0}: ces prix sont fabriqués par un ordinateur. Aucun n’est réel.",
        as_of: |at| format!("Données au {at}"),
        stale: |at| {
            format!("Aucun prix plus récent n’est arrivé. Données au {at}\u{202f}; les prévisions partent de là.")
        },
        offline: |at, retry| {
            let data = at.map_or_else(|| "pas encore de données".to_owned(), |at| format!("données au {at}"));
            match retry {
                Some(retry) => {
                    format!("Aucune bourse n’est joignable\u{a0}: {data}. Prochain essai à {retry}.")
                }
                None => format!("Aucune bourse n’est joignable\u{a0}: {data}."),
            }
        },
        loading: |share| {
            format!("Lecture des archives du marché\u{a0}: {share}. Les chiffres paraissent dès qu’ils sont connus.")
        },
        quarantined: |rows, hours| {
            format!("{rows} lignes impossibles écartées, {hours} heures absentes de l’historique.")
        },
    },
    risk: Risk {
        low: "Faible",
        moderate: "Habituel",
        high: "Accru",
        critical: "Élevé",
        base_rate: "moyenne 20\u{202f}%",
        chance_of_high: "Probabilité d’une période agitée",
        usual_range: "plage habituelle",
        expected: "Volatilité attendue, 24 h",
        last_month: "Volatilité réalisée, 30 jours",
        change_24h: "en 24 h",
        per_day: "par jour",
        no_forecast: "Pas de prévision\u{a0}: l’historique est trop court ou interrompu à la fin.",
        median: "médiane",
        interval80: "intervalle à 80\u{202f}%",
        next_hours: |horizon| match horizon {
            Horizon::Day => "24 h à venir",
            Horizon::TwoDays => "48 h à venir",
        },
        meter: |chance| format!("{chance}\u{202f}; un jour moyen, c’est 20\u{202f}%."),
        band: |median, low, high, usual_low, usual_high| {
            format!(
                "Médiane {median} par jour, intervalle à 80\u{202f}% de {low} à {high}\u{202f}; \
                 plage habituelle de {usual_low} à {usual_high}."
            )
        },
        between: |low, high| format!("{low} à {high}"),
        sparkline: |last, low, high| {
            format!("Volatilité réalisée par jour sur 30 jours\u{a0}: maintenant {last}, entre {low} et {high}.")
        },
    },
    overview: Overview {
        title: "Prévisions de volatilité pour neuf cryptos",
        description: "La probabilité d’une journée inhabituellement agitée pour Bitcoin, Ethereum et sept autres \
                      cryptos\u{a0}: prévisions à 24 et 48 heures, avec leur incertitude.",
        heading: "Les deux prochains jours seront-ils agités\u{202f}?",
        sort_by: "Trier par",
        sort_risk: "Risque",
        sort_market: "Ordre du marché",
        explain_title: "Que veulent dire ces chiffres\u{202f}?",
        term_volatility: "Volatilité réalisée",
        meaning_volatility: "L’ampleur réelle des mouvements du prix\u{a0}: la racine de la somme des carrés des \
                             rendements horaires, ramenée à un jour. À 3\u{202f}% par jour, un écart d’environ \
                             3\u{202f}% en une journée, à la hausse ou à la baisse, est normal.",
        term_high: "Période agitée",
        meaning_high: "Une période dont la volatilité réalisée dépasse celle de quatre cinquièmes des 365 derniers \
                       jours de la même crypto. Par définition, cela arrive environ 20\u{202f}% du temps.",
        term_chance: "La probabilité",
        meaning_chance: "Les chances qu’une telle période se produise, selon le modèle. À comparer à 20\u{202f}%, \
                         la moyenne. Elle ne dit pas si le prix monte ou baisse.",
        term_interval: "Intervalle à 80\u{202f}%",
        meaning_interval: "Le résultat devrait tomber dans cet intervalle huit fois sur dix, en dessous une fois \
                           sur dix et au-dessus une fois sur dix.",
        cards: "Prévisions par crypto",
        empty: "Aucune crypto n’est encore chargée.",
        summary,
    },
    coin: Coin {
        horizon: "Horizon",
        table_title: "La prévision en chiffres",
        table_caption: "Volatilité réalisée attendue, par jour",
        table_quantile: "Quantile",
        q025: "finit en dessous 1 fois sur 40",
        q10: "finit en dessous 1 fois sur 10",
        q25: "finit en dessous 1 fois sur 4",
        q50: "aussi souvent au-dessus qu’en dessous",
        q75: "finit au-dessus 1 fois sur 4",
        q90: "finit au-dessus 1 fois sur 10",
        q975: "finit au-dessus 1 fois sur 40",
        usual_row: "Plage habituelle des 365 derniers jours",
        just_realised: "Réalisée dans la période qui vient de finir",
        reasons_title: "Pourquoi cette prévision",
        reasons_note: "Chaque ligne compare la médiane à ce qu’elle serait si cette partie du tableau était dans la \
                       moyenne. Ce sont les raisons du modèle, pas des causes démontrées.",
        reasons_empty: "Rien ne se détache\u{a0}: chaque donnée est proche de sa moyenne.",
        record_title: "Prévisions et réalité",
        record_empty: "Aucune prévision terminée que le modèle n’ait pas vue à l’entraînement. \
                       Le bilan commence avec la première.",
        record_caption: "Prévisions quotidiennes faites après l’entraînement du modèle, et ce qui s’est réalisé.",
        record_table: "Les dernières prévisions en tableau",
        record_made: "Faite le (UTC)",
        record_interval: "Intervalle à 80\u{202f}%",
        record_chance: "Probabilité d’agitation",
        record_threshold: "Agitée au-dessus de",
        record_outcome: "Réalisée",
        record_verdict: "Résultat",
        verdict_inside: "dedans",
        verdict_above: "au-dessus",
        verdict_below: "en dessous",
        verdict_open: "en cours",
        record_picture: "Intervalles à 80\u{202f}% des prévisions passées et volatilité réalisée, par jour.",
        key_interval: "intervalle à 80\u{202f}%",
        key_median: "prévision médiane",
        key_outcome: "réalisée, dedans",
        key_outcome_outside: "réalisée, dehors",
        key_threshold: "seuil d’agitation",
        title: |coin| format!("Prévision de volatilité\u{a0}: {coin}"),
        description: |coin| {
            format!(
                "La volatilité probable de {coin} dans les 24 et 48 prochaines heures, sa certitude et ses raisons."
            )
        },
        headline: |coin, level, horizon| {
            let hours = horizon.hours();
            match level {
                RiskLevel::Low => {
                    format!("{coin} restera très probablement calme ou habituel dans les {hours} prochaines heures.")
                }
                RiskLevel::Moderate => {
                    format!("Rien d’inhabituel ne s’annonce pour {coin} dans les {hours} prochaines heures.")
                }
                RiskLevel::High => {
                    format!("{coin} pourrait bien devenir inhabituellement agité dans les {hours} prochaines heures.")
                }
                RiskLevel::Critical => {
                    format!("{coin} sera plus probablement agité que calme dans les {hours} prochaines heures.")
                }
            }
        },
        chance: |chance, horizon| {
            format!(
                "La probabilité d’une période agitée dans les {} prochaines heures est de {chance}\u{202f}; \
                 la moyenne est de 20\u{202f}%.",
                horizon.hours()
            )
        },
        expectation: |median, low, high, _| {
            format!(
                "Nous attendons une volatilité réalisée d’environ {median} par jour. Huit fois sur dix, elle devrait \
                 finir entre {low} et {high}."
            )
        },
        judge: "Et la dernière prévision\u{202f}?",
        was_right: "Elle était juste",
        was_wrong: "Elle était fausse",
        against_usual: |middle, low, high| {
            format!("Sur un an, la médiane était de {middle} et la plage habituelle de {low} à {high}.")
        },
        reason: reasons::reason,
        warnings: |right, wrong| match right + wrong {
            0 => "Aucune alerte\u{a0}: la probabilité n’a jamais atteint une chance sur deux.".to_owned(),
            1 if right == 1 => "La seule alerte (au moins une chance sur deux) s’est vérifiée.".to_owned(),
            1 => "La seule alerte (au moins une chance sur deux) ne s’est pas vérifiée.".to_owned(),
            all if right < 2 => {
                format!("Sur {all} alertes (au moins une chance sur deux), {right} s’est vérifiée.")
            }
            all => format!("Sur {all} alertes (au moins une chance sur deux), {right} se sont vérifiées."),
        },
        missed: |missed, periods| match (missed, periods) {
            (_, 0) => "Aucune période agitée ne s’est produite.".to_owned(),
            (missed, 1) if missed > 0 => "La seule période agitée est venue sans alerte.".to_owned(),
            (missed, periods) if missed < 2 => {
                format!("Sur {periods} périodes agitées, {missed} est venue sans alerte.")
            }
            (missed, periods) => format!("Sur {periods} périodes agitées, {missed} sont venues sans alerte."),
        },
        coverage: |share, finished| {
            format!(
                "{share} des {finished} résultats sont tombés dans l’intervalle à 80\u{202f}%\u{202f}; \
                 80\u{202f}% serait parfait."
            )
        },
        typical_error: |error| format!("La prévision médiane s’écarte typiquement du résultat de {error}."),
        made_by: |model, at| format!("Faite par {model} avec les prix jusqu’au {at}."),
    },
    chart: Chart {
        title: "Prix, volatilité et prévision",
        region: "Graphique interactif. Les flèches déplacent, plus et moins zooment, Fin revient à maintenant.",
        range: "Période",
        week: "1 sem.",
        month: "1 mois",
        quarter: "3 mois",
        year: "1 an",
        all: "Tout",
        open: "Ouverture",
        high: "Haut",
        low: "Bas",
        close: "Clôture",
        volume: "Volume",
        volatility: "Volatilité, 24 h",
        failed: "Le graphique interactif n’a pas pu être chargé. L’image montre les 30 derniers jours et la prévision.",
        older: "Chargement de l’historique…",
        note: "L’éventail montre 50, 80 et 95\u{202f}% des résultats attendus. Seule sa fin est la prévision\u{202f}; \
               le chemin est indicatif.",
        volatility_pane: "Volatilité réalisée, par jour",
        fan: "prévision, 50 / 80 / 95\u{202f}%",
        past: "prévisions passées, 80\u{202f}%",
        picture: |coin, median, low, high| {
            format!(
                "Volatilité réalisée de {coin} sur 30 jours, puis la prévision\u{a0}: médiane {median} par jour, \
                 intervalle à 80\u{202f}% de {low} à {high}."
            )
        },
    },
    how: How {
        title: "Comment ça marche",
        description: "Ce que veulent dire les chiffres d’InvestBuddy, comment ils sont faits et vérifiés, et leurs limites.",
        lead: "InvestBuddy répond à une question\u{a0}: les un à deux prochains jours seront-ils inhabituellement agités \
               pour cette crypto, avec quelle certitude, et pourquoi\u{202f}?",
        number_title: "Ce que veut dire le chiffre",
        number_1: "La volatilité réalisée mesure l’ampleur des mouvements d’un prix, quelle que soit leur direction. \
                   On prend les rendements horaires d’une période, on les élève au carré, on les additionne et on \
                   prend la racine. Les deux horizons sont ramenés à un jour, pour être comparables.",
        number_2: "Une période est agitée quand sa volatilité réalisée dépasse le 80e centile des 365 derniers jours \
                   de la même crypto. Ce seuil est connu quand la prévision est faite. Cela arrive environ une fois \
                   sur cinq\u{a0}: une probabilité de 20\u{202f}% est donc la moyenne, pas une alerte.",
        made_title: "Comment il est fait",
        made_1: "Chaque heure, la dernière bougie de chaque crypto rejoint l’historique. On en tire la volatilité sur \
                 des fenêtres de six heures à trente jours, les baisses, les écarts entre haut et bas, la tendance, \
                 le volume, la volatilité de l’ensemble et le jour de la semaine.",
        made_2: "Un réseau de neurones récurrent (LSTM), qui a appris sur les neuf cryptos, lit ces chiffres et donne \
                 une distribution complète des résultats à 24 et 48 heures. La probabilité est la part de cette \
                 distribution au-dessus du seuil.",
        made_3: "Une prévision ne lit que ce qui était connu à son heure. Une ligne connue plus tard ne peut pas y \
                 entrer, et un test le prouve.",
        honest_title: "Comment nous nous jugeons",
        honest_1: "Le modèle apprend sur une période et il est jugé sur une période suivante qu’il n’a jamais vue, \
                   face à une méthode simple et solide. La page de chaque crypto montre toutes les prévisions faites \
                   depuis, à côté de la réalité\u{a0}: alertes vérifiées, fausses alertes et périodes manquées.",
        honest_2: "Un intervalle à 80\u{202f}% est bon quand environ 80\u{202f}% des résultats y tombent. Nous \
                   affichons cette part, quelle qu’elle soit.",
        limits_title: "Ce qu’il ne sait pas faire",
        limit_1: "Il ne dit pas si un prix va monter ou baisser.",
        limit_2: "Il ne connaît pas l’actualité. Un piratage, une décision de justice ou une faillite ne s’annoncent \
                  pas dans les prix passés.",
        limit_3: "Il apprend du passé. Quand un marché change de nature, les prévisions sont moins bonnes jusqu’au \
                  prochain entraînement.",
        limit_4: "Les raisons montrent ce qui a déplacé la réponse du modèle. Ce ne sont pas des causes.",
        data_title: "D’où viennent les données",
        data_1: "Des bougies horaires au comptant, d’une bourse ou d’une archive de fichiers. Les heures absentes \
                 restent absentes\u{202f}; les lignes impossibles sont écartées et comptées.",
        data_2: "Quand aucune bourse n’est joignable, la page dit jusqu’où vont ses données. Sans aucune donnée, elle \
                 montre un marché simulé et le dit sur chaque page.",
        more_title: "Pour aller plus loin",
        more_models: "Les modèles et leurs résultats",
        more_api: "L’API, avec des exemples",
        charts_title: "Graphiques",
        charts_1: "Les graphiques interactifs sont dessinés par",
        charts_licence: "de TradingView, Inc., sous licence Apache 2.0.",
    },
    models: Models {
        title: "Modèles",
        description: "Les modèles de prévision d’InvestBuddy, ce qui les a entraînés et leurs résultats.",
        lead: "Chaque modèle est jugé sur des prévisions faites après son entraînement, face à une méthode simple et \
               solide (une autorégression hétérogène avec le jour de la semaine).",
        empty: "Le registre ne contient encore aucun modèle.",
        champion: "Champion",
        trained: "Entraîné le",
        span: "A appris sur",
        seed: "Graine",
        revision: "Révision du code",
        parameters: "Paramètres",
        origins: "Prévisions",
        measure: "Mesure",
        this_model: "Ce modèle",
        baseline: "Référence",
        qlike: "QLIKE",
        rmse: "Écart type (log)",
        r2: "R² (log)",
        auc: "Aire ROC",
        brier: "Brier",
        coverage80: "Dans les 80\u{202f}%",
        coverage95: "Dans les 95\u{202f}%",
        qlike_meaning: "La perte faite pour la volatilité\u{a0}: elle punit davantage les prévisions trop basses que \
                        les trop hautes. 0 est parfait.",
        rmse_meaning: "L’erreur courante de la médiane, en logarithmes\u{a0}: 0,3 vaut environ 30\u{202f}%.",
        r2_meaning: "La part des variations de la volatilité que la prévision explique. 1 est parfait.",
        auc_meaning: "À quel point la probabilité distingue les périodes agitées des autres. 50\u{202f}% est un tirage \
                      au sort, 100\u{202f}% est parfait.",
        brier_meaning: "L’erreur quadratique moyenne de la probabilité. Dire toujours 20\u{202f}% donne environ 0,16\u{202f}; \
                        0 est parfait.",
        coverage_meaning: "La part des résultats tombés dans l’intervalle. Plus elle est proche du pourcentage de \
                           l’intervalle, mieux c’est.",
        meaning_title: "Ce que disent les mesures",
        by_coin: "Résultats par crypto",
        coin: "Crypto",
        better: "mieux que la référence",
        worse: "moins bien que la référence",
        even: "à égalité avec la référence",
        no_scores: "Ce modèle n’a pas encore été jugé.",
        judged: "Évaluation glissante sur toutes les cryptos, avec intervalles de confiance à 95\u{202f}%",
        family: |family| match family {
            Family::Persistence => "Persistance",
            Family::Ewma => "Moyenne à pondération exponentielle",
            Family::Garch => "GARCH à queues épaisses",
            Family::Har => "Autorégression hétérogène",
            Family::HarCalendar => "Autorégression hétérogène avec calendrier",
            Family::RandomForest => "Forêt aléatoire",
            Family::Boosting => "Gradient boosting",
            Family::Lstm => "Réseau récurrent (LSTM)",
            Family::BlendWithoutLstm => "Mélange de boosting et d’autorégression",
            Family::Blend => "Mélange de réseau récurrent et de boosting",
        },
    },
    how_good: how_good::WORDS,
    buddy: buddy::WORDS,
    advice: buddy::ADVICE,
};

fn failure(error: &ApiError) -> String {
    match error {
        ApiError::Transport => "Le serveur est injoignable. Vérifiez la connexion et réessayez.".to_owned(),
        ApiError::Failure(failure) => match failure {
            Failure::UnknownSymbol { symbol } => {
                format!("Nous ne suivons pas de crypto nommée «\u{a0}{symbol}\u{a0}».")
            }
            Failure::NotReady { .. } => {
                "Le marché est encore en cours de lecture. Cette page réessaie toute seule.".to_owned()
            }
            Failure::Busy { retry_after_s } => {
                format!("Trop de demandes à la fois. Réessayez dans {retry_after_s} secondes.")
            }
            Failure::TooFewCandles { needed, given } => format!(
                "Une prévision demande {} heures de prix sans trou à la fin\u{202f}; il y en a {}.",
                format::number(LANGUAGE, f64::from(*needed), 0),
                format::number(LANGUAGE, f64::from(*given), 0)
            ),
            Failure::Internal { incident } => {
                format!("Une erreur s’est produite chez nous. Si vous nous en parlez, citez l’incident {incident}.")
            }
            Failure::UnknownConversation => {
                "Cette conversation n’est pas ici\u{202f}; elle a peut-être été supprimée.".to_owned()
            }
            Failure::SignInNeeded => "Réservé aux membres\u{202f}; connectez-vous d’abord.".to_owned(),
            Failure::NotAllowed => "Ce compte n’en a pas le droit.".to_owned(),
            Failure::TooMany { retry_after_s } => {
                format!("Cela fait beaucoup de questions. Réessayez dans {retry_after_s} secondes.")
            }
            Failure::WriterUnavailable { retry_after_s } => {
                format!("Le modèle de langue ne répond pas. Réessayez dans {retry_after_s} secondes.")
            }
            Failure::NotEvaluated => "Aucune évaluation du modèle en service n’est encore enregistrée.".to_owned(),
            Failure::UnknownModel { .. } | Failure::Invalid { .. } | Failure::TooLarge { .. } => {
                "Le serveur n’a pas compris cette demande. Rechargez la page.".to_owned()
            }
        },
    }
}

fn summary(likely: &[&str], total: usize, highest: Option<(&str, &str)>) -> String {
    const AHEAD: &str = "dans les 24 prochaines heures";
    match (likely.len(), highest) {
        (0, None) => "Aucune prévision n’est encore prête.".to_owned(),
        (0, Some((coin, chance))) => format!(
            "Aucune des {total} cryptos ne devrait être inhabituellement agitée {AHEAD}. \
             La probabilité la plus haute est de {chance}, pour {coin}."
        ),
        (1, _) => format!(
            "1 crypto sur {total} a plus d’une chance sur deux d’être inhabituellement agitée {AHEAD}\u{a0}: {}.",
            list(likely)
        ),
        (count, _) if count == total => {
            format!(
                "Les {total} cryptos ont toutes plus d’une chance sur deux d’être inhabituellement agitées {AHEAD}."
            )
        }
        (count, _) => format!(
            "{count} cryptos sur {total} ont plus d’une chance sur deux d’être inhabituellement agitées {AHEAD}\u{a0}: {}.",
            list(likely)
        ),
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} et {last}", first.join(", ")),
    }
}
