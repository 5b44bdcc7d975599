//! Makes plain text of what a feed calls a title.

use crate::grounding::is_invisible;

/// How often markup inside markup is taken off. What is left then keeps its signs: it is text, whatever it looks like.
const MOST_LAYERS: usize = 4;

/// Plain text of at most `most_chars` characters on one line: tags and the contents of scripts go, entities become what
/// they stand for, and so do tags that were hidden in entities; invisible characters go.
pub(super) fn plain_text(markup: &str, most_chars: usize) -> String {
    let mut text = visible(markup);
    for _ in 0..MOST_LAYERS {
        let next = visible(&without_entities(&without_tags(&text)));
        if next == text {
            break;
        }
        text = next;
    }
    let words = without_tags(&text);
    shortened(&words.split_whitespace().collect::<Vec<_>>().join(" "), most_chars)
}

/// Without invisible characters, which might hide a tag, and with plain spaces.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|&c| !is_invisible(c)).collect()
}

/// Without tags and comments. `<` before anything but a letter, `/`, `!` or `?` is no tag.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let tag = &rest[at + 1..];
        if !tag.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?')) {
            plain.push('<');
            rest = tag;
            continue;
        }
        // A tag parts words: "<p>one</p><p>two</p>".
        plain.push(' ');
        rest = after_tag(tag);
    }
    plain.push_str(rest);
    plain
}

/// What follows a tag, and the whole element where its content is no text. Nothing follows a tag without an end.
fn after_tag(tag: &str) -> &str {
    let lower = tag.to_ascii_lowercase();
    let end = match lower.as_str() {
        _ if lower.starts_with("!--") => lower.find("-->").map(|at| at + 3),
        _ if lower.starts_with("script") => lower.find("</script>").map(|at| at + 9),
        _ if lower.starts_with("style") => lower.find("</style>").map(|at| at + 8),
        _ => lower.find('>').map(|at| at + 1),
    };
    end.map_or("", |end| &tag[end..])
}

/// Entities as what they stand for; unknown ones go.
fn without_entities(text: &str) -> String {
    /// The longest name or number of an entity, in bytes.
    const LONGEST: usize = 10;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let name = rest[at + 1..].split(';').next().unwrap_or_default();
        let is_entity = at + 1 + name.len() < rest.len()
            && (1..=LONGEST).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if is_entity {
            plain.extend(character(name));
            rest = &rest[at + name.len() + 2..];
        } else {
            plain.push('&');
            rest = &rest[at + 1..];
        }
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "euro" => '€',
        "pound" => '£',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        _ => return None,
    })
}

fn shortened(text: &str, most_chars: usize) -> String {
    if text.chars().count() <= most_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_entities_and_scripts_leave_the_words() {
        for (markup, plain) in [
            ("<p>BTC &amp; ETH</p><p>up 3&nbsp;%</p>", "BTC & ETH up 3 %"),
            ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
            ("&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;Calm", "Calm"),
            ("Price &lt; 100k", "Price < 100k"),
            ("Q&A: R&D", "Q&A: R&D"),
            ("L&#8217;Ether &#x2014; fin", "L’Ether — fin"),
            ("a\u{200b}b\u{202e}c\r\nd", "abc d"),
            ("<img src=x onerror=alert(1)", ""),
            ("one<!-- two -->three", "one three"),
            ("one<\u{200b}b>two&lt;&#8203;i&gt;three", "one two three"),
        ] {
            assert_eq!(plain_text(markup, 200), plain, "{markup}");
        }
    }

    #[test]
    fn long_titles_are_cut_with_an_ellipsis() {
        assert_eq!(plain_text("éééééé", 4), "ééé…");
    }

    proptest! {
        #[test]
        fn no_markup_makes_it_panic_or_leaves_a_tag(markup in prop::collection::vec(prop_oneof![
            Just("<".to_owned()), Just(">".to_owned()), Just("&lt;".to_owned()), Just("&amp;".to_owned()),
            Just("b".to_owned()), Just("script".to_owned()), Just("é".to_owned()), ".{0,3}",
        ], 0..20)) {
            let plain = plain_text(&markup.concat(), 50);
            prop_assert!(plain.chars().count() <= 50);
            prop_assert!(!plain.chars().any(is_invisible));
            prop_assert!(!plain.contains("<b") && !plain.contains("<s"));
        }
    }
}
