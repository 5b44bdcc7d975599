//! Somebody at a browser: it keeps cookies, sends forms from our own pages and follows where it is sent.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::user::EmailAddress;

use crate::buddy::{Buddy, Reply};

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A browser with its cookies.
pub(crate) struct Browser<'a> {
    buddy: &'a Buddy,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An address of example.org.
pub(crate) fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.org")).expect("an address")
}

impl<'a> Browser<'a> {
    /// A browser without cookies.
    pub(crate) fn new(buddy: &'a Buddy) -> Self {
        Self { buddy, cookies: Mutex::default() }
    }

    /// A browser of somebody who has a confirmed account and is signed in.
    pub(crate) async fn of_member(buddy: &'a Buddy, name: &str) -> Self {
        let browser = Self::new(buddy);
        let (address, fields) =
            (email(name), [("email", format!("{name}@example.org")), ("password", PASSWORD.into())]);
        let reply = browser.send("/account/sign-up", &fields).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let kept = buddy.store.account_at(&address).await.expect("reads").expect("an account");
        buddy.accounts.confirm(&buddy.accounts.confirmation_ticket(&kept.account)).await.expect("confirms");
        assert_eq!(browser.send("/account/sign-in", &fields).await.status, 303);
        browser
    }

    /// A browser of somebody who looks after the server.
    pub(crate) async fn of_operator(buddy: &'a Buddy, name: &str) -> Self {
        let browser = Self::of_member(buddy, name).await;
        let role = domain::user::Role::Operator;
        assert!(buddy.store.set_role(&email(name), role).await.expect("writes"), "there is such an account");
        browser
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(self.buddy.request("GET", path)).await
    }

    /// Sends a form of ours.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, String)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .buddy
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(body);
        self.ask(request).await
    }

    /// Asks for anything, with the cookies.
    pub(crate) async fn ask(&self, request: reqwest::RequestBuilder) -> Reply {
        let cookies = self.cookies();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies) };
        let reply = Reply::of(request).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a readable cookie");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let mut cookies = self.cookies.lock().expect("no test panics while it holds the cookies");
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// All cookies, as the header that carries them.
    pub(crate) fn cookies(&self) -> String {
        let cookies = self.cookies.lock().expect("no test panics while it holds the cookies");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("no test panics while it holds the cookies").get(name).cloned()
    }
}
