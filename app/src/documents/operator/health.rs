//! Whether the data that forecasts are made from come in, whole and on time.

use domain::language::Language;
use domain::market::{MarketOrigin, Symbol};
use jiff::Timestamp;
use leptos::prelude::*;

use super::graph::{Tone, aligned, facts, verdict};
use super::{up, whole};
use crate::components::moment::{Day, Moment};
use crate::documents::{Page, address, say};

/// How a coin's candles stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinData {
    /// The coin.
    pub symbol: Symbol,
    /// The end of its newest candle (UTC).
    pub newest: Option<Timestamp>,
    /// The age of that end in seconds.
    pub age_s: Option<i64>,
    /// Whether that is too old.
    pub is_stale: bool,
    /// Which source brought it.
    pub source: Option<String>,
    /// Candles that are shown.
    pub candles: u64,
    /// Hours that are missing between the first and the last of them.
    pub missing_hours: u64,
    /// The newest gaps, the newest first: first and end of the missing hours (UTC).
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// Rows that were refused.
    pub quarantined: u64,
}

/// Rows that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRows {
    /// The reason as it is stored, such as `high_below_low`.
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// When the newest was refused (UTC).
    pub newest: Option<Timestamp>,
}

/// How a source of candles stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceData {
    /// Its name.
    pub name: String,
    /// When it gave something last (UTC).
    pub answered_at: Option<Timestamp>,
    /// Coins of which it gave candles.
    pub coins: u64,
    /// Failures within the last day.
    pub failures_in_a_day: u64,
    /// When it failed last (UTC).
    pub failed_at: Option<Timestamp>,
}

/// A failure of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTrouble {
    /// Its name.
    pub source: String,
    /// What happened, in plain words.
    pub what: String,
    /// When (UTC).
    pub at: Timestamp,
}

/// The newest published forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestForecast {
    /// Where its horizon begins (UTC).
    pub origin: Timestamp,
    /// Seconds since its origin.
    pub age_s: i64,
}

/// The model that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingModel {
    /// Its version.
    pub version: String,
    /// The end of what it was trained on (UTC).
    pub trained_to: Timestamp,
    /// Whole days since then.
    pub age_days: i64,
}

/// The board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthBoard {
    /// When this was looked up (UTC).
    pub at: Timestamp,
    /// Where the newest candles come from; none while they are still read.
    pub origin: Option<MarketOrigin>,
    /// The coins.
    pub coins: Vec<CoinData>,
    /// Refused rows, the most frequent reason first.
    pub refused: Vec<RefusedRows>,
    /// The sources.
    pub sources: Vec<SourceData>,
    /// Their last failures, the newest first.
    pub troubles: Vec<SourceTrouble>,
    /// The newest published forecast.
    pub forecast: Option<NewestForecast>,
    /// Forecasts whose horizon has passed and whose outcome is not known.
    pub without_outcome: u64,
    /// The model that serves.
    pub model: Option<ServingModel>,
}

/// Freshness, gaps, refused rows and failures of sources.
pub fn health(language: Language, board: &HealthBoard) -> Page {
    let title = say(language, "Data health", "Santé des données");
    let body = view! {
        <div class="board">
            {up(language)}
            <h1>{title}</h1>
            {said(language, board)}
            {board_facts(language, board)}
            {coins(language, &board.coins)}
            {gaps(language, &board.coins)}
            {sources(language, &board.sources)}
            {troubles(language, &board.troubles)}
            {refused(language, &board.refused)}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn said(language: Language, board: &HealthBoard) -> AnyView {
    let late = board.coins.iter().filter(|coin| coin.is_stale || coin.newest.is_none()).count();
    let missing: u64 = board.coins.iter().map(|coin| coin.missing_hours).sum();
    let failures: u64 = board.sources.iter().map(|source| source.failures_in_a_day).sum();
    let all = board.coins.len();
    let nothing = say(language, "Nothing is to be done.", "Il n’y a rien à faire.");
    let (tone, headline, next) = match (board.origin, language) {
        _ if board.coins.is_empty() || board.origin.is_none() => (
            Tone::Unknown,
            say(language, "The candles are still being read.", "Les bougies sont encore en cours de lecture.")
                .to_owned(),
            say(language, "Look again in a moment.", "Revenez dans un instant.").to_owned(),
        ),
        (Some(MarketOrigin::Simulated), _) => (
            Tone::Watch,
            say(language, "This market is made up.", "Ce marché est inventé.").to_owned(),
            say(
                language,
                "No source of candles answered. Check the network and the settings of sources.",
                "Aucune source de bougies n’a répondu. Vérifiez le réseau et les réglages des sources.",
            )
            .to_owned(),
        ),
        (_, Language::English) if late > 0 => (
            Tone::Bad,
            format!("{late} of {all} coins have no fresh candles."),
            "Look at the failures of sources below; what is missing is fetched as soon as one answers.".to_owned(),
        ),
        (_, Language::French) if late > 0 => (
            Tone::Bad,
            format!("{late} cryptos sur {all} n’ont pas de bougie fraîche."),
            "Voyez les échecs des sources ci-dessous\u{202f}; ce qui manque est cherché dès qu’une source répond."
                .to_owned(),
        ),
        (_, Language::English) if failures > 0 => (
            Tone::Watch,
            format!("Every coin is fresh; sources failed {} times within a day.", whole(language, failures)),
            nothing.to_owned(),
        ),
        (_, Language::French) if failures > 0 => (
            Tone::Watch,
            format!(
                "Toutes les cryptos sont à jour\u{202f}; les sources ont échoué {} fois en un jour.",
                whole(language, failures)
            ),
            nothing.to_owned(),
        ),
        (_, Language::English) if missing > 0 => (
            Tone::Good,
            format!("Every coin is fresh; {} hours of history are missing.", whole(language, missing)),
            nothing.to_owned(),
        ),
        (_, Language::French) if missing > 0 => (
            Tone::Good,
            format!(
                "Toutes les cryptos sont à jour\u{202f}; il manque {} heures d’historique.",
                whole(language, missing)
            ),
            nothing.to_owned(),
        ),
        _ => (
            Tone::Good,
            say(language, "Every coin is fresh and whole.", "Toutes les cryptos sont à jour et complètes.").to_owned(),
            nothing.to_owned(),
        ),
    };
    verdict(tone, headline.into_any(), next.into_any())
}

fn board_facts(language: Language, board: &HealthBoard) -> AnyView {
    let at = board.at;
    let forecast = board.forecast.as_ref().map_or_else(
        || "–".into_any(),
        |newest| {
            let (origin, age) = (newest.origin, age(language, newest.age_s));
            view! { <Moment at=origin /> ", " {age} }.into_any()
        },
    );
    let model = board.model.as_ref().map_or_else(
        || "–".into_any(),
        |model| {
            let href = address(language, &format!("/operator/models/version/{}", model.version));
            view! {
                <a href=href>
                    <code>{model.version.clone()}</code>
                </a>
            }
            .into_any()
        },
    );
    let trained = board.model.as_ref().map_or_else(
        || "–".into_any(),
        |model| {
            let (to, days) = (model.trained_to, model.age_days);
            let ago = match language {
                Language::English => format!(", {days} days ago"),
                Language::French => format!(", il y a {days} jours"),
            };
            view! { <Day at=to /> {ago} }.into_any()
        },
    );
    facts(vec![
        (say(language, "Looked up", "Consulté"), view! { <Moment at /> }.into_any()),
        (say(language, "Candles from", "Bougies"), origin_words(language, board.origin).into_any()),
        (say(language, "Newest forecast from", "Dernière prévision du"), forecast),
        (
            say(language, "Forecasts without an outcome", "Prévisions sans issue"),
            whole(language, board.without_outcome).into_any(),
        ),
        (say(language, "Serving model", "Modèle en service"), model),
        (say(language, "Learned until", "A appris jusqu’au"), trained),
    ])
}

fn origin_words(language: Language, origin: Option<MarketOrigin>) -> &'static str {
    match origin {
        None => "–",
        Some(MarketOrigin::Exchange) => say(language, "an exchange, live", "une bourse, en direct"),
        Some(MarketOrigin::Archive) => say(language, "the archive", "l’archive"),
        Some(MarketOrigin::Simulated) => say(language, "a made-up market", "un marché inventé"),
    }
}

fn coins(language: Language, coins: &[CoinData]) -> AnyView {
    let title = say(language, "Freshness", "Fraîcheur");
    if coins.is_empty() {
        return empty(say(language, "No coin has candles yet.", "Aucune crypto n’a encore de bougies."));
    }
    let heads = [
        say(language, "Coin", "Crypto"),
        say(language, "Newest candle ends", "Fin de la dernière bougie"),
        say(language, "Age", "Âge"),
        say(language, "State", "État"),
        say(language, "Source", "Source"),
        say(language, "Candles", "Bougies"),
        say(language, "Hours missing", "Heures manquantes"),
        say(language, "Rows refused", "Lignes refusées"),
    ];
    let row = |coin: &CoinData| {
        let newest = coin.newest.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
        let aged = coin.age_s.map_or_else(|| "–".to_owned(), |seconds| age(language, seconds));
        let (class, state) = if coin.newest.is_none() {
            ("state state--bad", say(language, "no candle", "aucune bougie"))
        } else if coin.is_stale {
            ("state state--bad", say(language, "late", "en retard"))
        } else {
            ("state state--good", say(language, "fresh", "à jour"))
        };
        view! {
            <tr>
                <th scope="row">{coin.symbol.name().to_owned()}</th>
                <td>{newest}</td>
                <td class="table__number">{aged}</td>
                <td>
                    <span class=class>{state}</span>
                </td>
                <td>{coin.source.clone().unwrap_or_else(|| "–".to_owned())}</td>
                <td class="table__number">{whole(language, coin.candles)}</td>
                <td class="table__number">{whole(language, coin.missing_hours)}</td>
                <td class="table__number">{whole(language, coin.quarantined)}</td>
            </tr>
        }
    };
    section(title, aligned(title, &heads, &[2, 5, 6, 7], coins.iter().map(row).collect_view().into_any()))
}

fn gaps(language: Language, coins: &[CoinData]) -> AnyView {
    let title = say(language, "Gaps", "Trous");
    let mut rows: Vec<(Timestamp, AnyView)> = Vec::new();
    for coin in coins {
        for &(from, to) in &coin.gaps {
            let hours = to.duration_since(from).as_hours();
            let row = view! {
                <tr>
                    <th scope="row">{coin.symbol.name().to_owned()}</th>
                    <td>
                        <Moment at=from />
                    </td>
                    <td>
                        <Moment at=to />
                    </td>
                    <td class="table__number">{hours.to_string()} " h"</td>
                </tr>
            };
            rows.push((from, row.into_any()));
        }
    }
    if rows.is_empty() {
        return section(title, empty(say(language, "No hour is missing.", "Aucune heure ne manque.")));
    }
    rows.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
    let heads = [
        say(language, "Coin", "Crypto"),
        say(language, "First missing hour", "Première heure manquante"),
        say(language, "Until", "Jusqu’à"),
        say(language, "Length", "Durée"),
    ];
    let rows = rows.into_iter().map(|(_, row)| row).collect_view().into_any();
    section(title, aligned(title, &heads, &[3], rows))
}

fn sources(language: Language, sources: &[SourceData]) -> AnyView {
    let title = say(language, "Sources", "Sources");
    if sources.is_empty() {
        return section(
            title,
            empty(say(language, "No source was asked yet.", "Aucune source n’a encore été interrogée.")),
        );
    }
    let heads = [
        say(language, "Source", "Source"),
        say(language, "Answered last", "Dernière réponse"),
        say(language, "Coins", "Cryptos"),
        say(language, "Failures in a day", "Échecs en un jour"),
        say(language, "Failed last", "Dernier échec"),
    ];
    let row = |source: &SourceData| {
        let moment = |at: Option<Timestamp>| at.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
        view! {
            <tr>
                <th scope="row">{source.name.clone()}</th>
                <td>{moment(source.answered_at)}</td>
                <td class="table__number">{whole(language, source.coins)}</td>
                <td class="table__number">{whole(language, source.failures_in_a_day)}</td>
                <td>{moment(source.failed_at)}</td>
            </tr>
        }
    };
    section(title, aligned(title, &heads, &[2, 3], sources.iter().map(row).collect_view().into_any()))
}

fn troubles(language: Language, troubles: &[SourceTrouble]) -> AnyView {
    let title = say(language, "Failures of sources", "Échecs des sources");
    if troubles.is_empty() {
        return section(title, empty(say(language, "No failure is known.", "Aucun échec connu.")));
    }
    let heads = [
        say(language, "When", "Quand"),
        say(language, "Source", "Source"),
        say(language, "What happened", "Ce qui s’est passé"),
    ];
    let row = |trouble: &SourceTrouble| {
        let at = trouble.at;
        view! {
            <tr>
                <th scope="row">
                    <Moment at />
                </th>
                <td>{trouble.source.clone()}</td>
                <td>{trouble.what.clone()}</td>
            </tr>
        }
    };
    section(title, aligned(title, &heads, &[], troubles.iter().map(row).collect_view().into_any()))
}

fn refused(language: Language, refused: &[RefusedRows]) -> AnyView {
    let title = say(language, "Refused rows", "Lignes refusées");
    if refused.is_empty() {
        return section(title, empty(say(language, "No row was refused.", "Aucune ligne n’a été refusée.")));
    }
    let heads = [
        say(language, "Reason", "Raison"),
        say(language, "Rows", "Lignes"),
        say(language, "Refused last", "Dernier refus"),
    ];
    let row = |rows: &RefusedRows| {
        let newest = rows.newest.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
        view! {
            <tr>
                <th scope="row">{reason_words(language, &rows.reason)}</th>
                <td class="table__number">{whole(language, rows.rows)}</td>
                <td>{newest}</td>
            </tr>
        }
    };
    let about = say(
        language,
        "A row that cannot be true is kept aside with its reason; no forecast is made from it.",
        "Une ligne qui ne peut pas être vraie est mise de côté avec sa raison\u{202f}; aucune prévision ne s’en sert.",
    );
    let list = aligned(title, &heads, &[1], refused.iter().map(row).collect_view().into_any());
    section(title, view! { <p>{about}</p> {list} }.into_any())
}

fn section(title: &'static str, content: AnyView) -> AnyView {
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn empty(text: &'static str) -> AnyView {
    view! { <p class="empty">{text}</p> }.into_any()
}

/// An age with its unit, coarse as people say it.
fn age(language: Language, seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} {}", seconds / 86_400, say(language, "days", "jours")),
    }
}

/// A reason by its name as it is stored; a name that nobody knows stands as it is.
fn reason_words(language: Language, reason: &str) -> String {
    let known = match reason {
        "unreadable" => say(language, "it cannot be read", "illisible"),
        "not_finite" => say(language, "a value is no number", "une valeur n’est pas un nombre"),
        "non_positive_price" => say(language, "a price is not above zero", "un prix n’est pas positif"),
        "negative_volume" => say(language, "the volume is below zero", "le volume est négatif"),
        "high_below_low" => say(language, "the high is below the low", "le plus haut est sous le plus bas"),
        "outside_range" => {
            say(language, "open or close lies outside high and low", "ouverture ou clôture hors des extrêmes")
        }
        "off_the_grid" => say(language, "it does not begin with an hour", "elle ne commence pas à une heure pleine"),
        "too_old" => say(language, "it is too old", "trop ancienne"),
        "in_the_future" => say(language, "it lies in the future", "dans le futur"),
        "duplicate_time" => say(language, "its hour is there twice", "son heure y est deux fois"),
        "unordered_time" => say(language, "it is out of order", "dans le désordre"),
        "lone_price_jump" => say(language, "its price jumps and comes back", "son prix saute et revient"),
        other => return other.to_owned(),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::instant;

    const AT: i64 = 1_751_324_400;

    fn coin(place: usize, is_stale: bool) -> CoinData {
        CoinData {
            symbol: Symbol::followed()[place].clone(),
            newest: Some(instant(AT)),
            age_s: Some(if is_stale { 200_000 } else { 600 }),
            is_stale,
            source: Some("binance".to_owned()),
            candles: 10_000,
            missing_hours: 0,
            gaps: Vec::new(),
            quarantined: 0,
        }
    }

    fn board(coins: Vec<CoinData>) -> HealthBoard {
        HealthBoard {
            at: instant(AT),
            origin: Some(MarketOrigin::Exchange),
            coins,
            refused: Vec::new(),
            sources: Vec::new(),
            troubles: Vec::new(),
            forecast: None,
            without_outcome: 0,
            model: None,
        }
    }

    fn html(language: Language, board: &HealthBoard) -> String {
        health(language, board).body.to_html()
    }

    #[test]
    fn the_verdict_counts_coins_without_fresh_candles() {
        let page = html(Language::English, &board(vec![coin(0, true), coin(1, false)]));
        assert!(page.contains("1 of 2 coins have no fresh candles.") && page.contains("2 days"), "{page}");
        let page = html(Language::French, &board(vec![coin(0, false)]));
        assert!(page.contains("Toutes les cryptos sont à jour et complètes.") && page.contains("10 min"), "{page}");
    }

    #[test]
    fn failures_of_sources_are_told_and_never_markup() {
        let mut board = board(vec![coin(0, false)]);
        board.sources.push(SourceData {
            name: "binance".to_owned(),
            answered_at: None,
            coins: 0,
            failures_in_a_day: 4,
            failed_at: Some(instant(AT)),
        });
        board.troubles.push(SourceTrouble {
            source: "binance".to_owned(),
            what: "<b>no</b>".to_owned(),
            at: instant(AT),
        });
        let page = html(Language::English, &board);
        assert!(page.contains("sources failed 4 times within a day"), "{page}");
        assert!(page.contains("&lt;b&gt;no&lt;/b&gt;") && !page.contains("<b>no"), "{page}");
    }

    #[test]
    fn gaps_have_their_length_and_reasons_their_words() {
        let mut shown = coin(0, false);
        shown.missing_hours = 5;
        shown.gaps.push((instant(AT - 36_000), instant(AT - 18_000)));
        let mut board = board(vec![shown]);
        board.refused.push(RefusedRows { reason: "high_below_low".to_owned(), rows: 3, newest: None });
        let page = html(Language::English, &board);
        assert!(
            page.contains("5 hours of history are missing") && page.contains("the high is below the low"),
            "{page}"
        );
    }
}
