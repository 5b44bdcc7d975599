//! Accounts as people meet them: over HTTP, by forms and by the links of letters.

use domain::language::Language;
use domain::user::Account;
use server::store::KeptAccount;

use crate::browser::{Browser, PASSWORD, email};
use crate::buddy::{Buddy, Reply};

async fn kept(buddy: &Buddy, name: &str) -> KeptAccount {
    buddy.store.account_at(&email(name)).await.expect("reads").expect("an account")
}

async fn account(buddy: &Buddy, name: &str) -> Account {
    kept(buddy, name).await.account
}

fn credentials(name: &str, password: &str) -> [(&'static str, String); 2] {
    [("email", format!("{name}@example.org")), ("password", password.to_owned())]
}

async fn sign_in(browser: &Browser<'_>, name: &str, password: &str) -> Reply {
    browser.send("/account/sign-in", &credentials(name, password)).await
}

#[tokio::test]
async fn somebody_signs_up_confirms_by_letter_signs_in_and_out() {
    let buddy = Buddy::spawn().await;
    let browser = Browser::new(&buddy);
    let page = browser.get("/account").await;
    assert_eq!((page.status, page.header("location")), (303, "/account/sign-in?next=%2Faccount"));

    let sent = browser.send("/account/sign-up", &credentials("ann", PASSWORD)).await;
    assert!(sent.status == 200 && sent.body.contains("Look into your mailbox"), "{}", sent.body);
    let made = account(&buddy, "ann").await;
    assert!(made.confirmed_at.is_none());

    let ticket = buddy.accounts.confirmation_ticket(&made);
    let link = format!("/account/confirm?t={ticket}");
    for _ in 0..3 {
        // A scanner opens links; that confirms nothing.
        assert_eq!(browser.get(&link).await.status, 200);
    }
    assert!(account(&buddy, "ann").await.confirmed_at.is_none());
    let confirmed = browser.send("/account/confirm", &[("t", ticket)]).await;
    assert!(confirmed.body.contains("Your address is confirmed"), "{}", confirmed.body);
    assert!(account(&buddy, "ann").await.confirmed_at.is_some());

    let reply = browser.send("/account/sign-in?next=x", &credentials("ann", PASSWORD)).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/account"));
    let home = browser.get("/account").await;
    assert!(home.status == 200 && home.body.contains("ann@example.org"), "{}", home.body);
    assert_eq!(home.header("cache-control"), "private, no-cache");

    let left = browser.cookie("investbuddy_session").expect("a session");
    assert_eq!(browser.send("/account/sign-out", &[]).await.status, 303);
    let replayed = buddy.request("GET", "/account").header("cookie", format!("investbuddy_session={left}"));
    assert_eq!(Reply::of(replayed).await.status, 303, "the session has ended, whoever still has its cookie");
}

#[tokio::test]
async fn the_session_cookie_is_for_the_server_only_and_changes_when_somebody_signs_in() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let reply = sign_in(&Browser::new(&buddy), "ann", PASSWORD).await;
    let cookie = reply.header("set-cookie");
    for part in ["investbuddy_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let (first, second) = (Browser::new(&buddy), Browser::new(&buddy));
    sign_in(&first, "ann", PASSWORD).await;
    sign_in(&second, "ann", PASSWORD).await;
    assert_ne!(first.cookie("investbuddy_session"), second.cookie("investbuddy_session"));
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let browser = Browser::new(&buddy);
    for (path, fields) in [("/account/sign-up", PASSWORD), ("/account/forgot", "")] {
        let known = browser.send(path, &credentials("ann", fields)).await;
        let unknown = browser.send(path, &credentials("bob", fields)).await;
        assert_eq!(known.status, 200, "{path}");
        assert_eq!(without_nonce(&known), without_nonce(&unknown), "{path}");
    }
    // Somebody else's password was not replaced by that.
    let (wrong, nobody) =
        (sign_in(&browser, "ann", "not the password").await, sign_in(&browser, "eve", PASSWORD).await);
    assert_eq!((wrong.status, nobody.status), (422, 422));
    let differs = without_nonce(&wrong).replace("ann@example.org", "eve@example.org");
    assert_eq!(differs, without_nonce(&nobody));
    assert_eq!(sign_in(&browser, "ann", PASSWORD).await.status, 303);
}

fn without_nonce(page: &Reply) -> String {
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    page.body.replace(nonce, "")
}

#[tokio::test]
async fn a_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed() {
    let buddy = Buddy::spawn().await;
    let browser = Browser::new(&buddy);
    for (address, password, expected) in [
        ("", PASSWORD, "Please fill this in."),
        ("ann", PASSWORD, "This is not an e-mail address."),
        ("ann@example.org\r\nBcc: all@example.org", PASSWORD, "This is not an e-mail address."),
        ("ann@example.org", "", "Please fill this in."),
        ("ann@example.org", "short", "At least 10 characters"),
        ("ann@example.org", "password123", "one of the first that anybody would try"),
        ("<script>alert(1)</script>", PASSWORD, "This is not an e-mail address."),
    ] {
        let fields = [("email", address.to_owned()), ("password", password.to_owned())];
        let reply = browser.send("/account/sign-up", &fields).await;
        assert_eq!(reply.status, 422, "{address:?} {password:?}");
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
        assert!(!reply.body.contains("<script>alert"), "{}", reply.body);
        assert!(password.is_empty() || !reply.body.contains(password), "a password is never sent back");
        let typed = address.split(['\r', '<']).next().unwrap_or_default();
        assert!(reply.body.contains(typed), "{typed}: {}", reply.body);
    }
    let french = browser.send("/fr/account/sign-up", &[]).await;
    assert!(french.status == 422 && french.body.contains("Veuillez remplir ce champ."), "{}", french.body);
    let huge = browser.send("/account/sign-up", &[("email", "a".repeat(100_000))]).await;
    assert_eq!(huge.status, 413, "{}", huge.body);
    let json = buddy.request("POST", "/account/sign-up").header("content-type", "application/json").body("{}");
    assert_eq!(Reply::of(json).await.status, 422);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_and_ends_every_session() {
    let buddy = Buddy::spawn().await;
    let member = Browser::of_member(&buddy, "ann").await;
    let browser = Browser::new(&buddy);
    let ticket = buddy.accounts.reset_ticket(&kept(&buddy, "ann").await);
    assert_eq!(browser.get(&format!("/account/reset?t={ticket}")).await.status, 200);
    let short = browser.send("/account/reset", &[("t", ticket.clone()), ("password", "short".into())]).await;
    assert_eq!(short.status, 422, "{}", short.body);
    let fields = [("t", ticket.clone()), ("password", "another horse battery".into())];
    assert_eq!(browser.send("/account/reset", &fields).await.header("location"), "/account/sign-in?changed=password");
    assert_eq!(member.get("/account").await.status, 303, "the session so far has ended");
    assert_eq!(sign_in(&browser, "ann", PASSWORD).await.status, 422);
    assert_eq!(sign_in(&browser, "ann", "another horse battery").await.status, 303);

    let again = browser.send("/account/reset", &fields).await;
    assert!(again.status == 410 && again.body.contains("This link was used"), "{}", again.body);
}

#[tokio::test]
async fn links_that_are_cut_or_for_something_else_say_what_to_do() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let browser = Browser::new(&buddy);
    let kept = kept(&buddy, "ann").await;
    let (reset, confirm) = (buddy.accounts.reset_ticket(&kept), buddy.accounts.confirmation_ticket(&kept.account));
    for (path, ticket) in [
        ("/account/confirm", reset.clone()),
        ("/account/confirm", reset[..reset.len() - 4].to_owned()),
        ("/account/confirm", String::new()),
        ("/account/confirm-address", confirm.clone()),
        ("/account/reset", confirm),
    ] {
        let fields = [("t", ticket), ("password", "another horse battery".to_owned())];
        let reply = browser.send(path, &fields).await;
        assert!(reply.status == 400 && reply.body.contains("This link does not work"), "{path}: {}", reply.body);
    }
    assert_eq!(sign_in(&browser, "ann", PASSWORD).await.status, 303, "nothing was changed");
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_confirms_it() {
    let buddy = Buddy::spawn().await;
    let member = Browser::of_member(&buddy, "ann").await;
    Browser::of_member(&buddy, "bob").await;
    let ask = async |to: &str, password: &str| {
        let fields = [("new_email", format!("{to}@example.org")), ("address_password", password.to_owned())];
        member.send("/account/address", &fields).await
    };
    assert!(ask("zoe", "not the password").await.body.contains("This is not the password."));
    assert!(ask("ann", PASSWORD).await.body.contains("This is your address already."));
    assert_eq!(ask("zoe", PASSWORD).await.header("location"), "/account?done=address-letter");
    assert_eq!(ask("bob", PASSWORD).await.header("location"), "/account?done=address-letter", "the same answer");

    let ann = account(&buddy, "ann").await;
    let taken = buddy.accounts.change_ticket(&ann, &email("bob"));
    assert_eq!(member.send("/account/confirm-address", &[("t", taken)]).await.status, 410);
    let ticket = buddy.accounts.change_ticket(&ann, &email("zoe"));
    let fields = [("t", ticket)];
    assert_eq!(member.send("/account/confirm-address", &fields).await.header("location"), "/account?done=address");
    assert_eq!(member.send("/account/confirm-address", &fields).await.status, 410, "once");
    assert_eq!(account(&buddy, "zoe").await.id, ann.id);
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_session() {
    let buddy = Buddy::spawn().await;
    let member = Browser::of_member(&buddy, "ann").await;
    let wrong = member.send("/account/delete", &[("delete_password", "not the password".into())]).await;
    assert_eq!(wrong.status, 422);
    let reply = member.send("/account/delete", &[("delete_password", PASSWORD.into())]).await;
    assert!(reply.status == 200 && reply.body.contains("Your account is deleted"), "{}", reply.body);
    assert!(buddy.store.account_at(&email("ann")).await.expect("reads").is_none());
    assert_eq!(member.get("/account").await.status, 303);
}

#[tokio::test]
async fn whoever_tries_too_often_has_to_wait() {
    let buddy = Buddy::spawn_with(|settings| settings.accounts.sign_ins_a_minute = 5).await;
    let browser = Browser::new(&buddy);
    for _ in 0..5 {
        assert_eq!(sign_in(&browser, "eve", "not the password").await.status, 422);
    }
    let reply = sign_in(&browser, "eve", "not the password").await;
    assert!(reply.body.contains("That was a lot of tries."), "{}", reply.body);
}

#[tokio::test]
async fn another_site_cannot_send_our_forms() {
    let buddy = Buddy::spawn().await;
    let member = Browser::of_member(&buddy, "ann").await;
    let request = buddy
        .request("POST", "/account/sign-out")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(member.ask(request).await.status, 403);
    assert_eq!(member.get("/account").await.status, 200, "still signed in");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    for (next, expected) in [
        ("/coins/BTC?horizon=48h", "/coins/BTC?horizon=48h"),
        ("https://evil.example/", "/account"),
        ("//evil.example/", "/account"),
        ("/\\evil.example/", "/account"),
        ("javascript:alert(1)", "/account"),
    ] {
        let [address, password] = credentials("ann", PASSWORD);
        let reply = Browser::new(&buddy).send("/account/sign-in", &[address, password, ("next", next.into())]).await;
        assert_eq!((reply.status, reply.header("location")), (303, expected), "{next}");
    }
}

#[tokio::test]
async fn what_somebody_asked_before_he_signed_in_is_his_afterwards() {
    let buddy = Buddy::spawn().await;
    Browser::of_member(&buddy, "ann").await;
    let browser = Browser::new(&buddy);
    let ask = buddy
        .request("POST", "/api/v1/ask")
        .header("content-type", "application/json")
        .body(r#"{"question": "What is volatility?"}"#);
    let asked = browser.ask(ask).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(sign_in(&browser, "ann", PASSWORD).await.status, 303);
    let listed = browser.get("/api/v1/conversations").await.json();
    assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1), "{listed}");

    let elsewhere = Browser::new(&buddy);
    assert_eq!(elsewhere.get("/api/v1/conversations").await.json(), serde_json::json!({ "conversations": [] }));
    sign_in(&elsewhere, "ann", PASSWORD).await;
    assert_eq!(elsewhere.get("/api/v1/conversations").await.json(), listed);
}

#[tokio::test]
async fn the_language_of_letters_is_chosen() {
    let buddy = Buddy::spawn().await;
    let member = Browser::of_member(&buddy, "ann").await;
    let reply = member.send("/account/language", &[("language", "fr".into())]).await;
    assert_eq!(reply.header("location"), "/fr/account?done=language");
    assert_eq!(account(&buddy, "ann").await.language, Language::French);
    assert!(member.get("/fr/account?done=language").await.body.contains("Vos lettres seront dans cette langue."));
}

#[tokio::test]
async fn a_confirmation_letter_is_asked_for_again_only_so_often() {
    let buddy = Buddy::spawn().await;
    let browser = Browser::new(&buddy);
    for _ in 0..4 {
        assert_eq!(browser.send("/account/sign-up", &credentials("ann", PASSWORD)).await.status, 200);
    }
    let reply = browser.send("/account/sign-up", &credentials("ann", PASSWORD)).await;
    assert!(reply.status == 422 && reply.body.contains("That was a lot of tries."), "{}", reply.body);
}
