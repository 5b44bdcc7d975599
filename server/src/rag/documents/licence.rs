//! The licence that a file's name tells.

/// Where nothing says so.
const UNKNOWN: &str = "unknown";

/// How the names of licences begin.
const BEGINNINGS: [&str; 14] = [
    "mit",
    "apache",
    "cc-",
    "cc0",
    "bsd",
    "gpl",
    "lgpl",
    "agpl",
    "mpl",
    "isc",
    "unlicense",
    "odbl",
    "gfdl",
    "public-domain",
];

/// Endings of files, which are no part of a licence's name.
const ENDINGS: [&str; 5] = [".jsonl", ".ndjson", ".markdown", ".md", ".txt"];

/// The licence in a name such as `guide.CC-BY-SA-4.0.md`; "unknown" where there is none.
pub(super) fn in_name(name: &str) -> String {
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let begins = |part: &str| {
        let part = part.to_lowercase();
        BEGINNINGS.iter().any(|beginning| {
            part.strip_prefix(beginning)
                .is_some_and(|rest| beginning.ends_with('-') || !rest.starts_with(char::is_alphabetic))
        })
    };
    let licence = stem.match_indices('.').map(|(dot, _)| &stem[dot + 1..]).find(|rest| begins(rest));
    licence.unwrap_or(UNKNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_licence_is_read_from_a_name_with_dots_of_its_own() {
        assert_eq!(in_name("glossary.MIT.jsonl"), "MIT");
        assert_eq!(in_name("glossary.CC-BY-SA-4.0.jsonl"), "CC-BY-SA-4.0");
        assert_eq!(in_name("terms_1.5.CC-BY-NC-SA-DO-NOT-SHIP.jsonl"), "CC-BY-NC-SA-DO-NOT-SHIP");
        assert_eq!(in_name("indicators.Apache-2.0.md"), "Apache-2.0");
        assert_eq!(in_name("notes.md"), "unknown");
        assert_eq!(in_name("notes.mitigation.md"), "unknown");
    }
}
