//! Links of letters: whole addresses, in the reader's language.

use domain::language::Language;

/// Makes links that lead to this server.
#[derive(Debug, Clone)]
pub struct Links {
    root: String,
}

impl Links {
    /// From the address under which people reach the server, without a slash at its end.
    #[must_use]
    pub fn new(root: &str) -> Self {
        Self { root: root.to_owned() }
    }

    /// The whole address of a path: `/account` is `https://example.org/fr/account`.
    #[must_use]
    pub fn to(&self, language: Language, path: &str) -> String {
        format!("{}{}", self.root, app::documents::address(language, path))
    }

    /// The same with a ticket in its query, as the forms read it. Tickets need no escaping.
    #[must_use]
    pub fn with_ticket(&self, language: Language, path: &str, ticket: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{}{separator}t={ticket}", self.to(language, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_whole_and_in_the_readers_language() {
        let links = Links::new("https://example.org");
        assert_eq!(links.to(Language::English, "/account"), "https://example.org/account");
        assert_eq!(links.to(Language::French, "/account"), "https://example.org/fr/account");
        assert_eq!(
            links.with_ticket(Language::French, "/feedback?verdict=right", "a.b"),
            "https://example.org/fr/feedback?verdict=right&t=a.b"
        );
        assert_eq!(
            links.with_ticket(Language::English, "/account/confirm", "a.b"),
            "https://example.org/account/confirm?t=a.b"
        );
    }
}
