//! What moves the market besides its prices: mood, funding rates, headlines.
//!
//! Each source stands behind a time limit, a size limit and a memory of its own ([`kept`]). "Unavailable" is a normal
//! answer: whoever asks gets `None` and goes on. What comes in is judged at this door: figures outside their range are
//! refused, and text of strangers is reduced to plain text. It stays text of strangers, though: before it goes into a
//! prompt it goes through [`crate::grounding::neutralise`].

mod fear_and_greed;
mod funding;
mod headlines;
mod kept;
mod plain_text;
mod web;

use std::sync::Arc;

use domain::clock::Clock;
use domain::market::{COINS, Symbol};
use futures::future::join_all;
use jiff::SignedDuration;

use crate::config;

pub use fear_and_greed::{FearAndGreed, Mood};
pub use funding::FundingRate;
pub use headlines::Headline;

use kept::Kept;
use web::Web;

/// The index changes once a day.
const FEAR_AND_GREED_FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
const FUNDING_FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
const HEADLINES_FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Why a source has no answer. For the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum EventError {
    /// It does not answer, or not in time.
    #[error("it does not answer: {cause}")]
    Unreachable { cause: String },
    /// It answers with another status than success.
    #[error("it answers with status {status}")]
    Refused { status: u16 },
    /// What it says cannot be read.
    #[error("its answer cannot be read: {cause}")]
    Malformed { cause: String },
    /// What it says cannot be true.
    #[error("its answer cannot be true: {cause}")]
    Impossible { cause: String },
}

/// The sources of market events. Cheap to ask: answers are kept, and callers who ask at once share one request.
pub struct Events {
    /// None where nothing may be asked.
    web: Option<Web>,
    clock: Arc<dyn Clock>,
    fear_and_greed_url: String,
    funding_url: String,
    feed_urls: Vec<String>,
    fear_and_greed: Kept<FearAndGreed>,
    /// One for each coin, in the order of [`COINS`].
    funding: Vec<Kept<FundingRate>>,
    /// One for each feed.
    headlines: Vec<Kept<Vec<Headline>>>,
}

impl Events {
    /// The sources of the settings. Without `live` nothing is ever asked, and everything is unavailable.
    #[must_use]
    pub fn new(settings: &config::Events, live: bool, clock: Arc<dyn Clock>) -> Self {
        let feed_urls: Vec<String> = settings.feeds.split_whitespace().map(str::to_owned).collect();
        Self {
            web: if live { Web::new() } else { None },
            clock,
            fear_and_greed_url: settings.fear_and_greed_url.trim_end_matches('/').to_owned(),
            funding_url: settings.funding_url.trim_end_matches('/').to_owned(),
            fear_and_greed: Kept::new("Fear & Greed index", FEAR_AND_GREED_FRESH_FOR),
            funding: COINS.iter().map(|_| Kept::new("funding rate", FUNDING_FRESH_FOR)).collect(),
            headlines: feed_urls.iter().map(|_| Kept::new("news feed", HEADLINES_FRESH_FOR)).collect(),
            feed_urls,
        }
    }

    /// The Fear & Greed index of the whole market; none where it is unavailable.
    pub async fn fear_and_greed(&self) -> Option<FearAndGreed> {
        let web = self.web.as_ref()?;
        let now = self.clock.now();
        let ask = || fear_and_greed::ask(web, &self.fear_and_greed_url, now);
        self.fear_and_greed.get(&*self.clock, ask).await
    }

    /// The funding rate of a coin's perpetual contract; none where it is unavailable, or the coin is not followed.
    pub async fn funding_rate(&self, symbol: &Symbol) -> Option<FundingRate> {
        let web = self.web.as_ref()?;
        let now = self.clock.now();
        let kept = self.funding.get(symbol.place())?;
        kept.get(&*self.clock, || funding::ask(web, &self.funding_url, symbol, now)).await
    }

    /// The headlines of the last two days, newest first; none where no feed is available.
    pub async fn headlines(&self) -> Option<Vec<Headline>> {
        let web = self.web.as_ref()?;
        let now = self.clock.now();
        let feeds = self.headlines.iter().zip(&self.feed_urls);
        let answers =
            join_all(feeds.map(|(kept, url)| kept.get(&*self.clock, move || headlines::ask(web, url, now)))).await;
        let found: Vec<Vec<Headline>> = answers.into_iter().flatten().collect();
        (!found.is_empty()).then(|| headlines::merged(found, now))
    }
}
