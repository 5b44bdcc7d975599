//! Letters and webhooks, seen by whoever gets them: words, a real SMTP server, a program that listens.

mod peer;
mod smtp;
mod webhooks;
mod wording;

use domain::alert::{Measure, Threshold};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::user::EmailAddress;
use jiff::Timestamp;
use server::notify::{AlertLetter, Leave, Letter};

/// A time in December, when Paris is an hour ahead.
const ORIGIN_S: i64 = 1_733_144_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// An alert about a coin, with a month of hours behind it.
fn alert(ticker: &str, horizon: Horizon, measure: Measure) -> AlertLetter {
    let hour = |index: u32| {
        let share = f64::from(index) / 48.0;
        (ORIGIN_S - 3_600 * i64::from(720 - index), 0.03 + 0.01 * share.sin())
    };
    AlertLetter {
        symbol: Symbol::parse(ticker).expect("a coin"),
        horizon,
        measure,
        threshold: Threshold::new(0.5).expect("a share"),
        chance: 0.624,
        rank: 0.93,
        q10: 0.0262,
        q50: 0.0413,
        q90: 0.0631,
        high_above: 0.0339,
        origin: at(ORIGIN_S),
        ends_at: at(ORIGIN_S + 3_600 * i64::from(horizon.hours())),
        time_zone: "Europe/Paris".to_owned(),
        page: format!("https://buddy.example.org/coins/{ticker}"),
        right_link: "https://buddy.example.org/feedback?verdict=right&t=ticket.seal".to_owned(),
        wrong_link: "https://buddy.example.org/feedback?verdict=wrong&t=ticket.seal".to_owned(),
        past: (0..720).map(hour).collect(),
    }
}

fn leave() -> Leave {
    Leave {
        settings: "https://buddy.example.org/account/alerts".to_owned(),
        unsubscribe: "https://buddy.example.org/unsubscribe?t=ticket.seal".to_owned(),
        one_click: "https://buddy.example.org/unsubscribe/one-click?t=ticket.seal".to_owned(),
    }
}

/// Every letter that there is, by name.
fn every_letter() -> Vec<(&'static str, Letter)> {
    let link = |path: &str| format!("https://buddy.example.org{path}?t=ticket.seal");
    let forgot_link = "https://buddy.example.org/account/forgot".to_owned();
    let chance = alert("BTC", Horizon::Day, Measure::Chance);
    let rank = alert("ETH", Horizon::TwoDays, Measure::Rank);
    let coins = ["BTC", "ETH", "SOL", "XRP", "ADA"];
    let many = coins.map(|ticker| alert(ticker, Horizon::Day, Measure::Chance)).to_vec();
    vec![
        ("confirm_address", Letter::ConfirmAddress { link: link("/account/confirm") }),
        (
            "address_taken",
            Letter::AddressTaken {
                sign_in_link: "https://buddy.example.org/account/sign-in".to_owned(),
                forgot_link: forgot_link.clone(),
            },
        ),
        ("confirm_new_address", Letter::ConfirmNewAddress { link: link("/account/confirm-address") }),
        ("address_changed", Letter::AddressChanged),
        ("reset_password", Letter::ResetPassword { link: link("/account/reset") }),
        ("password_changed", Letter::PasswordChanged { forgot_link }),
        ("account_deleted", Letter::AccountDeleted),
        ("alert_chance", Letter::Alert { alert: Box::new(chance), leave: leave() }),
        ("alert_rank", Letter::Alert { alert: Box::new(rank), leave: leave() }),
        ("digest", Letter::Digest { alerts: many, leave: leave() }),
    ]
}
