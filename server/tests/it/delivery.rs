//! From a parcel of the outbox to what arrives: letters whose links do what they are for, events that programs answer.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use domain::clock::Clock;
use domain::forecast::Horizon;
use domain::language::Language;
use serde_json::{Value, json};
use server::alerts::{Carrier, CarryError};
use server::config::{Secret, Settings, WebhookSettings};
use server::delivery::Delivery;
use server::notify::Notify;
use server::outbox::Parcel;
use server::store::MadeForecast;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::browser::{Browser, PASSWORD, email};
use crate::buddy::{Buddy, StoppedClock};
use crate::feedback::begun;

/// A delivery into a folder of letters, and to programs of the settings.
fn delivery(buddy: &Buddy, folder: &TempDir, webhooks: WebhookSettings) -> Delivery {
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        public_url: Some("https://buddy.example.org/".to_owned()),
        webhooks,
        ..Settings::default()
    };
    let notify = Notify::of(&settings).expect("settings that work");
    let clock: Arc<dyn Clock> = Arc::new(StoppedClock);
    Delivery::new(buddy.accounts.clone(), Arc::new(notify), clock, Arc::new(|_, _| Vec::new()))
}

/// The letters of a folder, without the soft line ends of quoted-printable.
fn letters(folder: &TempDir) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder.path().join("letters")) else { return Vec::new() };
    files
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a letter"))
        .map(|letter| letter.replace("=\r\n", "").replace("=3D", "="))
        .collect()
}

/// The path of the first link of a letter that begins so.
fn link(letter: &str, begins: &str) -> String {
    let place = letter.find(&format!("https://buddy.example.org{begins}")).unwrap_or_else(|| panic!("{letter}"));
    let link = &letter[place + "https://buddy.example.org".len()..];
    link.split(['\r', '\n', '"', ' ']).next().expect("a path").to_owned()
}

#[tokio::test]
async fn every_notice_has_a_link_that_does_what_it_is_for() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let account = buddy.store.account_at(&email("ann")).await.expect("reads").expect("an account").account.id;
    for (parcel, begins, expected) in [
        (Parcel::ConfirmAddress { account: account.clone() }, "/account/confirm?t=", "Confirm your address"),
        (Parcel::ResetPassword { account: account.clone() }, "/account/reset?t=", "Choose another password"),
        (
            Parcel::ConfirmNewAddress { account: account.clone(), address: email("zoe") },
            "/account/confirm-address?t=",
            "Confirm your address",
        ),
        (Parcel::AddressTaken { account: account.clone() }, "/account/sign-in", "Sign in"),
        (Parcel::PasswordChanged { account: account.clone() }, "/account/forgot", "Choose another password"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        delivery(&buddy, &folder, WebhookSettings::default()).carry("p1", &parcel).await.expect("carried");
        let letters = letters(&folder);
        let [letter] = letters.as_slice() else { panic!("{} letters", letters.len()) };
        let page = Browser::new(&buddy).get(&link(letter, begins)).await;
        assert!(page.status == 200 && page.body.contains(expected), "{begins}: {}", page.body);
    }
    assert_eq!(Browser::new(&buddy).send("/account/sign-in", &credentials("ann")).await.status, 303, "nothing changed");
}

fn credentials(name: &str) -> [(&'static str, String); 2] {
    [("email", format!("{name}@example.org")), ("password", PASSWORD.to_owned())]
}

#[tokio::test]
async fn a_parcel_that_is_carried_twice_is_one_letter_and_one_of_somebody_gone_is_none() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let kept = buddy.store.account_at(&email("ann")).await.expect("reads").expect("an account");
    let folder = tempfile::tempdir().expect("a folder");
    let delivery = delivery(&buddy, &folder, WebhookSettings::default());
    let parcel = Parcel::ConfirmAddress { account: kept.account.id.clone() };
    for _ in 0..2 {
        delivery.carry("p1", &parcel).await.expect("carried");
    }
    assert_eq!(letters(&folder).len(), 1);
    let farewell = Parcel::AccountDeleted { address: email("ann"), language: Language::French };
    delivery.carry("p2", &farewell).await.expect("carried");
    assert!(letters(&folder).iter().any(|letter| letter.contains("ann@example.org") && letter.contains("supprim")));

    let visitor = buddy.accounts.visitor(&kept.account.id);
    buddy.store.delete_account(&kept.account, &visitor, StoppedClock.now()).await.expect("deleted");
    delivery.carry("p3", &parcel).await.expect("nobody waits for it");
    assert_eq!(letters(&folder).len(), 2);
}

#[tokio::test]
async fn a_program_that_is_told_of_a_forecast_hands_back_what_people_say() {
    let buddy = Buddy::spawn().await;
    let forecast = begun("BTC", Horizon::Day, 30);
    let made = MadeForecast { forecast: forecast.clone(), features: [].into() };
    buddy.store.publish(&[made], StoppedClock.now()).await.expect("published");
    let prediction = server::store::prediction_id(&forecast);

    let (heard, url) = listen().await;
    let secret = Some(Secret::new("a-secret-of-the-test".to_owned()));
    let folder = tempfile::tempdir().expect("a folder");
    let delivery =
        delivery(&buddy, &folder, WebhookSettings { urls: Some(url.clone()), secret, ..WebhookSettings::default() });
    delivery.carry("w1", &Parcel::Webhook { url, prediction: prediction.clone() }).await.expect("told");

    let event: Value = serde_json::from_slice(&heard.lock().expect("heard")[0]).expect("JSON");
    assert_eq!((&event["id"], &event["event"]), (&json!("w1"), &json!("alert")));
    assert_eq!((&event["symbol"], &event["horizon"]), (&json!("BTCUSDT"), &json!("24h")));
    assert_eq!(event["chance"], forecast.high_volatility);
    assert_eq!(event["quantiles"]["q90"], forecast.quantiles.q90);
    assert_eq!(event["page"], "https://buddy.example.org/coins/BTC");
    let said = json!({ "token": event["feedback"]["token"], "verdict": "wrong", "seen": "calm", "words": "" });
    let reply = crate::buddy::Reply::of(buddy.request("POST", "/api/v1/feedback").json(&said)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);

    let elsewhere = Parcel::Webhook { url: "http://127.0.0.1:1/".to_owned(), prediction };
    let refused = delivery.carry("w2", &elsewhere).await.expect_err("not of the settings");
    assert!(matches!(refused, CarryError::Refused(_)), "{refused}");
}

type Heard = Arc<Mutex<Vec<Bytes>>>;

/// A program that keeps what it is told.
async fn listen() -> (Heard, String) {
    async fn hear(State(heard): State<Heard>, body: Bytes) {
        heard.lock().expect("heard").push(body);
    }
    let heard = Heard::default();
    let router = Router::new().route("/", post(hear)).with_state(Arc::clone(&heard));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (heard, url)
}
