//! A kill at any point loses nothing and sends nothing twice, but for what was handed over and got no answer.

use jiff::SignedDuration;
use std::collections::BTreeSet;

use super::{HOUR, World};
use crate::killed::killed_after;

on_both!(a_chain_that_is_killed_at_any_wait_ends_in_one_letter);

/// How often the chain is killed.
const KILLS: u32 = 100;
/// The chain has fewer waits than this. Without a common factor with the number of kills, so that each is met.
const WAITS: u32 = 73;

async fn a_chain_that_is_killed_at_any_wait_ends_in_one_letter(mut world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    let (mut kills, mut repeats) = (0, 0);
    for round in 0..KILLS {
        // The horizon of the last letter's forecast has passed.
        world.wait(HOUR * 25);
        world.say(0.6);
        let before = world.taken().len();
        if killed_after(round * 31 % WAITS, world.chain()).await.is_none() {
            kills += 1;
        }
        world.restart().await;
        // Leases of whoever was killed run out.
        world.wait(SignedDuration::from_mins(7));
        world.chain().await;
        let new = world.taken().split_off(before);
        let names: BTreeSet<&str> = new.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(names.len(), 1, "round {round}: {new:?}");
        assert!(new.len() <= 2, "round {round}: {new:?}");
        repeats += new.len() - 1;
    }
    assert!(kills > KILLS / 4, "only {kills} kills");
    assert!(repeats < kills as usize, "{repeats} repeats of {kills} kills");
    let counts = world.store.outbox_counts().await.expect("read");
    assert_eq!((counts.waiting, counts.sent, counts.dead), (0, u64::from(KILLS), 0));
    assert_eq!(world.store.unread(&ann).await.expect("read"), KILLS);
    let mut names: Vec<String> = world.taken().into_iter().map(|(id, _)| id).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), KILLS as usize);
}
