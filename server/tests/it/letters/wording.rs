//! What letters say, in both languages, and that nothing in them is taken for markup.

use domain::alert::Measure;
use domain::forecast::Horizon;
use domain::language::Language;
use server::config::MailSettings;
use server::notify::{Letter, LetterError, Letters};

use super::{ORIGIN_S, address, alert, at, every_letter, leave};

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

fn letters() -> Letters {
    let from = "InvestBuddy <alerts@buddy.example.org>".to_owned();
    Letters::new(&MailSettings { from, ..MailSettings::default() }).expect("letters")
}

#[test]
fn every_letter_reads_well_as_plain_text_in_both_languages() {
    let letters = letters();
    for (name, letter) in every_letter() {
        for language in LANGUAGES {
            let written = letters.write(&letter, language).expect(name);
            let shown = format!("{}\n---\n{}", written.subject, written.text);
            insta::assert_snapshot!(format!("{name}_{}", language.tag()), shown);
        }
    }
}

#[test]
fn the_subject_of_an_alert_says_what_matters() {
    let subject = |horizon, measure, language| {
        let letter = Letter::Alert { alert: Box::new(alert("BTC", horizon, measure)), leave: leave() };
        letters().write(&letter, language).expect("words").subject
    };
    assert_eq!(
        subject(Horizon::Day, Measure::Chance, Language::English),
        "BTC: 62% chance of a high-volatility day until Tue 3 Dec, 14:00 CET"
    );
    assert_eq!(
        subject(Horizon::Day, Measure::Chance, Language::French),
        "BTC\u{202f}: 62\u{202f}% de probabilité d’une journée de forte volatilité jusqu’au mar. 3 déc., 14:00 CET"
    );
    assert_eq!(
        subject(Horizon::TwoDays, Measure::Rank, Language::English),
        "BTC: rougher than 93% of the last year, until Wed 4 Dec, 14:00 CET"
    );
}

#[test]
fn both_forms_of_a_letter_hold_every_link_and_number_of_it() {
    let letter = Letter::Alert { alert: Box::new(alert("BTC", Horizon::Day, Measure::Chance)), leave: leave() };
    let written = letters().write(&letter, Language::French).expect("words");
    let plain = written.html.replace("&#x2f;", "/").replace("&amp;", "&");
    for expected in [
        "https://buddy.example.org/coins/BTC",
        "https://buddy.example.org/feedback?verdict=right&t=ticket.seal",
        "https://buddy.example.org/feedback?verdict=wrong&t=ticket.seal",
        "https://buddy.example.org/account/alerts",
        "https://buddy.example.org/unsubscribe?t=ticket.seal",
        "2,6\u{202f}% à 6,3\u{202f}%",
        "4,1\u{202f}%",
        "3,4\u{202f}%",
        "mar. 3 déc., 14:00 CET",
        "pas un conseil financier",
    ] {
        assert!(written.text.contains(expected), "{expected} in {}", written.text);
        assert!(plain.contains(expected), "{expected} in {plain}");
    }
    assert!(plain.contains("cid:forecast-1@investbuddy") && plain.contains("prefers-color-scheme: dark"), "{plain}");
    assert_eq!(written.pictures.len(), 1);
    assert!(plain.starts_with("<!doctype html>\n<html lang=\"fr\">"), "{plain}");
}

#[test]
fn an_alert_without_a_past_is_a_letter_without_a_picture() {
    let mut alone = alert("BTC", Horizon::Day, Measure::Chance);
    alone.past.clear();
    let letter = Letter::Alert { alert: Box::new(alone), leave: leave() };
    let written = letters().write(&letter, Language::English).expect("words");
    assert!(written.pictures.is_empty() && !written.html.contains("<img"), "{}", written.html);
}

#[test]
fn a_digest_of_nothing_is_no_letter() {
    let letter = Letter::Digest { alerts: Vec::new(), leave: leave() };
    assert!(matches!(letters().write(&letter, Language::English), Err(LetterError::Empty)));
}

#[test]
fn french_puts_a_narrow_space_before_its_high_marks() {
    for (name, letter) in every_letter() {
        let written = letters().write(&letter, Language::French).expect(name);
        for word in written.text.split([' ', '\n']).filter(|word| !word.starts_with("http")) {
            let chars: Vec<char> = word.chars().collect();
            for (index, mark) in chars.iter().enumerate().filter(|(_, mark)| "?!:;".contains(**mark)) {
                // A time of day.
                let is_clock = chars.get(index + 1).is_some_and(char::is_ascii_digit);
                let before = index.checked_sub(1).map(|index| chars[index]);
                assert!(is_clock || before == Some('\u{202f}'), "{name}: {mark} in {word}");
            }
        }
    }
}

#[test]
fn hostile_values_stay_text_and_add_no_header() {
    let bad = "https://x/\"><script>alert(1)</script>\r\nBcc: all@example.org";
    let mut hostile = alert("BTC", Horizon::Day, Measure::Chance);
    hostile.time_zone = "<b>../../etc/passwd".to_owned();
    bad.clone_into(&mut hostile.page);
    bad.clone_into(&mut hostile.right_link);
    let mut leave = leave();
    bad.clone_into(&mut leave.one_click);
    bad.clone_into(&mut leave.unsubscribe);
    let alert = Letter::Alert { alert: Box::new(hostile), leave };
    for letter in [alert, Letter::ConfirmAddress { link: bad.to_owned() }] {
        let letters = letters();
        let written = letters.write(&letter, Language::English).expect("words");
        assert!(!written.html.contains("<script>"), "{}", written.html);
        assert!(written.html.contains("&quot;&gt;&lt;script&gt;"), "{}", written.html);
        let to = address("ann@example.org");
        let message = letters.compose(&letter, Language::English, &to, bad, at(ORIGIN_S)).expect("a message");
        let bytes = String::from_utf8(message.formatted()).expect("text");
        let (headers, _) = bytes.split_once("\r\n\r\n").expect("headers");
        assert!(!headers.to_lowercase().contains("\r\nbcc:"), "{headers}");
        assert_eq!(message.envelope().to().len(), 1);
    }
}

#[test]
fn composing_a_letter_again_gives_the_same_bytes_under_the_same_name() {
    let letters = letters();
    let id = letters.message_id("0192-parcel");
    assert_eq!(id, "<0192-parcel@buddy.example.org>");
    for (name, letter) in every_letter() {
        let once = || {
            let to = address("ann@example.org");
            letters.compose(&letter, Language::French, &to, &id, at(ORIGIN_S)).expect(name).formatted()
        };
        assert_eq!(once(), once(), "{name}");
    }
}

#[test]
fn a_sender_that_is_no_address_is_refused_with_the_setting() {
    let settings = MailSettings { from: "nobody".to_owned(), ..MailSettings::default() };
    let refusal = Letters::new(&settings).expect_err("no sender").to_string();
    assert!(refusal.contains("INVESTBUDDY_MAIL__FROM"), "{refusal}");
    let settings = MailSettings { reply_to: Some("a@".to_owned()), ..MailSettings::default() };
    let refusal = Letters::new(&settings).expect_err("no reply address").to_string();
    assert!(refusal.contains("INVESTBUDDY_MAIL__REPLY_TO"), "{refusal}");
    assert!(Letters::new(&MailSettings::default()).is_ok());
}
