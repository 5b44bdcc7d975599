//! When a letter about an alert goes out, on the reader's own clock.

use domain::alert::{Delivery, QuietHours, TimeOfDay};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Alerts;
use crate::jobs::JobError;
use crate::store::{Decision, WaitingAccount};

/// Accounts that are decided on in one transaction.
const ACCOUNTS_AT_ONCE: usize = 200;

impl Alerts {
    /// Decides on the letters of every alert that waits, and puts them into the outbox.
    ///
    /// # Errors
    /// [`JobError::Store`].
    pub async fn letters(&self, now: Timestamp) -> Result<(), JobError> {
        let accounts = self.parts.store.accounts_with_waiting_alerts().await?;
        let decides = move |waiting: &WaitingAccount| decide(waiting, now);
        let mut letters = 0;
        for chunk in accounts.chunks(ACCOUNTS_AT_ONCE) {
            if self.parts.stop.is_cancelled() {
                break;
            }
            letters += self.parts.store.decide_letters(chunk, now, &decides).await?;
        }
        if letters > 0 {
            tracing::info!(letters, "Decided on letters");
        }
        Ok(())
    }
}

/// What becomes of the alerts of an account.
///
/// At once: in quiet hours they wait until those end or the horizon has passed; after that each is a letter, until the
/// letters of the reader's civil day are used up. Digest: once a civil day, from the digest's hour on, all in one.
#[must_use]
pub fn decide(waiting: &WaitingAccount, now: Timestamp) -> Decision {
    let choices = &waiting.choices;
    let mut decision = Decision::default();
    let every = || waiting.alerts.iter().map(|alert| alert.id.clone()).collect::<Vec<String>>();
    if !waiting.is_confirmed || !choices.letters {
        decision.quiet = every();
        return decision;
    }
    let zone = zone_of(&choices.time_zone);
    let day_of = |at: Timestamp| zone.to_datetime(at).date();
    let today = day_of(now);
    let is_quiet = is_quiet(&choices.quiet, &zone, now);
    let mut left = (choices.most_a_day as usize)
        .saturating_sub(waiting.letters.iter().filter(|letter| day_of(letter.at) == today).count());
    match choices.delivery {
        Delivery::AtOnce => {
            for alert in &waiting.alerts {
                if alert.ends_at <= now {
                    decision.quiet.push(alert.id.clone());
                } else if is_quiet {
                    // It waits.
                } else if left == 0 {
                    decision.capped.push(alert.id.clone());
                } else {
                    left -= 1;
                    decision.sent.push(alert.id.clone());
                }
            }
        }
        Delivery::Digest => {
            let moment = digest_moment(&zone, choices.digest_hour, now);
            let had_one = waiting
                .letters
                .iter()
                .any(|letter| letter.is_digest && (letter.at >= moment || day_of(letter.at) == today));
            if is_quiet || had_one || !waiting.alerts.iter().any(|alert| alert.fired_at <= moment) {
                return decision;
            }
            if left == 0 {
                decision.capped = every();
            } else {
                decision.digested = every();
            }
        }
    }
    decision
}

/// A time zone of the IANA data base; UTC for a name that it does not know.
#[must_use]
pub fn zone_of(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Whether an instant lies in quiet hours. Where clocks are put back, the hour that comes twice is quiet both times;
/// where they are put forward, what is skipped is over at once.
#[must_use]
pub fn is_quiet(quiet: &QuietHours, zone: &TimeZone, at: Timestamp) -> bool {
    let there = zone.to_datetime(at);
    let minutes = u32::from(there.hour().unsigned_abs()) * 60 + u32::from(there.minute().unsigned_abs());
    TimeOfDay::from_minutes(minutes).is_ok_and(|time| quiet.holds(time))
}

/// The last instant, now or earlier, at which a digest was due: `hour` o'clock of today or of yesterday. Where clocks
/// skip that hour it is the end of the gap; where it comes twice, the first time.
#[must_use]
pub fn digest_moment(zone: &TimeZone, hour: u32, now: Timestamp) -> Timestamp {
    let hour = i8::try_from(hour.min(23)).unwrap_or(23);
    let today = zone.to_datetime(now).date();
    let at = |date: jiff::civil::Date| zone.to_ambiguous_timestamp(date.at(hour, 0, 0, 0)).compatible().ok();
    [Some(today), today.yesterday().ok()]
        .into_iter()
        .flatten()
        .filter_map(at)
        .find(|&moment| moment <= now)
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use domain::alert::LetterChoices;
    use domain::user::AccountId;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::store::{DecidedLetter, WaitingAlert};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn hours(from: &str, to: &str) -> QuietHours {
        let time = |text| TimeOfDay::parse(text).expect("a time");
        QuietHours { from: time(from), to: time(to) }
    }

    fn alert(id: &str, fired_at: &str, ends_at: &str) -> WaitingAlert {
        WaitingAlert { id: id.to_owned(), fired_at: at(fired_at), ends_at: at(ends_at) }
    }

    fn waiting(zone: &str, alerts: Vec<WaitingAlert>) -> WaitingAccount {
        WaitingAccount {
            account: AccountId::parse("ann").expect("a name"),
            is_confirmed: true,
            choices: LetterChoices {
                time_zone: zone.to_owned(),
                quiet: hours("22:00", "07:00"),
                ..LetterChoices::default()
            },
            alerts,
            letters: Vec::new(),
        }
    }

    #[test]
    fn quiet_hours_follow_the_readers_clock_through_both_changes() {
        for (zone, from, to, instant, expected) in [
            // Paris: 02:00 becomes 03:00 on 29 March 2026, 03:00 becomes 02:00 on 25 October 2026.
            ("Europe/Paris", "22:00", "07:00", "2026-03-29T04:59:00Z", true),
            ("Europe/Paris", "22:00", "07:00", "2026-03-29T05:00:00Z", false),
            ("Europe/Paris", "22:00", "07:00", "2026-03-28T20:59:00Z", false),
            ("Europe/Paris", "22:00", "07:00", "2026-03-28T21:00:00Z", true),
            ("Europe/Paris", "02:00", "03:00", "2026-03-29T00:59:59Z", false),
            ("Europe/Paris", "02:00", "03:00", "2026-03-29T01:00:00Z", false),
            ("Europe/Paris", "02:15", "02:45", "2026-10-25T00:30:00Z", true),
            ("Europe/Paris", "02:15", "02:45", "2026-10-25T01:00:00Z", false),
            ("Europe/Paris", "02:15", "02:45", "2026-10-25T01:30:00Z", true),
            ("Europe/Paris", "22:00", "07:00", "2026-10-25T05:59:00Z", true),
            ("Europe/Paris", "22:00", "07:00", "2026-10-25T06:00:00Z", false),
            // New York: 02:00 becomes 03:00 on 8 March 2026, 02:00 becomes 01:00 on 1 November 2026.
            ("America/New_York", "22:00", "07:00", "2026-03-08T10:59:00Z", true),
            ("America/New_York", "22:00", "07:00", "2026-03-08T11:00:00Z", false),
            ("America/New_York", "01:15", "01:45", "2026-11-01T05:30:00Z", true),
            ("America/New_York", "01:15", "01:45", "2026-11-01T06:30:00Z", true),
            ("America/New_York", "01:15", "01:45", "2026-11-01T06:50:00Z", false),
            ("Asia/Kolkata", "22:00", "07:00", "2026-06-01T16:29:00Z", false),
            ("Asia/Kolkata", "22:00", "07:00", "2026-06-01T16:30:00Z", true),
        ] {
            let zone_there = zone_of(zone);
            assert_eq!(is_quiet(&hours(from, to), &zone_there, at(instant)), expected, "{zone} {from} {instant}");
        }
    }

    #[test]
    fn a_digest_is_due_once_a_civil_day_whatever_the_clocks_do() {
        for (zone, hour, now, expected) in [
            ("Europe/Paris", 8, "2026-07-01T05:59:59Z", "2026-06-30T06:00:00Z"),
            ("Europe/Paris", 8, "2026-07-01T06:00:00Z", "2026-07-01T06:00:00Z"),
            // There is no 02:00 on this day.
            ("Europe/Paris", 2, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("Europe/Paris", 2, "2026-03-29T00:59:59Z", "2026-03-28T01:00:00Z"),
            // And two of them on this one.
            ("Europe/Paris", 2, "2026-10-25T01:30:00Z", "2026-10-25T00:00:00Z"),
            ("America/New_York", 2, "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"),
            ("America/New_York", 1, "2026-11-01T06:10:00Z", "2026-11-01T05:00:00Z"),
            ("UTC", 0, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("UTC", 23, "2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z"),
        ] {
            assert_eq!(digest_moment(&zone_of(zone), hour, at(now)), at(expected), "{zone} {hour} {now}");
        }
    }

    #[test]
    fn an_alert_of_the_night_goes_out_in_the_morning_unless_its_horizon_has_passed() {
        let night = alert("a", "2026-06-01T23:00:00Z", "2026-06-02T22:00:00Z");
        let over = alert("b", "2026-06-01T21:00:00Z", "2026-06-02T04:00:00Z");
        let account = waiting("Europe/Paris", vec![over, night]);
        assert_eq!(decide(&account, at("2026-06-01T23:30:00Z")), Decision::default());
        let before_dawn = decide(&account, at("2026-06-02T04:00:00Z"));
        assert_eq!(before_dawn, Decision { quiet: vec!["b".to_owned()], ..Decision::default() });
        let morning = decide(&account, at("2026-06-02T05:00:00Z"));
        let expected = Decision { sent: vec!["a".to_owned()], quiet: vec!["b".to_owned()], ..Decision::default() };
        assert_eq!(morning, expected);
    }

    #[test]
    fn the_cap_is_that_of_the_readers_own_day() {
        let ends = "2026-06-04T00:00:00Z";
        let alerts = vec![
            alert("a", "2026-06-02T10:00:00Z", ends),
            alert("b", "2026-06-02T11:00:00Z", ends),
            alert("c", "2026-06-02T12:00:00Z", ends),
        ];
        let mut account = waiting("America/New_York", alerts);
        account.choices.most_a_day = 2;
        account.choices.quiet = hours("00:00", "00:00");
        // 03:00 UTC is still yesterday in New York, 05:00 UTC is today.
        for (letter, sent) in [("2026-06-02T03:00:00Z", 2), ("2026-06-02T05:00:00Z", 1)] {
            account.letters = vec![DecidedLetter { at: at(letter), is_digest: false }];
            let decision = decide(&account, at("2026-06-02T13:00:00Z"));
            assert_eq!((decision.sent.len(), decision.capped.len()), (sent, 3 - sent), "{letter}");
        }
    }

    #[test]
    fn a_digest_gathers_what_fired_until_its_hour_and_comes_once() {
        let ends = "2026-06-04T00:00:00Z";
        let mut account = waiting("Europe/Paris", vec![alert("a", "2026-06-01T12:00:00Z", ends)]);
        account.choices.delivery = Delivery::Digest;
        assert_eq!(decide(&account, at("2026-06-01T12:01:00Z")), Decision::default(), "not before tomorrow's hour");
        assert_eq!(decide(&account, at("2026-06-02T05:59:00Z")), Decision::default());
        account.alerts.push(alert("b", "2026-06-02T06:01:00Z", ends));
        let due = decide(&account, at("2026-06-02T06:02:00Z"));
        assert_eq!(due.digested, ["a", "b"]);
        account.letters = vec![DecidedLetter { at: at("2026-06-02T06:02:00Z"), is_digest: true }];
        account.alerts = vec![alert("c", "2026-06-02T06:03:00Z", ends)];
        assert_eq!(decide(&account, at("2026-06-02T12:00:00Z")), Decision::default());
        // Another hour on the same day makes no second digest.
        account.choices.digest_hour = 12;
        assert_eq!(decide(&account, at("2026-06-02T11:00:00Z")), Decision::default());
        account.choices.digest_hour = 8;
        assert_eq!(decide(&account, at("2026-06-03T06:00:00Z")).digested, ["c"]);
    }

    #[test]
    fn nobody_gets_letters_who_does_not_want_them_or_has_not_confirmed() {
        let mut account = waiting("UTC", vec![alert("a", "2026-06-02T12:00:00Z", "2026-06-03T12:00:00Z")]);
        account.is_confirmed = false;
        assert_eq!(decide(&account, at("2026-06-02T12:00:00Z")).quiet, ["a"]);
        account.is_confirmed = true;
        account.choices.letters = false;
        assert_eq!(decide(&account, at("2026-06-02T12:00:00Z")).quiet, ["a"]);
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        assert_eq!(zone_of("Mars/Olympus"), TimeZone::UTC);
    }

    proptest! {
        #[test]
        fn a_decision_speaks_of_each_alert_at_most_once_and_keeps_the_cap(
            now_s in 1_700_000_000_i64..1_900_000_000,
            fired in proptest::collection::vec((0_i64..200_000, 0_i64..200_000), 0..12),
            letters in proptest::collection::vec((0_i64..100_000, any::<bool>()), 0..6),
            most_a_day in 0_u32..5,
            digest in any::<bool>(),
            digest_hour in 0_u32..24,
            quiet in (0_u32..1_440, 0_u32..1_440),
            zone in proptest::sample::select(vec!["Europe/Paris", "America/New_York", "UTC", "Pacific/Chatham"]),
        ) {
            let ago = |seconds: i64| Timestamp::from_second(now_s - seconds).expect("an instant");
            let now = ago(0);
            let alerts: Vec<WaitingAlert> = fired
                .iter()
                .enumerate()
                .map(|(index, &(ago_s, left_s))| WaitingAlert {
                    id: index.to_string(),
                    fired_at: ago(ago_s),
                    ends_at: ago(ago_s) + SignedDuration::from_secs(left_s),
                })
                .collect();
            let mut account = waiting(zone, alerts);
            account.choices.most_a_day = most_a_day;
            account.choices.delivery = if digest { Delivery::Digest } else { Delivery::AtOnce };
            account.choices.digest_hour = digest_hour;
            let time = |minutes| TimeOfDay::from_minutes(minutes).expect("a time");
            account.choices.quiet = QuietHours { from: time(quiet.0), to: time(quiet.1) };
            account.letters =
                letters.iter().map(|&(ago_s, is_digest)| DecidedLetter { at: ago(ago_s), is_digest }).collect();
            let Decision { sent, digested, quiet, capped } = decide(&account, now);
            let letters_now = sent.len() + usize::from(!digested.is_empty());
            prop_assert!(letters_now <= most_a_day as usize);
            if is_quiet(&account.choices.quiet, &zone_of(zone), now) {
                prop_assert_eq!(letters_now, 0);
            }
            let mut named: Vec<String> = [sent, digested, quiet, capped].concat();
            let all = named.len();
            named.sort();
            named.dedup();
            prop_assert_eq!(named.len(), all);
            prop_assert!(all <= account.alerts.len());
        }

        #[test]
        fn the_moment_of_a_digest_is_at_most_a_long_day_ago(
            now_s in 1_700_000_000_i64..1_900_000_000,
            hour in 0_u32..24,
            zone in proptest::sample::select(vec!["Europe/Paris", "America/New_York", "Australia/Lord_Howe"]),
        ) {
            let now = Timestamp::from_second(now_s).expect("an instant");
            let moment = digest_moment(&zone_of(zone), hour, now);
            prop_assert!(moment <= now && now.duration_since(moment) <= SignedDuration::from_hours(25));
        }
    }
}
