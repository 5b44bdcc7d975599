//! Settings of what goes out: letters and webhooks, and the address that their links lead to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;

/// How letters are sent. Without a host they are written into a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The SMTP server's name; a folder in the data folder takes the letters where it is not set.
    pub host: Option<String>,
    /// The SMTP server's port; what is usual for the protection where it is not set.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub tls: MailTls,
    /// With which name we sign in; not at all where it is not set.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<Secret>,
    /// From whom letters come: `InvestBuddy <alerts@example.org>`.
    pub from: String,
    /// Where answers go; to the sender where it is not set.
    pub reply_to: Option<String>,
    /// A PEM file of certificates that are believed besides the system's.
    pub root_certificate: Option<PathBuf>,
    /// Seconds after which a server that says nothing is given up.
    pub timeout_s: u32,
}

/// How the connection to an SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Begins in the clear and must change to TLS before anything is said.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None: for a relay on the same machine.
    None,
}

/// Programs that are told of forecasts of high volatility, whatever anybody's rules say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Their addresses, separated by spaces; nobody is told where it is not set.
    pub urls: Option<String>,
    /// From what our signature is made, so that they know that it was us.
    pub secret: Option<Secret>,
    /// From which chance of a high-volatility period on they are told, in percent.
    pub least_percent: u32,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { urls: None, secret: None, least_percent: 35 }
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            tls: MailTls::default(),
            user: None,
            password: None,
            from: "InvestBuddy <investbuddy@localhost>".to_owned(),
            reply_to: None,
            root_certificate: None,
            timeout_s: 30,
        }
    }
}

impl MailSettings {
    /// The port that holds: the chosen one, else what is usual for the protection.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::StartTls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        })
    }
}

impl WebhookSettings {
    /// The addresses one by one.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.urls.as_deref().unwrap_or_default().split_whitespace()
    }
}

/// The address under which people reach the server, without a slash at its end: the chosen one, else where it listens.
pub(super) fn public_url(chosen: Option<&str>, addr: SocketAddr) -> String {
    let own = || {
        // Nobody can open 0.0.0.0, but it listens on loopback too.
        let ip = if addr.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { addr.ip() };
        format!("http://{}", SocketAddr::new(ip, addr.port()))
    };
    chosen.map_or_else(own, |url| url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_chosen_address_or_to_where_the_server_listens() {
        let addr = |text: &str| text.parse::<SocketAddr>().expect("an address");
        for (chosen, listens, expected) in [
            (Some("https://buddy.example.org/"), "127.0.0.1:3000", "https://buddy.example.org"),
            (Some("https://example.org/buddy"), "127.0.0.1:3000", "https://example.org/buddy"),
            (None, "127.0.0.1:3000", "http://127.0.0.1:3000"),
            (None, "0.0.0.0:80", "http://127.0.0.1:80"),
            (None, "[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(public_url(chosen, addr(listens)), expected);
        }
    }

    #[test]
    fn the_usual_port_follows_from_the_protection() {
        let port = |tls, port| MailSettings { tls, port, ..MailSettings::default() }.port();
        assert_eq!(port(MailTls::StartTls, None), 587);
        assert_eq!(port(MailTls::Tls, None), 465);
        assert_eq!(port(MailTls::None, None), 25);
        assert_eq!(port(MailTls::Tls, Some(2_465)), 2_465);
    }

    #[test]
    fn addresses_of_programs_are_told_apart_by_spaces() {
        let urls = Some(" http://a.example/x  https://b.example\n".to_owned());
        let settings = WebhookSettings { urls, ..WebhookSettings::default() };
        assert_eq!(settings.each().collect::<Vec<_>>(), ["http://a.example/x", "https://b.example"]);
        assert_eq!(WebhookSettings::default().each().count(), 0);
    }
}
