//! Times as a reader tells them: on his own clock, in his language, with the zone beside them.

use domain::language::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const ENGLISH_DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const FRENCH_DAYS: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const ENGLISH_MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const FRENCH_MONTHS: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

/// The zone of an IANA name; UTC for what is none.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `Tue 3 Dec, 14:00 CET` or `mar. 3 déc., 14:00 CET`.
pub(super) fn told(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned_datetime(zone.clone());
    let weekday = place(local.weekday().to_monday_zero_offset());
    let month = place(local.month() - 1);
    let clock = local.strftime("%H:%M").to_string();
    let abbreviation = local.strftime("%Z").to_string();
    // Many zones have no letters of their own, only `-03`.
    let zone = if abbreviation.starts_with(['+', '-']) { format!("UTC{abbreviation}") } else { abbreviation };
    match language {
        Language::English => {
            format!("{} {} {}, {clock} {zone}", ENGLISH_DAYS[weekday], local.day(), ENGLISH_MONTHS[month])
        }
        Language::French => {
            let day = if local.day() == 1 { "1er".to_owned() } else { local.day().to_string() };
            format!("{} {day} {}, {clock} {zone}", FRENCH_DAYS[weekday], FRENCH_MONTHS[month])
        }
    }
}

/// The place of a weekday or month, both of which count from 0 here.
fn place(number: i8) -> usize {
    usize::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_on_the_readers_clock_on_both_sides_of_a_clock_change() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        for (time, name, english, french) in [
            ("2024-12-03T13:00:00Z", "Europe/Paris", "Tue 3 Dec, 14:00 CET", "mar. 3 déc., 14:00 CET"),
            ("2025-03-30T00:30:00Z", "Europe/Paris", "Sun 30 Mar, 01:30 CET", "dim. 30 mars, 01:30 CET"),
            ("2025-03-30T01:30:00Z", "Europe/Paris", "Sun 30 Mar, 03:30 CEST", "dim. 30 mars, 03:30 CEST"),
            ("2025-08-01T02:00:00Z", "America/Sao_Paulo", "Thu 31 Jul, 23:00 UTC-03", "jeu. 31 juil., 23:00 UTC-03"),
            ("2025-08-01T02:00:00Z", "Mars/Olympus", "Fri 1 Aug, 02:00 UTC", "ven. 1er août, 02:00 UTC"),
            ("2025-08-01T02:00:00Z", "UTC", "Fri 1 Aug, 02:00 UTC", "ven. 1er août, 02:00 UTC"),
        ] {
            assert_eq!(told(Language::English, at(time), &zone(name)), english);
            assert_eq!(told(Language::French, at(time), &zone(name)), french);
        }
    }
}
