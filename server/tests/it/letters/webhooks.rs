//! Events to a program that listens on loopback.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use server::config::{Secret, WebhookSettings};
use server::notify::webhook::{DELIVERY, SIGNATURE, signature};
use server::notify::{SendError, Webhooks};
use tokio::net::TcpListener;

use super::{ORIGIN_S, at};

const SECRET: &str = "a-secret-of-the-test";

/// A program that gives one answer after another, 200 when they are used up, and keeps what it heard.
#[derive(Clone, Default)]
struct Listener {
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    elsewhere: Arc<Mutex<u32>>,
}

impl Listener {
    /// Starts it; gives the address as well.
    async fn start(answers: &[u16]) -> (Self, String) {
        let this = Self::default();
        let answers = answers.iter().map(|&status| StatusCode::from_u16(status).expect("a status"));
        this.answers.lock().expect("answers").extend(answers);
        let router = Router::new()
            .route("/hook", post(Self::hear))
            .route("/elsewhere", post(Self::other).get(Self::other))
            .with_state(this.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (this, format!("http://127.0.0.1:{port}/hook"))
    }

    async fn hear(State(this): State<Self>, headers: HeaderMap, body: Bytes) -> Response {
        this.heard.lock().expect("heard").push((headers, body));
        let status = this.answers.lock().expect("answers").pop_front().unwrap_or(StatusCode::OK);
        if status.is_redirection() {
            return (status, [(header::LOCATION, "/elsewhere")]).into_response();
        }
        status.into_response()
    }

    async fn other(State(this): State<Self>) -> StatusCode {
        *this.elsewhere.lock().expect("elsewhere") += 1;
        StatusCode::OK
    }

    fn heard(&self) -> Vec<(HeaderMap, Bytes)> {
        self.heard.lock().expect("heard").clone()
    }
}

fn webhooks(url: &str) -> Webhooks {
    let secret = Some(Secret::new(SECRET.to_owned()));
    let settings = WebhookSettings { urls: Some(url.to_owned()), secret, ..WebhookSettings::default() };
    Webhooks::of(&settings).expect("settings").expect("somebody listens")
}

#[tokio::test]
async fn an_event_arrives_as_it_was_with_a_signature_and_a_name() {
    let (listener, url) = Listener::start(&[]).await;
    let webhooks = webhooks(&url);
    assert_eq!(webhooks.urls().collect::<Vec<_>>(), [url.as_str()]);
    let body = r#"{"event":"alert","symbol":"BTCUSDT","words":"é"}"#;
    webhooks.send(&url, body, "delivery-1", at(ORIGIN_S)).await.expect("told");

    let (headers, heard) = listener.heard().remove(0);
    assert_eq!(heard, body);
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(headers[DELIVERY], "delivery-1");
    assert_eq!(headers[SIGNATURE], signature(&Secret::new(SECRET.to_owned()), at(ORIGIN_S), body).as_str());
    let other = signature(&Secret::new("another-secret-here".to_owned()), at(ORIGIN_S), body);
    assert_ne!(headers[SIGNATURE], other.as_str());
}

#[tokio::test]
async fn a_program_that_is_busy_is_told_again_and_one_that_is_gone_is_not() {
    let (listener, url) = Listener::start(&[503, 429, 408, 500, 410, 404, 400]).await;
    let webhooks = webhooks(&url);
    for status in [503, 429, 408, 500] {
        let outcome = webhooks.send(&url, "{}", "delivery-1", at(ORIGIN_S)).await;
        assert!(outcome.is_err_and(|error| error.is_worth_another_try()), "{status}");
    }
    for status in [410, 404, 400] {
        let outcome = webhooks.send(&url, "{}", "delivery-1", at(ORIGIN_S)).await;
        assert!(outcome.is_err_and(|error| !error.is_worth_another_try()), "{status}");
    }
    webhooks.send(&url, "{}", "delivery-1", at(ORIGIN_S)).await.expect("told");
    let names: Vec<_> = listener.heard().into_iter().map(|(headers, _)| headers[DELIVERY].clone()).collect();
    assert!(names.len() == 8 && names.iter().all(|name| name == "delivery-1"), "{names:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (listener, url) = Listener::start(&[307]).await;
    let outcome = webhooks(&url).send(&url, "{}", "delivery-1", at(ORIGIN_S)).await;
    assert!(matches!(outcome, Err(SendError::Later { .. })), "{outcome:?}");
    assert_eq!((*listener.elsewhere.lock().expect("elsewhere"), listener.heard().len()), (0, 1));
}

#[tokio::test]
async fn only_addresses_of_the_settings_are_told() {
    let (listener, url) = Listener::start(&[]).await;
    let webhooks = webhooks("http://127.0.0.1:1/hook");
    let outcome = webhooks.send(&url, "{}", "delivery-1", at(ORIGIN_S)).await;
    assert!(matches!(outcome, Err(SendError::Refused { .. })), "{outcome:?}");
    assert!(listener.heard().is_empty());

    let outcome = webhooks.send("http://127.0.0.1:1/hook", "{}", "delivery-1", at(ORIGIN_S)).await;
    let Err(SendError::Later { cause, may_have_arrived: false }) = outcome else { panic!("{outcome:?}") };
    assert!(!cause.contains("/hook"), "the address may hold a secret: {cause}");
}
