//! What the outbox does with parcels that do not get there.

use jiff::SignedDuration;
use server::alerts::{CarryError, MOST_ATTEMPTS, back_off};
use server::outbox::Parcel;
use server::store::{OutboxQuery, ParcelState};

use super::World;

on_both!(
    a_parcel_that_cannot_go_now_is_tried_later_and_later,
    a_refused_parcel_is_dead_until_somebody_replays_it,
    two_who_lease_get_no_parcel_twice,
    a_lease_that_runs_out_leaves_its_parcels_to_the_next,
    parcels_go_out_in_the_order_in_which_they_are_due,
    operators_filter_and_leaf_through_the_outbox,
);

fn reset(account: &domain::user::AccountId) -> Parcel {
    Parcel::ResetPassword { account: account.clone() }
}

async fn post_now(world: &World) {
    world.jobs.run_now("post").await.expect("the store answers");
}

async fn a_parcel_that_cannot_go_now_is_tried_later_and_later(world: World) {
    let ann = world.member("ann").await;
    world.store.post_parcel(&reset(&ann), world.now()).await.expect("stored");
    world.answer((0..MOST_ATTEMPTS).map(|_| CarryError::Later("451 <ann@example.org> try later".to_owned())));
    let query = OutboxQuery { limit: 10, ..OutboxQuery::default() };
    for failures in 1..=MOST_ATTEMPTS {
        post_now(&world).await;
        // A second try at the same moment finds nothing that is due.
        post_now(&world).await;
        let entry = world.store.outbox(&query).await.expect("read").remove(0);
        assert_eq!(entry.attempts, failures);
        assert!(entry.failure.contains("451") && !entry.failure.contains("ann"), "{}", entry.failure);
        match back_off(failures) {
            Some(wait) => {
                assert_eq!(entry.state, ParcelState::Waiting);
                assert_eq!(entry.due_at, world.now() + wait);
                world.wait(wait);
            }
            None => assert_eq!(entry.state, ParcelState::Dead),
        }
    }
    assert!(world.taken().is_empty());
    world.wait(SignedDuration::from_hours(1_000));
    post_now(&world).await;
    assert!(world.taken().is_empty(), "what is dead stays dead");
}

async fn a_refused_parcel_is_dead_until_somebody_replays_it(world: World) {
    let ann = world.member("ann").await;
    world.store.post_parcel(&reset(&ann), world.now()).await.expect("stored");
    world.answer([CarryError::Refused("550 no such mailbox".to_owned())]);
    post_now(&world).await;
    let query = OutboxQuery { state: Some(ParcelState::Dead), limit: 10, ..OutboxQuery::default() };
    let dead = world.store.outbox(&query).await.expect("read");
    assert_eq!((dead.len(), dead[0].what.as_str()), (1, "reset_password"));
    assert_eq!(world.store.outbox_parcel(&dead[0].id).await.expect("read"), Some(reset(&ann)));
    assert!(world.store.replay_parcel(&dead[0].id, world.now()).await.expect("stored"));
    assert!(!world.store.replay_parcel(&dead[0].id, world.now()).await.expect("stored"), "it is alive already");
    post_now(&world).await;
    assert_eq!(world.taken(), [(dead[0].id.clone(), reset(&ann))]);
    assert!(!world.store.replay_parcel(&dead[0].id, world.now()).await.expect("stored"), "it is gone");
}

async fn two_who_lease_get_no_parcel_twice(world: World) {
    let ann = world.member("ann").await;
    for _ in 0..60 {
        world.store.post_parcel(&reset(&ann), world.now()).await.expect("stored");
    }
    let other = world.again().await;
    let (now, until) = (world.now(), world.now() + SignedDuration::from_mins(5));
    let mut ids = Vec::new();
    for _ in 0..10 {
        let (mine, theirs) =
            tokio::join!(world.store.lease_parcels(now, until, 10), other.lease_parcels(now, until, 10));
        ids.extend([mine, theirs].into_iter().flat_map(|leased| leased.expect("read")).map(|leased| leased.id));
    }
    assert_eq!(ids.len(), 60);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 60);
}

async fn a_lease_that_runs_out_leaves_its_parcels_to_the_next(world: World) {
    let ann = world.member("ann").await;
    world.store.post_parcel(&reset(&ann), world.now()).await.expect("stored");
    let (now, until) = (world.now(), world.now() + SignedDuration::from_mins(5));
    let first = world.store.lease_parcels(now, until, 10).await.expect("read");
    assert!(world.store.lease_parcels(now, until, 10).await.expect("read").is_empty());
    let second = world.store.lease_parcels(until, until + SignedDuration::from_mins(5), 10).await.expect("read");
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0].id, second[0].id);
    assert!(!world.store.mark_parcel_sent(&first[0], until).await.expect("stored"), "it is somebody else's");
    assert!(world.store.mark_parcel_sent(&second[0], until).await.expect("stored"));
}

async fn parcels_go_out_in_the_order_in_which_they_are_due(world: World) {
    let ann = world.member("ann").await;
    let parcels = [
        (30, Parcel::PasswordChanged { account: ann.clone() }),
        (10, Parcel::ConfirmAddress { account: ann.clone() }),
        (20, reset(&ann)),
        (-70, Parcel::AddressTaken { account: ann }),
    ];
    for (ago, parcel) in &parcels {
        let at = world.now() - SignedDuration::from_mins(*ago);
        world.store.post_parcel(parcel, at).await.expect("stored");
    }
    let leased = world.store.lease_parcels(world.now(), world.now() + SignedDuration::from_mins(5), 10).await;
    let leased: Vec<Parcel> = leased.expect("read").into_iter().filter_map(|leased| leased.parcel).collect();
    assert_eq!(leased, [parcels[0].1.clone(), parcels[2].1.clone(), parcels[1].1.clone()]);
}

async fn operators_filter_and_leaf_through_the_outbox(world: World) {
    let ann = world.member("ann").await;
    for _ in 0..5 {
        world.store.post_parcel(&reset(&ann), world.now()).await.expect("stored");
        world.wait(SignedDuration::from_secs(1));
    }
    let webhook = Parcel::Webhook { url: "http://127.0.0.1:1/".to_owned(), prediction: "gone".to_owned() };
    world.store.post_parcel(&webhook, world.now()).await.expect("stored");
    let page = async |skipped, channel: Option<&str>| {
        let channel = channel.map(ToOwned::to_owned);
        let query = OutboxQuery { state: Some(ParcelState::Waiting), channel, skipped, limit: 4 };
        world.store.outbox(&query).await.expect("read")
    };
    let (first, second) = (page(0, None).await, page(4, None).await);
    assert_eq!((first.len(), second.len()), (4, 2));
    assert_eq!((first[0].channel.as_str(), first[0].account.as_ref()), ("webhook", None));
    assert!(first.iter().chain(&second).map(|entry| entry.created_at).is_sorted_by(|newer, older| newer >= older));
    assert_eq!(page(0, Some("webhook")).await, first[..1]);
    post_now(&world).await;
    assert!(page(0, None).await.is_empty());
    assert_eq!(world.store.outbox_counts().await.expect("read").sent, 6);
}
