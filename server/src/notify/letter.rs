//! What a letter has to say, before any word of it is written.

use domain::alert::{Measure, Threshold};
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::Timestamp;

/// A letter. Links are whole addresses; opening one changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Letter {
    /// Please confirm that this address is yours.
    ConfirmAddress {
        /// Where it is confirmed.
        link: String,
    },
    /// Somebody signed up with an address that has an account.
    AddressTaken {
        /// Where one signs in.
        sign_in_link: String,
        /// Where one asks for another password.
        forgot_link: String,
    },
    /// Please confirm that your new address is yours.
    ConfirmNewAddress {
        /// Where it is confirmed.
        link: String,
    },
    /// Your account's letters go to another address now. To the address so far.
    AddressChanged,
    /// Choose another password.
    ResetPassword {
        /// Where it is chosen.
        link: String,
    },
    /// Your password was changed.
    PasswordChanged {
        /// Where one asks for another password.
        forgot_link: String,
    },
    /// Your account and its data are gone.
    AccountDeleted,
    /// A rule fired.
    Alert {
        /// What is told. In a box: it is far larger than the other letters.
        alert: Box<AlertLetter>,
        /// How letters are changed and ended.
        leave: Leave,
    },
    /// Rules fired since the last digest.
    Digest {
        /// What is told, at least one.
        alerts: Vec<AlertLetter>,
        /// How letters are changed and ended.
        leave: Leave,
    },
}

/// What an alert tells.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertLetter {
    /// The coin.
    pub symbol: Symbol,
    /// How far the forecast looks.
    pub horizon: Horizon,
    /// What the rule looks at.
    pub measure: Measure,
    /// From which value on it fires.
    pub threshold: Threshold,
    /// The chance of a high-volatility period, 0 to 1.
    pub chance: f64,
    /// The rank of the median forecast within the coin's last year, 0 to 1.
    pub rank: f64,
    /// Realised volatility, a fraction a day: one outcome in ten is expected below.
    pub q10: f64,
    /// The median.
    pub q50: f64,
    /// Nine outcomes in ten are expected below.
    pub q90: f64,
    /// Above this a period counts as one of high volatility; a fraction a day.
    pub high_above: f64,
    /// When the forecast was made (UTC).
    pub origin: Timestamp,
    /// The end of the horizon (UTC).
    pub ends_at: Timestamp,
    /// In which time zone times are told: a name of the IANA data base. What is none is told in UTC.
    pub time_zone: String,
    /// The coin's page.
    pub page: String,
    /// The page that takes "it was right".
    pub right_link: String,
    /// The page that takes "it was wrong".
    pub wrong_link: String,
    /// The last 30 days or so for the picture: epoch seconds and realised volatility, a fraction a day, in order.
    /// With fewer than two there is no picture.
    pub past: Vec<(i64, f64)>,
}

/// How somebody changes or ends letters about alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// The page of alerts and letters.
    pub settings: String,
    /// The page that asks whether no more letters shall come.
    pub unsubscribe: String,
    /// The address to which mail programs post one click (RFC 8058); the ticket is in it.
    pub one_click: String,
}
