//! Every route and every server function, tried with every role.

use std::collections::BTreeSet;

use leptos::server_fn::axum::server_fn_paths;

use crate::browser::Browser;
use crate::buddy::Buddy;

/// For whom a route is. Each is for those after it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    Everybody,
    Members,
    Operators,
}

use For::{Everybody, Members, Operators};

/// What is for somebody in particular; whatever is not in it must be for everybody, and is tried all the same.
const TABLE: [(&str, &str, For); 50] = [
    ("GET", "/account", Members),
    ("GET", "/account/export", Members),
    ("POST", "/account/confirm-again", Members),
    ("POST", "/account/language", Members),
    ("POST", "/account/address", Members),
    ("POST", "/account/password", Members),
    ("POST", "/account/delete", Members),
    ("GET", "/account/alerts", Members),
    ("POST", "/account/alerts", Members),
    ("POST", "/account/alerts/delete", Members),
    ("POST", "/account/letters", Members),
    ("GET", "/account/notifications", Members),
    ("POST", "/account/notifications", Members),
    ("GET", "/account/notifications/live", Members),
    ("GET", "/operator", Operators),
    ("GET", "/operator/feedback", Operators),
    ("GET", "/operator/feedback.csv", Operators),
    ("GET", "/operator/outbox", Operators),
    ("POST", "/operator/outbox/replay", Operators),
    ("GET", "/operator/outbox/letter.eml", Operators),
    ("GET", "/operator/jobs", Operators),
    ("POST", "/operator/jobs/run", Operators),
    ("GET", "/operator/drift", Operators),
    ("GET", "/operator/drift/{feature}", Operators),
    ("GET", "/operator/performance", Operators),
    ("GET", "/operator/health", Operators),
    ("GET", "/operator/models", Operators),
    ("GET", "/operator/models/version/{version}", Operators),
    ("GET", "/operator/models/compare", Operators),
    ("GET", "/operator/models/training/{training}", Operators),
    ("GET", "/operator/models/train", Operators),
    ("POST", "/operator/models/train", Operators),
    ("GET", "/operator/models/stop", Operators),
    ("POST", "/operator/models/stop", Operators),
    ("GET", "/operator/models/promote", Operators),
    ("POST", "/operator/models/promote", Operators),
    ("GET", "/operator/models/roll-back", Operators),
    ("POST", "/operator/models/roll-back", Operators),
    ("GET", "/operator/models/shadow", Operators),
    ("POST", "/operator/models/shadow", Operators),
    ("GET", "/operator/models/end-shadow", Operators),
    ("POST", "/operator/models/end-shadow", Operators),
    ("GET", "/api/v1/monitoring/drift", Operators),
    ("GET", "/api/v1/monitoring/performance", Operators),
    ("GET", "/api/v1/monitoring/health", Operators),
    ("GET", "/api/v1/monitoring/prod_data.csv", Operators),
    ("GET", "/api/v1/monitoring/ref_data.csv", Operators),
    ("GET", "/metrics", Everybody),
    ("GET", "/healthz", Everybody),
    ("GET", "/", Everybody),
];

/// The sources of every form: what stands in `.route(…)` there is a route of ours.
const FORMS: [&str; 8] = [
    include_str!("../../src/web/forms/account.rs"),
    include_str!("../../src/web/forms/alerts.rs"),
    include_str!("../../src/web/forms/feedback.rs"),
    include_str!("../../src/web/forms/operator.rs"),
    include_str!("../../src/web/forms/operator/drift.rs"),
    include_str!("../../src/web/forms/operator/health.rs"),
    include_str!("../../src/web/forms/operator/models.rs"),
    include_str!("../../src/web/forms/operator/performance.rs"),
];

#[tokio::test]
async fn every_route_and_server_function_is_open_to_its_roles_and_to_nobody_else() {
    let buddy = Buddy::spawn_with(|settings| {
        settings.accounts.sign_ins_a_minute = 1_000;
        settings.chat.questions_per_minute = 10_000;
    })
    .await;
    let visitor = Browser::new(&buddy);
    let member = Browser::of_member(&buddy, "mia").await;
    let operator = Browser::of_operator(&buddy, "olga").await;

    let routes = routes(&buddy).await;
    for (method, path, _) in TABLE {
        let is_there = routes.contains(&(method.to_owned(), path.to_owned()));
        assert!(is_there || !path.starts_with("/account") && !path.starts_with("/operator"), "{method} {path} is gone");
    }
    assert!(routes.len() > 60, "{}", routes.len());
    // Whoever signs out has no role any more.
    let last = ("POST".to_owned(), "/account/sign-out".to_owned());
    let in_order = routes.iter().filter(|route| **route != last).chain([&last]);
    for (method, path) in in_order {
        let whose = TABLE.iter().find(|(m, p, _)| m == method && p == path).map_or(Everybody, |&(_, _, whose)| whose);
        for (role, browser) in [(Everybody, &visitor), (Members, &member), (Operators, &operator)] {
            let refused = is_refused(&buddy, browser, method, path).await;
            assert_eq!(refused, role < whose, "{method} {path} for {role:?}");
        }
    }
}

/// Every form in both languages, every operation of the API, every server function, and the pages of the table.
async fn routes(buddy: &Buddy) -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    let mut add = |method: &str, path: &str| routes.insert((method.to_uppercase(), path.to_owned()));
    for source in FORMS {
        for route in source.split(".route(\"").skip(1) {
            let (path, handlers) = route.split_once('"').expect("a path");
            let handlers = handlers.lines().next().expect("handlers");
            for method in ["get", "post"] {
                if handlers.contains(&format!("{method}(")) {
                    add(method, path);
                }
            }
        }
    }
    let document = buddy.get("/api/openapi.json").await.json();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            add(method, &path.replace(['{', '}'], ""));
        }
    }
    for (path, method) in server_fn_paths() {
        add(method.as_str(), path);
    }
    for (method, path, _) in TABLE {
        add(method, path);
    }
    routes
}

/// Whether somebody is told to sign in, or that this is not for him.
async fn is_refused(buddy: &Buddy, browser: &Browser<'_>, method: &str, path: &str) -> bool {
    let request = buddy
        .request(method, path)
        .header("cookie", browser.cookies())
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    // Some answers never end: what they begin with tells enough.
    let response = request.send().await.expect("an answer");
    let to = response.headers().get("location").map_or("", |to| to.to_str().expect("a readable header"));
    matches!(response.status().as_u16(), 401 | 403) || to.contains("/account/sign-in?next=")
}
