//! A person: a browser that keeps cookies and sends forms from our own pages, and somebody who reads letters.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use crate::market::install_crypto_provider;
use crate::verbs::VerbError;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody's browser.
pub(super) struct Browser {
    client: Client,
    root: String,
    cookies: BTreeMap<String, String>,
}

/// A page, or where another one is.
pub(super) struct Reply {
    status: u16,
    path: String,
    /// What stands on the page.
    pub(super) body: String,
    location: String,
}

impl Browser {
    /// A browser without cookies, for the pages at `root`.
    ///
    /// # Errors
    /// [`VerbError`] where the machine lets nobody ask.
    pub(super) fn new(root: &str) -> Result<Self, VerbError> {
        install_crypto_provider();
        let client = Client::builder()
            // Where a form leads says whether it was taken.
            .redirect(Policy::none())
            // Whatever the machine's proxy is for, our own server needs none.
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(VerbError::because)?;
        Ok(Self { client, root: root.to_owned(), cookies: BTreeMap::new() })
    }

    /// Opens a page, which must be there.
    ///
    /// # Errors
    /// [`VerbError`] where it is not.
    pub(super) async fn open(&mut self, path: &str) -> Result<Reply, VerbError> {
        let request = self.client.get(format!("{}{path}", self.root));
        self.ask(path, request).await?.with_status(200)
    }

    /// Sends a form of ours.
    ///
    /// # Errors
    /// [`VerbError`] where the server does not answer.
    pub(super) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Reply, VerbError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .client
            .post(format!("{}{path}", self.root))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(body);
        self.ask(path, request).await
    }

    async fn ask(&mut self, path: &str, request: RequestBuilder) -> Result<Reply, VerbError> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = request.send().await.map_err(VerbError::because)?;
        let status = answer.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let location = answer.headers().get(LOCATION).map(text).unwrap_or_default();
        for cookie in answer.headers().get_all(SET_COOKIE).iter().map(text) {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = answer.text().await.map_err(VerbError::because)?;
        // What a link holds is nobody's business in a message.
        let path = path.split('?').next().unwrap_or_default().to_owned();
        Ok(Reply { status, path, body, location })
    }
}

impl Reply {
    /// The answer, where it came with this status.
    ///
    /// # Errors
    /// [`VerbError`] where it did not.
    pub(super) fn with_status(self, expected: u16) -> Result<Self, VerbError> {
        if self.status == expected {
            return Ok(self);
        }
        Err(VerbError::failed(
            format!("{} answered {} instead of {expected}", self.path, self.status),
            "INVESTBUDDY_LOG=info shows what the server did.",
        ))
    }

    /// The answer, where it leads to a page whose address begins so.
    ///
    /// # Errors
    /// [`VerbError`] where it does not.
    pub(super) fn leading_to(self, begins: &str) -> Result<Self, VerbError> {
        let reply = self.with_status(303)?;
        if reply.location.starts_with(begins) {
            return Ok(reply);
        }
        Err(VerbError::because(format!("{} leads to {} instead of {begins}", reply.path, reply.location)))
    }

    /// The page, where these words stand on it.
    ///
    /// # Errors
    /// [`VerbError`] where they do not.
    pub(super) fn with_words(self, words: &str) -> Result<Self, VerbError> {
        if self.body.contains(words) {
            return Ok(self);
        }
        Err(VerbError::because(format!("{} does not say: {words}", self.path)))
    }
}

/// The path of the first link that begins so in a letter to somebody; none where no letter has one.
pub(super) fn link(letters: &Path, to: &str, root: &str, begins: &str) -> Option<String> {
    let wanted = format!("{root}{begins}");
    let files = std::fs::read_dir(letters).ok()?;
    files
        .filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok())
        // Quoted-printable: long lines end with a sign of their own, and that sign itself is written otherwise.
        .map(|letter| letter.replace("=\r\n", "").replace("=3D", "="))
        .filter(|letter| letter.contains(to))
        .find_map(|letter| {
            let place = letter.find(&wanted)? + root.len();
            letter[place..].split(['\r', '\n', '"', ' ']).next().map(str::to_owned)
        })
}

/// What a link of a letter holds: the words that stand for the right to do what it is for.
pub(super) fn ticket(link: &str) -> Option<&str> {
    link.rsplit_once("t=").map(|(_, ticket)| ticket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_in_the_letter_to_its_reader_and_not_in_another_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, to, ticket) in [("1.eml", "ann", "abc.d=\r\nef"), ("2.eml", "olga", "xyz")] {
            let letter = format!(
                "To: {to}@example.org\r\n\r\nAnswer: http://127.0.0.1:1/feedback?v=3Dright&t=3D{ticket}\r\nBye\r\n"
            );
            std::fs::write(folder.path().join(name), letter).expect("written");
        }
        let found = |to: &str| link(folder.path(), to, "http://127.0.0.1:1", "/feedback?v=right&t=");
        assert_eq!(found("olga@example.org").as_deref(), Some("/feedback?v=right&t=xyz"));
        let link = found("ann@example.org").expect("a link");
        assert_eq!(ticket(&link), Some("abc.def"));
        assert_eq!(found("zoe@example.org"), None);
    }
}
