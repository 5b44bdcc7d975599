//! What people say moves a training by a bounded part, and never the decision about who serves.

use std::collections::BTreeSet;

use domain::chat::VisitorId;
use domain::clock::instant;
use domain::feedback::{FeedbackOrigin, ForecastFeedback, ForecastVerdict};
use server::retraining::votes::{LEAST_OF_STRANGERS, MOST_OF_ONE, MOST_SHARE, MOST_SHIFT, denied};
use server::retraining::{Instruction, Made, Material, Networks, Vote, Voter, carry_out};
use server::store::Giver;

use super::{DAY_S, NOW_S, World, bitcoin, instruction, market, networks, version};

on_both!(votes_come_back_with_who_gave_them_and_those_of_accounts_that_are_gone_do_not);

fn denial() -> ForecastFeedback {
    ForecastFeedback { verdict: ForecastVerdict::Wrong, seen: None, words: String::new() }
}

async fn votes_come_back_with_who_gave_them_and_those_of_accounts_that_are_gone_do_not(world: World) {
    let from = instant(NOW_S - 100 * DAY_S);
    let names = world.publish(&version(0), from, 2, 0.02, 0.02).await;
    let ann = world.account("ann", instant(NOW_S - 50 * DAY_S)).await;
    let bob = domain::user::AccountId::parse("bob").expect("a name");
    let givers = [Giver::Account(ann), Giver::Account(bob), Giver::Visitor(VisitorId::from_bits(7))];
    for giver in &givers {
        let given = world.store.give_feedback(&names[0], giver, &denial(), FeedbackOrigin::Card, world.now()).await;
        given.expect("stored");
    }
    let votes = world.store.votes(from, world.now()).await.expect("read");
    let voters: Vec<Voter> = votes.iter().map(|vote| vote.voter).collect();
    assert_eq!(voters.len(), 2, "{votes:?}");
    assert!(voters.contains(&Voter::Account { created_at: instant(NOW_S - 50 * DAY_S) }));
    assert!(voters.contains(&Voter::Stranger));
    assert!(votes.iter().all(|vote| vote.is_denial && vote.symbol == bitcoin() && vote.was_high == Some(false)));
    assert!((denied(&votes, None, world.now()) - 1.25).abs() < 1e-12);
    assert!(denied(&votes, Some(world.now()), world.now()).abs() < 1e-12, "nothing is new");
    let later = instant(NOW_S - 99 * DAY_S);
    assert!(world.store.votes(later, world.now()).await.expect("read").is_empty());
}

/// Trains on the simulated market into a registry where model 0 serves.
fn made(world: &World, votes: &[Vote]) -> Made {
    let material = Material { candles: market(), votes, registry: &world.registry, revision: "test" };
    // Four origins a day: enough of them lie near a doubted forecast.
    let networks = Networks { every_hours: 6, ..networks() };
    let instruction = Instruction { networks, ..instruction(true) };
    carry_out(&instruction, &material, &|_| {}).expect("a model")
}

#[tokio::test]
async fn a_thousand_false_votes_of_a_few_accounts_leave_the_promoted_model_unharmed() {
    let world = World::on_sqlite().await;
    world.serve(0);
    // The horizons of these forecasts lie in what the next training learns from.
    let from = instant(NOW_S - 200 * DAY_S);
    let names = world.publish(&version(0), from, 200, 0.02, 0.02).await;
    for number in 0..5 {
        let account = world.account(&format!("false-{number}"), instant(NOW_S - 300 * DAY_S)).await;
        for name in &names {
            let giver = Giver::Account(account.clone());
            let given = world.store.give_feedback(name, &giver, &denial(), FeedbackOrigin::Api, world.now()).await;
            given.expect("stored");
        }
    }
    let votes = world.store.votes(from, world.now()).await.expect("read");
    assert_eq!(votes.len(), 1_000);
    assert!(denied(&votes, None, world.now()) <= 5.0 * MOST_OF_ONE + 1e-9);

    let (without, with) = (made(&world, &[]), made(&world, &votes));
    assert!(with.heard.doubled > 0 && with.heard.share <= MOST_SHARE, "{:?}", with.heard);
    assert!(with.heard.share < 0.01, "five accounts: {:?}", with.heard);
    assert_eq!(without.heard.doubled, 0);
    // Both are judged by the same outcomes, and by nothing else.
    assert_eq!(without.comparison.ruling().promotes, with.comparison.ruling().promotes);
    for (without, with) in without.comparison.horizons.iter().zip(&with.comparison.horizons) {
        assert_eq!((without.days, without.forecasts), (with.days, with.forecasts));
        assert!((with.challenger.qlike / without.challenger.qlike - 1.0).abs() < 0.01, "{with:?} {without:?}");
        assert_eq!(with.champion, without.champion);
    }
    let shifts = world.retraining.threshold_shifts().await.expect("read");
    assert!(shifts.values().all(|shift| shift.abs() < MOST_SHIFT), "{shifts:?}");
}

#[tokio::test]
async fn a_crowd_of_cookies_is_worth_two_members() {
    let world = World::on_sqlite().await;
    let names = world.publish(&version(0), instant(NOW_S - 100 * DAY_S), 1, 0.02, 0.02).await;
    for number in 0..300 {
        let giver = Giver::Visitor(VisitorId::from_bits(number));
        let given = world.store.give_feedback(&names[0], &giver, &denial(), FeedbackOrigin::Card, world.now()).await;
        given.expect("stored");
    }
    let votes = world.store.votes(instant(0), world.now()).await.expect("read");
    assert_eq!(votes.iter().map(|vote| vote.by.as_str()).collect::<BTreeSet<_>>().len(), 300);
    assert!(denied(&votes, None, world.now()) <= LEAST_OF_STRANGERS + 1e-9);
}
