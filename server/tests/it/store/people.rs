//! Accounts, their sessions and their letters.

use domain::chat::{ConversationId, MessageId};
use domain::user::{AccountId, Role};
use server::outbox::Parcel;
use server::store::{KeptSession, Opened};

use super::{World, address, at, member, visitor};

on_both!(
    an_account_comes_back_as_it_was_and_its_letter_with_it,
    an_address_is_taken_once_and_a_letter_of_a_refused_account_is_not_kept,
    accents_and_letters_that_look_alike_tell_addresses_apart,
    saying_what_is_so_already_still_finds_the_account,
    an_address_changes_where_it_is_free_and_only_from_the_one_so_far,
    another_password_ends_every_session_and_is_changed_once,
    a_deleted_account_leaves_a_farewell_and_nothing_else,
    a_session_is_kept_replaced_and_forgotten_when_it_ends,
    a_session_of_nobody_is_refused_and_not_taken_for_one_that_is_there,
    a_text_that_is_too_long_for_its_column_is_refused_or_whole,
);

async fn an_account_comes_back_as_it_was_and_its_letter_with_it(fresh: World) {
    let ann = member(1, "ann@example.org");
    let letter = Parcel::ConfirmAddress { account: ann.account.id.clone() };
    assert!(fresh.store.add_account(&ann, Some(&letter)).await.expect("stored"));
    let kept = fresh.store.account(&ann.account.id).await.expect("read").expect("there");
    assert_eq!((&kept.account, &kept.password_hash), (&ann.account, &ann.password_hash));
    let found = fresh.store.account_at(&address("Ann@Example.org")).await.expect("read").expect("there");
    assert_eq!(found.account, ann.account);
    let raw = fresh.raw().await;
    let waiting = "select count(*) from outbox where account = 'account-1' and state = 'waiting' and attempts = 0";
    assert_eq!(raw.number(waiting).await, 1);
    let nobody = AccountId::parse("account-2").expect("a name");
    assert!(fresh.store.account(&nobody).await.expect("read").is_none());
}

async fn an_address_is_taken_once_and_a_letter_of_a_refused_account_is_not_kept(fresh: World) {
    assert!(fresh.store.add_account(&member(1, "ann@example.org"), None).await.expect("stored"));
    for second in [member(2, "ann@example.org"), member(1, "bob@example.org")] {
        let letter = Parcel::ConfirmAddress { account: second.account.id.clone() };
        assert!(!fresh.store.add_account(&second, Some(&letter)).await.expect("answered"), "{second:?}");
    }
    let raw = fresh.raw().await;
    assert_eq!(raw.number("select count(*) from accounts").await, 1);
    assert_eq!(raw.number("select count(*) from outbox").await, 0);
}

async fn accents_and_letters_that_look_alike_tell_addresses_apart(fresh: World) {
    let names = ["zoe", "zoé", "zoë", "strasse", "straße", "ınes", "ines", "анна", "anna", "𝒂nna", "zoe-", "zoe--"];
    for (number, name) in (1..).zip(names) {
        let account = member(number, &format!("{name}@example.org"));
        assert!(fresh.store.add_account(&account, None).await.expect("stored"), "{name}");
    }
    for (number, name) in (1..).zip(names) {
        let found = fresh.store.account_at(&address(&format!("{name}@example.org"))).await.expect("read");
        assert_eq!(found.expect(name).account, member(number, &format!("{name}@example.org")).account);
    }
}

async fn saying_what_is_so_already_still_finds_the_account(fresh: World) {
    let ann = member(1, "ann@example.org");
    fresh.store.add_account(&ann, None).await.expect("stored");
    let (id, to) = (&ann.account.id, &ann.account.address);
    // A server may count the rows that it changed, not those that it found.
    for later in [5, 5, 9] {
        assert!(fresh.store.confirm_account(id, to, at(later)).await.expect("answered"), "{later}");
    }
    let kept = fresh.store.account(id).await.expect("read").expect("there");
    assert_eq!(kept.account.confirmed_at, Some(at(5)), "the first time stands");
    for _ in 0..2 {
        assert!(fresh.store.set_role(to, Role::Operator).await.expect("answered"));
    }
    assert_eq!(fresh.store.account(id).await.expect("read").expect("there").account.role, Role::Operator);
    assert!(!fresh.store.set_role(&address("bob@example.org"), Role::Operator).await.expect("answered"));
    assert!(!fresh.store.confirm_account(id, &address("bob@example.org"), at(1)).await.expect("answered"));
}

async fn an_address_changes_where_it_is_free_and_only_from_the_one_so_far(fresh: World) {
    let (ann, bob) = (member(1, "ann@example.org"), member(2, "bob@example.org"));
    for account in [&ann, &bob] {
        fresh.store.add_account(account, None).await.expect("stored");
    }
    let (id, from) = (&ann.account.id, &ann.account.address);
    let change = |to: &'static str, when| {
        let store = fresh.store.clone();
        let (id, from) = (id.clone(), from.clone());
        async move { store.change_address(&id, &from, &address(to), at(when)).await.expect("answered") }
    };
    assert!(!change("bob@example.org", 1).await, "somebody's");
    assert!(change("anna@example.org", 2).await);
    assert!(!change("annie@example.org", 3).await, "the account has another address by now");
    let kept = fresh.store.account(id).await.expect("read").expect("there").account;
    assert_eq!((kept.address, kept.confirmed_at), (address("anna@example.org"), Some(at(2))));
    assert_eq!(fresh.raw().await.number("select count(*) from outbox").await, 1, "one notice to the old address");
}

fn session(name: &str, account: Option<&AccountId>, ends_s: i64) -> KeptSession {
    KeptSession {
        id: name.to_owned(),
        account: account.cloned(),
        content: format!("{{\"words\":\"{}\"}}", "é🦀\\n".repeat(30_000)),
        expires_at_s: ends_s,
    }
}

async fn another_password_ends_every_session_and_is_changed_once(fresh: World) {
    let (ann, bob) = (member(1, "ann@example.org"), member(2, "bob@example.org"));
    for (name, account) in [("first", &ann), ("second", &bob)] {
        fresh.store.add_account(account, None).await.expect("stored");
        fresh.store.keep_session(&session(name, Some(&account.account.id), 100)).await.expect("kept");
    }
    let id = &ann.account.id;
    for (expected, when) in [(true, 1), (false, 2)] {
        let done = fresh.store.change_password(id, &ann.password_hash, "$argon2id$new", at(when)).await;
        assert_eq!(done.expect("answered"), expected);
    }
    let kept = fresh.store.account(id).await.expect("read").expect("there");
    assert_eq!((kept.password_hash.as_str(), kept.account.confirmed_at), ("$argon2id$new", Some(at(1))));
    assert!(fresh.store.session("first", 1).await.expect("read").is_none());
    assert!(fresh.store.session("second", 1).await.expect("read").is_some(), "somebody else's goes on");
}

async fn a_deleted_account_leaves_a_farewell_and_nothing_else(fresh: World) {
    let ann = member(1, "ann@example.org");
    let id = &ann.account.id;
    let letter = Parcel::ConfirmAddress { account: id.clone() };
    fresh.store.add_account(&ann, Some(&letter)).await.expect("stored");
    fresh.store.keep_session(&session("first", Some(id), 100)).await.expect("kept");
    let asked = Opened {
        conversation: ConversationId::from_bits(1),
        title: "What now?".to_owned(),
        question: Some((MessageId::from_bits(1), "What now?".to_owned())),
        answer: MessageId::from_bits(2),
        instead_of: None,
        at: at(0),
    };
    assert!(fresh.store.open_answer(&visitor(7), &asked).await.expect("kept"));
    fresh.store.delete_account(&ann.account, &visitor(7), at(9)).await.expect("deleted");
    let raw = fresh.raw().await;
    for table in ["accounts", "sessions", "conversations", "messages", "feedback"] {
        assert_eq!(raw.number(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    assert_eq!(raw.number("select count(*) from outbox where account is null").await, 1);
    assert_eq!(raw.number("select count(*) from outbox").await, 1, "letters to the account went with it");
    assert!(fresh.store.add_account(&ann, None).await.expect("stored"), "the address is free again");
}

async fn a_session_is_kept_replaced_and_forgotten_when_it_ends(fresh: World) {
    let first = session("first", None, 100);
    assert!(fresh.store.add_session(&first).await.expect("kept"));
    assert!(!fresh.store.add_session(&session("first", None, 900)).await.expect("answered"), "the name is taken");
    assert_eq!(fresh.store.session("first", 99).await.expect("read"), Some((first.content.clone(), 100)));
    assert_eq!(fresh.store.session("first", 100).await.expect("read"), None, "it has ended");
    assert_eq!(fresh.store.session("First", 99).await.expect("read"), None, "names are told apart by case");

    for _ in 0..2 {
        let replaced = KeptSession { content: "{}".to_owned(), expires_at_s: 200, ..first.clone() };
        fresh.store.keep_session(&replaced).await.expect("replaced");
    }
    assert_eq!(fresh.store.session("first", 150).await.expect("read"), Some(("{}".to_owned(), 200)));
    fresh.store.keep_session(&session("second", None, 300)).await.expect("kept");
    assert_eq!(fresh.store.forget_ended_sessions(200).await.expect("forgotten"), 1);
    fresh.store.end_session("second").await.expect("ended");
    assert_eq!(fresh.raw().await.number("select count(*) from sessions").await, 0);
}

async fn a_session_of_nobody_is_refused_and_not_taken_for_one_that_is_there(fresh: World) {
    let nobody = AccountId::parse("account-404").expect("a name");
    let orphan = session("first", Some(&nobody), 100);
    // Whoever is told that the name is taken tries other names for ever.
    fresh.store.add_session(&orphan).await.expect_err("its account is gone");
    fresh.store.keep_session(&orphan).await.expect_err("its account is gone");
    assert_eq!(fresh.raw().await.number("select count(*) from sessions").await, 0);
}

async fn a_text_that_is_too_long_for_its_column_is_refused_or_whole(fresh: World) {
    let long = session(&"x".repeat(500), None, 100);
    let added = fresh.store.add_session(&long).await;
    let kept = fresh.store.keep_session(&long).await;
    if fresh.is_a_server() {
        added.expect_err("never cut short");
        kept.expect_err("never cut short");
        assert_eq!(fresh.raw().await.number("select count(*) from sessions").await, 0);
    } else {
        assert!(added.expect("kept"));
        kept.expect("kept");
        assert!(fresh.store.session(&long.id, 1).await.expect("read").is_some());
    }
}
