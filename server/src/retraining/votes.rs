//! What people's word is worth: pure rules, each with a bound that no number of votes can pass.
//!
//! A denied forecast makes the training look twice at some of the hours around it, and moves the alert threshold of its
//! coin by a few points. Whether a new model serves is decided by outcomes alone, never by votes.

use std::collections::{BTreeMap, BTreeSet};

use domain::clock::SECONDS_PER_HOUR;
use domain::market::Symbol;
use jiff::{SignedDuration, Timestamp};

use super::training::Heard;

/// How old an account must be, so that its word counts.
pub const ACCOUNT_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the word of somebody without an account is worth; that of an account is worth 1.
pub const STRANGERS_WORTH: f64 = 0.25;
/// What everything that one account or stranger says is worth at most.
pub const MOST_OF_ONE: f64 = 20.0;
/// What all strangers together are worth at most, as a share of what accounts say: cookies cost nothing.
pub const MOST_OF_STRANGERS: f64 = 0.25;
/// What all strangers together are worth at least, where they say so much.
pub const LEAST_OF_STRANGERS: f64 = 2.0;
/// What a denied forecast counts at most; others count 1.
pub const MOST_WEIGHT: f64 = 1.5;
/// The largest share of a training's weight that denials may add.
pub const MOST_SHARE: f64 = 0.1;
/// How far around a denied forecast's origin training origins are looked at twice, hours.
pub const NEAR_HOURS: i64 = 12;
/// The most that an alert threshold moves: three points of a hundred.
pub const MOST_SHIFT: f64 = 0.03;

/// Votes that say nothing, with which each forecast begins: one voter alone makes no doubt.
const CALM_VOTES: f64 = 2.0;
/// The same for a coin's threshold.
const CALM_VOTES_OF_A_COIN: f64 = 10.0;
/// Fibonacci hashing: 2^64 over the golden ratio.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
/// The chance from which on a forecast warned.
const WARNS_FROM: f64 = 0.35;

/// Who voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voter {
    /// Somebody with an account.
    Account {
        /// Since when the account is there (UTC).
        created_at: Timestamp,
    },
    /// Somebody whom only his cookie names, or whoever a program asked.
    Stranger,
}

/// What somebody said of a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// Names the voter.
    pub by: String,
    /// What he is.
    pub voter: Voter,
    /// Names the forecast.
    pub prediction: String,
    /// Its coin.
    pub symbol: Symbol,
    /// Its origin, epoch seconds.
    pub origin_s: i64,
    /// The chance of a high-volatility period that it gave.
    pub chance: f64,
    /// Whether the period was high; none while that is not known.
    pub was_high: Option<bool>,
    /// Whether he says that it was wrong.
    pub is_denial: bool,
    /// When (UTC).
    pub at: Timestamp,
}

/// A coin and the epoch second of an origin.
pub type Place = (Symbol, i64);

/// What each vote is worth, in their order, from 0 to 1. A voter's second vote on the same forecast is worth nothing.
#[must_use]
pub fn worths(votes: &[Vote], now: Timestamp) -> Vec<f64> {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut worths: Vec<f64> = votes
        .iter()
        .map(|vote| match vote.voter {
            _ if !seen.insert((vote.by.as_str(), vote.prediction.as_str())) => 0.0,
            Voter::Account { created_at } if now.duration_since(created_at) >= ACCOUNT_AGE => 1.0,
            Voter::Account { .. } => 0.0,
            Voter::Stranger => STRANGERS_WORTH,
        })
        .collect();

    let mut by_voter: BTreeMap<&str, f64> = BTreeMap::new();
    for (vote, worth) in votes.iter().zip(&worths) {
        *by_voter.entry(&vote.by).or_default() += worth;
    }
    for (vote, worth) in votes.iter().zip(&mut worths) {
        *worth *= (MOST_OF_ONE / by_voter[vote.by.as_str()].max(MOST_OF_ONE)).min(1.0);
    }

    let sum = |of_strangers: bool, worths: &[f64]| {
        let theirs = votes.iter().zip(worths).filter(|(vote, _)| (vote.voter == Voter::Stranger) == of_strangers);
        theirs.map(|(_, worth)| worth).sum::<f64>()
    };
    let (strangers, most) = (sum(true, &worths), (MOST_OF_STRANGERS * sum(false, &worths)).max(LEAST_OF_STRANGERS));
    if strangers > most {
        for (vote, worth) in votes.iter().zip(&mut worths) {
            if vote.voter == Voter::Stranger {
                *worth *= most / strangers;
            }
        }
    }
    worths
}

/// What all denials after an instant (UTC) are worth together.
#[must_use]
pub fn denied(votes: &[Vote], after: Option<Timestamp>, now: Timestamp) -> f64 {
    let is_new = |vote: &Vote| after.is_none_or(|after| vote.at > after);
    let counted = votes.iter().zip(worths(votes, now)).filter(|(vote, _)| vote.is_denial && is_new(vote));
    counted.map(|(_, worth)| worth).sum()
}

/// How much each forecast is doubted, from 0 to less than 1; those that nobody doubts are not in it. Where both horizons
/// of an origin are, the larger doubt counts.
#[must_use]
pub fn doubts(votes: &[Vote], now: Timestamp) -> BTreeMap<Place, f64> {
    let mut said: BTreeMap<&str, (f64, f64, &Vote)> = BTreeMap::new();
    for (vote, worth) in votes.iter().zip(worths(votes, now)) {
        let (denied, confirmed, _) = said.entry(&vote.prediction).or_insert((0.0, 0.0, vote));
        *(if vote.is_denial { denied } else { confirmed }) += worth;
    }
    let mut doubts: BTreeMap<Place, f64> = BTreeMap::new();
    for (denied, confirmed, vote) in said.into_values() {
        let doubt = (denied - confirmed).max(0.0) / (denied + confirmed + CALM_VOTES);
        if doubt > 0.0 {
            let slot = doubts.entry((vote.symbol.clone(), vote.origin_s)).or_default();
            *slot = slot.max(doubt);
        }
    }
    doubts
}

/// What a forecast counts in a training, from its doubt: from 1 to [`MOST_WEIGHT`].
#[must_use]
pub fn weight(doubt: f64) -> f64 {
    1.0 + (MOST_WEIGHT - 1.0) * doubt.clamp(0.0, 1.0)
}

/// Which of the training origins count twice, so that those around a doubted forecast have its weight on average, and
/// all of them together add at most [`MOST_SHARE`] of the training's weight. The same doubts and origins give the same
/// answer.
#[must_use]
pub fn doubled(doubts: &BTreeMap<Place, f64>, origins: &BTreeSet<Place>) -> BTreeSet<Place> {
    let mut extra: BTreeMap<Place, f64> = BTreeMap::new();
    for ((symbol, origin_s), doubt) in doubts {
        let first = (symbol.clone(), origin_s - NEAR_HOURS * SECONDS_PER_HOUR);
        let last = (symbol.clone(), origin_s + NEAR_HOURS * SECONDS_PER_HOUR);
        for near in origins.range(first..=last) {
            let slot = extra.entry(near.clone()).or_default();
            *slot = slot.max(weight(*doubt) - 1.0);
        }
    }
    // Whoever adds a ninth to what is there has a tenth of the whole.
    let (wanted, most) = (extra.values().sum::<f64>(), origins.len() as f64 * MOST_SHARE / (1.0 - MOST_SHARE));
    let scale = if wanted > most { most / wanted } else { 1.0 };
    // In the order of time every fourth one would be of the same hour of the day.
    let mut mixed: Vec<(Place, f64)> = extra.into_iter().collect();
    mixed.sort_by_key(|((_, at_s), _)| at_s.unsigned_abs().wrapping_mul(MIX));
    let mut owed = 0.0;
    let mut doubled = BTreeSet::new();
    for (place, extra) in mixed {
        owed += extra * scale;
        if owed >= 1.0 {
            owed -= 1.0;
            doubled.insert(place);
        }
    }
    doubled
}

/// What of people's votes a training takes in.
#[must_use]
pub fn heard(votes: &[Vote], now: Timestamp, origins: &BTreeSet<Place>) -> (BTreeSet<Place>, Heard) {
    let doubts = doubts(votes, now);
    let doubled = doubled(&doubts, origins);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let heard = Heard {
        votes: count(worths(votes, now).into_iter().filter(|worth| *worth > 0.0).count()),
        doubted: count(doubts.len()),
        doubled: count(doubled.len()),
        share: doubled.len() as f64 / (origins.len() + doubled.len()).max(1) as f64,
    };
    (doubled, heard)
}

/// By how much the alert threshold of each coin moves, in points of 1: up where warnings were denied and the period was
/// calm, down where forecasts that did not warn were denied and the period was high; at most [`MOST_SHIFT`] either way.
/// What the outcome contradicts, or nobody knows yet, moves nothing. Coins that stay are not in it.
#[must_use]
pub fn threshold_shifts(votes: &[Vote], now: Timestamp) -> BTreeMap<Symbol, f64> {
    let mut by_coin: BTreeMap<&Symbol, (f64, f64)> = BTreeMap::new();
    for (vote, worth) in votes.iter().zip(worths(votes, now)) {
        let Some(was_high) = vote.was_high else { continue };
        let (moved, all) = by_coin.entry(&vote.symbol).or_default();
        *all += worth;
        if vote.is_denial {
            let warned = vote.chance >= WARNS_FROM;
            match (warned, was_high) {
                (true, false) => *moved += worth,
                (false, true) => *moved -= worth,
                _ => {}
            }
        }
    }
    by_coin
        .into_iter()
        .filter(|(_, (moved, _))| *moved != 0.0)
        .map(|(symbol, (moved, all))| (symbol.clone(), MOST_SHIFT * moved / (all + CALM_VOTES_OF_A_COIN)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_S: i64 = 1_780_000_000;
    const HOUR: i64 = SECONDS_PER_HOUR;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn symbol(name: &str) -> Symbol {
        Symbol::parse(name).expect("a coin")
    }

    fn old() -> Voter {
        Voter::Account { created_at: at(NOW_S - 100 * 24 * HOUR) }
    }

    fn vote(by: usize, voter: Voter, forecast: i64, is_denial: bool) -> Vote {
        Vote {
            by: format!("voter-{by}"),
            voter,
            prediction: format!("forecast-{forecast}"),
            symbol: symbol("BTC"),
            origin_s: forecast * HOUR,
            chance: 0.5,
            was_high: Some(false),
            is_denial,
            at: at(NOW_S - HOUR),
        }
    }

    fn origins(count: i64) -> BTreeSet<Place> {
        (0..count).map(|index| (symbol("BTC"), index * 6 * HOUR)).collect()
    }

    #[test]
    fn a_second_vote_a_young_account_and_a_stranger_are_worth_less_than_a_member() {
        let young = Voter::Account { created_at: at(NOW_S - 6 * 24 * HOUR) };
        let votes = [
            vote(1, old(), 1, true),
            vote(1, old(), 1, true),
            vote(2, young, 1, true),
            vote(3, Voter::Stranger, 1, true),
        ];
        assert_eq!(worths(&votes, at(NOW_S)), [1.0, 0.0, 0.0, 0.25]);
    }

    #[test]
    fn a_thousand_false_votes_of_five_accounts_move_almost_nothing() {
        let votes: Vec<Vote> = (0..1_000).map(|index| vote(index % 5, old(), (index / 5) as i64, true)).collect();
        let now = at(NOW_S);
        let total: f64 = worths(&votes, now).iter().sum();
        assert!(total <= 5.0 * MOST_OF_ONE + 1e-9, "{total}");
        assert!(doubts(&votes, now).values().all(|doubt| weight(*doubt) < 1.11), "{:?}", doubts(&votes, now));
        let (doubled, heard) = heard(&votes, now, &origins(10_000));
        assert!(doubled.len() < 10, "{}", doubled.len());
        assert!(heard.share < 0.001, "{heard:?}");
    }

    #[test]
    fn a_thousand_strangers_are_worth_less_than_three_members() {
        let votes: Vec<Vote> = (0..1_000).map(|index| vote(index, Voter::Stranger, 1, true)).collect();
        assert!(worths(&votes, at(NOW_S)).iter().sum::<f64>() <= LEAST_OF_STRANGERS + 1e-9);
    }

    #[test]
    fn a_forecast_that_as_many_confirm_as_deny_is_not_doubted() {
        let votes = [vote(1, old(), 1, true), vote(2, old(), 1, false)];
        assert!(doubts(&votes, at(NOW_S)).is_empty());
    }

    #[test]
    fn denials_that_the_outcome_contradicts_move_no_threshold() {
        let mut votes = vec![vote(1, old(), 1, true)];
        assert!(threshold_shifts(&votes, at(NOW_S))[&symbol("BTC")] > 0.0);
        votes[0].was_high = Some(true);
        assert!(threshold_shifts(&votes, at(NOW_S)).is_empty());
        votes[0].chance = 0.1;
        assert!(threshold_shifts(&votes, at(NOW_S))[&symbol("BTC")] < 0.0);
        votes[0].was_high = None;
        assert!(threshold_shifts(&votes, at(NOW_S)).is_empty());
    }

    #[test]
    fn origins_around_a_doubted_forecast_count_more_and_others_do_not() {
        let votes: Vec<Vote> = (0..40).map(|voter| vote(voter, old(), 600, true)).collect();
        let (doubled, heard) = heard(&votes, at(NOW_S), &origins(1_000));
        assert!(!doubled.is_empty() && heard.doubted == 1, "{heard:?}");
        assert!(doubled.iter().all(|(_, at_s)| (at_s - 600 * HOUR).abs() <= NEAR_HOURS * HOUR), "{doubled:?}");
    }

    fn any_vote() -> impl Strategy<Value = Vote> {
        (0_usize..40, 0..3, 0_i64..300, any::<bool>(), 0.0..1.0, any::<Option<bool>>()).prop_map(
            |(by, kind, forecast, is_denial, chance, was_high)| {
                let voter = match kind {
                    0 => old(),
                    1 => Voter::Account { created_at: at(NOW_S - HOUR) },
                    _ => Voter::Stranger,
                };
                // One name is one kind of voter.
                let by = by * 3 + kind as usize;
                Vote { chance, was_high, ..vote(by, voter, forecast, is_denial) }
            },
        )
    }

    proptest! {
        #[test]
        fn no_votes_pass_any_bound(votes in prop::collection::vec(any_vote(), 0..400), grid in 1_i64..400) {
            let (now, origins) = (at(NOW_S), origins(grid));
            let worths = worths(&votes, now);
            prop_assert!(worths.iter().all(|worth| (0.0..=1.0).contains(worth)));
            let mut by_voter: BTreeMap<&str, f64> = BTreeMap::new();
            for (vote, worth) in votes.iter().zip(&worths) {
                *by_voter.entry(&vote.by).or_default() += worth;
            }
            prop_assert!(by_voter.values().all(|sum| *sum <= MOST_OF_ONE + 1e-9));
            let doubts = doubts(&votes, now);
            prop_assert!(doubts.values().all(|doubt| (1.0..MOST_WEIGHT).contains(&weight(*doubt))));
            let (doubled, heard) = heard(&votes, now, &origins);
            prop_assert!(heard.share <= MOST_SHARE + 1e-9, "{heard:?}");
            prop_assert!(doubled.is_subset(&origins));
            prop_assert!(threshold_shifts(&votes, now).values().all(|shift| shift.abs() < MOST_SHIFT));
        }

        #[test]
        fn one_more_denial_never_makes_a_forecast_more_trusted(
            votes in prop::collection::vec(any_vote(), 0..60),
        ) {
            let now = at(NOW_S);
            let place = (symbol("BTC"), 7 * HOUR);
            let before = doubts(&votes, now).get(&place).copied().unwrap_or_default();
            let mut more = votes;
            more.push(vote(10_000, old(), 7, true));
            let after = doubts(&more, now).get(&place).copied().unwrap_or_default();
            // Strangers may come to count a little more beside another account.
            prop_assert!(after >= before - 0.1, "{before} {after}");
        }
    }
}
