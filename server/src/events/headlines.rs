//! News headlines from RSS and Atom feeds: plain text, `https` links, two days at most.

use std::cmp::Reverse;
use std::collections::HashSet;

use feed_rs::model::{Entry, Feed};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::EventError;
use super::plain_text::plain_text;
use super::web::{FEED_BYTES, Web};

/// Older headlines are no news.
const OLDEST: SignedDuration = SignedDuration::from_hours(48);
/// How far ahead of ours a feed's clock may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(15);
/// Entries of one feed that are looked at.
const MOST_ENTRIES: usize = 200;
/// Headlines in one answer.
const MOST_HEADLINES: usize = 30;
const TITLE_CHARS: usize = 200;
const SOURCE_CHARS: usize = 60;
const URL_BYTES: usize = 500;

/// A headline. Text of strangers: to be shown or quoted, never obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// The title, plain text on one line.
    pub title: String,
    /// The feed's name, plain text.
    pub source: String,
    /// Where the article is; `https`.
    pub url: String,
    /// When it was published (UTC).
    pub published_at: Timestamp,
}

/// Asks one feed.
pub(super) async fn ask(web: &Web, url: &str, now: Timestamp) -> Result<Vec<Headline>, EventError> {
    let body = web.bytes(url, &[], FEED_BYTES).await?;
    // Two megabytes of XML take longer than a web thread should be kept.
    let read = tokio::task::spawn_blocking(move || read(&body, now));
    read.await.map_err(|error| EventError::Malformed { cause: error.to_string() })?
}

fn read(body: &[u8], now: Timestamp) -> Result<Vec<Headline>, EventError> {
    let feed = feed_rs::parser::parse(body).map_err(|error| EventError::Malformed { cause: error.to_string() })?;
    let source = source(&feed);
    Ok(feed.entries.iter().take(MOST_ENTRIES).filter_map(|entry| headline(entry, &source, now)).collect())
}

/// All headlines, newest first; the same article or the same title counts once.
pub(super) fn merged(feeds: Vec<Vec<Headline>>, now: Timestamp) -> Vec<Headline> {
    let mut headlines: Vec<Headline> =
        feeds.into_iter().flatten().filter(|headline| now.duration_since(headline.published_at) <= OLDEST).collect();
    headlines.sort_by_key(|headline| Reverse(headline.published_at));
    let mut seen = HashSet::new();
    headlines.retain(|headline| {
        let words: String =
            headline.title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let is_new_title = seen.insert(words);
        seen.insert(headline.url.clone()) && is_new_title
    });
    headlines.truncate(MOST_HEADLINES);
    headlines
}

/// The feed's name; the host of its first article where it has none.
fn source(feed: &Feed) -> String {
    let title = feed.title.as_ref().map(|title| plain_text(&title.content, SOURCE_CHARS)).unwrap_or_default();
    if !title.is_empty() {
        return title;
    }
    feed.entries.iter().find_map(link).and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// An entry with a title, a link that may be shown and a time within the last two days.
fn headline(entry: &Entry, source: &str, now: Timestamp) -> Option<Headline> {
    let title = plain_text(&entry.title.as_ref()?.content, TITLE_CHARS);
    let published = entry.published.or(entry.updated)?;
    let published_at = Timestamp::from_second(published.timestamp()).ok()?;
    let age = now.duration_since(published_at);
    if title.is_empty() || age > OLDEST || age < -AHEAD {
        return None;
    }
    Some(Headline { title, source: source.to_owned(), url: link(entry)?.into(), published_at })
}

/// The article's address: `https`, with a host, without a user's name.
fn link(entry: &Entry) -> Option<Url> {
    let is_article = |rel: &Option<String>| rel.as_deref().is_none_or(|rel| rel == "alternate");
    let href = &entry.links.iter().find(|link| is_article(&link.rel))?.href;
    let url = Url::parse(href.trim()).ok()?;
    let is_plain = url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none();
    (is_plain && url.as_str().len() <= URL_BYTES).then_some(url)
}
