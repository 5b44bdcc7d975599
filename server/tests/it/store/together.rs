//! Two processes on one store: each has connections of its own, and both write at once.

use domain::chat::{ConversationId, MessageId};
use domain::clock::SECONDS_PER_HOUR;
use domain::market::{CandleSeries, Symbol};
use futures::future::{join_all, try_join_all};
use server::config::Secret;
use server::market::gaps::Gap;
use server::market::quarantine::{Reason, Refused};
use server::store::{Answered, Batch, Opened, Place, Store};

use super::{World, address, at, member, visitor};
use crate::mariadb;

on_both!(
    an_address_goes_to_one_of_many_who_want_it,
    one_address_is_changed_to_by_one_account_only,
    one_conversation_takes_every_question_in_an_order,
    batches_of_the_same_candles_are_stored_once,
    sessions_of_one_name_written_by_all_leave_one,
);

/// How many write at once.
const WRITERS: u32 = 8;

/// As many stores as there are writers, half of them of another process.
async fn writers(fresh: &World) -> Vec<Store> {
    let other = fresh.again().await;
    (0..WRITERS).map(|number| if number % 2 == 0 { fresh.store.clone() } else { other.clone() }).collect()
}

/// Lets every writer do its work while the others do theirs.
async fn at_once<F, T>(stores: Vec<Store>, work: impl Fn(u32, Store) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks = (0..).zip(stores).map(|(number, store)| tokio::spawn(work(number, store)));
    try_join_all(tasks).await.expect("no writer panics")
}

async fn an_address_goes_to_one_of_many_who_want_it(fresh: World) {
    let taken = at_once(writers(&fresh).await, |number, store| async move {
        store.add_account(&member(number, "ann@example.org"), None).await.expect("answered")
    });
    assert_eq!(taken.await.into_iter().filter(|&is_mine| is_mine).count(), 1);
}

async fn one_address_is_changed_to_by_one_account_only(fresh: World) {
    for number in 0..WRITERS {
        let account = member(number, &format!("ann{number}@example.org"));
        assert!(fresh.store.add_account(&account, None).await.expect("stored"));
    }
    let changed = at_once(writers(&fresh).await, |number, store| async move {
        let account = member(number, &format!("ann{number}@example.org")).account;
        store.change_address(&account.id, &account.address, &address("ann@example.org"), at(1)).await.expect("answered")
    });
    assert_eq!(changed.await.into_iter().filter(|&is_mine| is_mine).count(), 1);
    assert_eq!(fresh.raw().await.number("select count(*) from outbox").await, 1, "one notice");
}

async fn one_conversation_takes_every_question_in_an_order(fresh: World) {
    const QUESTIONS: u32 = 12;
    at_once(writers(&fresh).await, |writer, store| async move {
        for question in 0..QUESTIONS {
            let number = u128::from(writer * QUESTIONS + question) * 2 + 1;
            let opened = Opened {
                conversation: ConversationId::from_bits(1),
                title: "What now?".to_owned(),
                question: Some((MessageId::from_bits(number), "What now?".to_owned())),
                answer: MessageId::from_bits(number + 1),
                instead_of: None,
                at: at(1),
            };
            assert!(store.open_answer(&visitor(1), &opened).await.expect("kept"));
        }
    })
    .await;
    let raw = fresh.raw().await;
    let expected = i64::from(WRITERS * QUESTIONS * 2);
    assert_eq!(raw.number("select count(*) from messages").await, expected);
    assert_eq!(raw.number("select max(place) from messages").await, expected, "no place is left empty");
    let answers = "select count(*) from messages q join messages a on a.conversation = q.conversation \
         and a.place = q.place + 1 where q.author = 'reader' and a.author = 'buddy'";
    assert_eq!(raw.number(answers).await, expected / 2, "every question is followed by its answer");
}

async fn batches_of_the_same_candles_are_stored_once(fresh: World) {
    const ROUNDS: u32 = 10;
    let added = at_once(writers(&fresh).await, |_, store| async move {
        let symbol = Symbol::parse("BTC").expect("a coin");
        let mut added = (0, 0);
        for round in 0..ROUNDS {
            let first = i64::from(round) * 50;
            let prices: Vec<f64> = (0..100).map(f64::from).collect();
            let candles = CandleSeries {
                opens_at_s: (first..first + 100).map(|hour| hour * SECONDS_PER_HOUR).collect(),
                open: prices.clone(),
                high: prices.clone(),
                low: prices.clone(),
                close: prices.clone(),
                volume: prices,
            };
            let refused: Vec<Refused> = (first..first + 100)
                .map(|row| Refused { row: None, open_time_ms: None, reason: Reason::Unreadable, raw: row.to_string() })
                .collect();
            let batch = Batch {
                symbol: &symbol,
                source: "binance",
                place: "",
                seen_at_s: None,
                candles: &candles,
                refused: &refused,
                answered: Some(Answered { from_s: 0, next_s: first + 100 }),
                file: None,
                now_s: 1,
            };
            let committed = store.commit(&batch).await.expect("stored");
            added = (added.0 + committed.added, added.1 + committed.quarantined);
            store.replace_gaps(&symbol, &[Gap { from_s: 3, to_s: 5 }]).await.expect("stored");
        }
        added
    });
    let added = added.await.into_iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    let expected = u64::from((ROUNDS - 1) * 50 + 100);
    assert_eq!(added, (expected, expected), "each is new to one writer");
    let btc = Symbol::parse("BTC").expect("a coin");
    assert_eq!(fresh.store.load_candles(&btc).await.expect("read").len() as u64, expected);
    assert_eq!(fresh.store.gaps().await.expect("read")[&btc], [Gap { from_s: 3, to_s: 5 }]);
    let answered = fresh.store.answered("binance", &btc).await.expect("read");
    assert_eq!(answered, [Answered { from_s: 0, next_s: i64::from(ROUNDS - 1) * 50 + 100 }]);
}

async fn sessions_of_one_name_written_by_all_leave_one(fresh: World) {
    at_once(writers(&fresh).await, |number, store| async move {
        for round in 0..10 {
            let session = server::store::KeptSession {
                id: "first".to_owned(),
                account: None,
                content: format!("{number} {round}"),
                expires_at_s: 100,
            };
            store.keep_session(&session).await.expect("kept");
        }
    })
    .await;
    let (content, _) = fresh.store.session("first", 1).await.expect("read").expect("there");
    assert!(content.ends_with(" 9"), "{content}");
    assert_eq!(fresh.raw().await.number("select count(*) from sessions").await, 1);
}

#[tokio::test]
async fn servers_that_start_at_once_on_an_empty_data_base_make_its_tables_once() {
    let place = Place::Server(Secret::new(mariadb::fresh().await));
    let opened = join_all((0..WRITERS).map(|_| Store::at(&place))).await;
    for store in opened {
        store.expect("it waits for whoever came first").close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_lets_nobody_in_is_a_sentence_without_the_password() {
    for address in ["mysql://ann:s3cret@127.0.0.1:1/none", "mysql://ann:s3cret@["] {
        let error = Store::at(&Place::Server(Secret::new(address.to_owned()))).await.expect_err("nobody is there");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("s3cret"), "{said}");
        assert!(error.to_string().contains("INVESTBUDDY_DATABASE_URL"), "{error}");
    }
    let url = mariadb::fresh().await.replace("root@", "ann:s3cret@");
    let error = Store::at(&Place::Server(Secret::new(url))).await.expect_err("nobody knows her");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}
