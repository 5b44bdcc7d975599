//! What an operator sees of drift, performance, data and models, and what he does to models.

use domain::clock::instant;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use ml::drift::{Role, Rules, Verdict};
use server::store::{DriftCheck, DriftColumn, PerformanceWeek, Sums};

use crate::browser::Browser;
use crate::buddy::{Buddy, NOW_S, Reply};

const DAY_S: i64 = 86_400;

/// A reason that would be markup where it were not escaped.
const REASON: &str = "it <b>drifted</b> & nobody looked";

async fn reason_of(browser: &Browser<'_>, path: &str, reason: &str) -> Reply {
    browser.send(path, &[("reason", reason.to_owned())]).await
}

/// The address of the newest training, from the list.
fn newest_training(list: &str) -> &str {
    let from = list.find("/operator/models/training/").expect("a training in the list");
    list[from..].split('"').next().expect("the end of an address")
}

fn columns(names: &[(&str, f64)]) -> Vec<DriftColumn> {
    names
        .iter()
        .map(|&(name, score)| DriftColumn {
            name: name.to_owned(),
            role: Role::Feature,
            verdict: if score > 1.0 { Verdict::Drifted } else { Verdict::Stable },
            score,
            detail: None,
        })
        .collect()
}

fn check(ends_s: i64, drifted: u32) -> DriftCheck {
    DriftCheck {
        horizon: Horizon::Day,
        days: 7,
        ends_at: instant(ends_s),
        model: Version::parse("lstm-1").expect("a version"),
        verdict: if drifted > 0 { Verdict::Drifted } else { Verdict::Stable },
        drifted,
        judged: 2,
        features: 2,
        share: f64::from(drifted) / 2.0,
        reference_from: instant(ends_s - 400 * DAY_S),
        reference_to: instant(ends_s - 40 * DAY_S),
        reference_rows: 3_000,
        current_rows: 252,
        rules: Rules::default(),
        made_at: instant(ends_s),
    }
}

#[tokio::test]
async fn a_new_server_has_boards_that_say_what_is_missing_in_both_languages() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    for (path, english, french) in [
        ("/operator/drift", "Nobody can say yet.", "On ne peut encore rien dire."),
        ("/operator/performance", "Nothing can be compared yet.", "Rien ne peut encore être comparé."),
        ("/operator/health", "Data health", "Santé des données"),
        ("/operator/models", "Nothing has happened yet.", "Rien ne s’est encore passé."),
        ("/operator/models/compare", "Choose two versions.", "Choisissez deux versions."),
    ] {
        for (address, text) in [(path.to_owned(), english), (format!("/fr{path}"), french)] {
            let page = operator.get(&address).await;
            assert_eq!(page.status, 200, "{address}: {}", page.body);
            assert!(page.body.contains(text), "{address} does not say “{text}”: {}", page.body);
            assert!(!page.body.contains("NaN"), "{address}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn drift_lists_every_column_the_worst_first_and_leads_to_each() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    for (day, scores) in [(2, [0.4, 0.5]), (1, [0.5, 1.4]), (0, [0.6, 2.5])] {
        let drifted = u32::from(scores[1] > 1.0);
        let names = [("rv_24h", scores[0]), ("volume_24h", scores[1])];
        let ends_s = NOW_S - day * DAY_S;
        buddy.store.keep_drift(&check(ends_s, drifted), &columns(&names)).await.expect("stored");
    }
    let page = operator.get("/operator/drift?window=7&horizon=24h").await.body;
    let (worst, other) = (page.find("<code>volume_24h"), page.find("<code>rv_24h"));
    assert!(worst.expect("it is listed") < other.expect("it is listed"), "{page}");
    let detail = operator.get("/operator/drift/volume_24h?window=7&horizon=24h").await;
    assert_eq!(detail.status, 200, "{}", detail.body);
    assert!(detail.body.contains("Its score is 2.50; 1 is the threshold."), "{}", detail.body);
    assert!(detail.body.contains("3 comparisons; 2.50 in the last one"), "{}", detail.body);

    let gone = operator.get("/operator/drift/no_such_feature").await;
    assert_eq!((gone.status, gone.header("location")), (303, "/operator/drift"));
}

#[tokio::test]
async fn performance_stands_against_the_baseline_and_is_filtered_by_coin() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    // A Monday.
    let week_s = 1_750_636_800;
    let week = |coin: &str, loss: f64| PerformanceWeek {
        week_s,
        symbol: Symbol::parse(coin).expect("a coin"),
        horizon: Horizon::Day,
        model: "lstm-1".to_owned(),
        sums: Sums {
            forecasts: 100,
            loss,
            compared: 100,
            compared_loss: loss,
            baseline_loss: 40.0,
            inside: 80,
            apart: 7,
            compared_apart: 7,
            logs: [-400.0, -350.0, -300.0],
            realised_log: -340.0,
            confirmed: 3,
            denied: 1,
            ..Sums::default()
        },
    };
    buddy.store.keep_performance(week_s, &[week("BTC", 30.0), week("ETH", 50.0)]).await.expect("stored");
    let all = operator.get("/operator/performance").await.body;
    assert!(all.contains("As good as the simple method, and no better."), "{all}");
    let bitcoin = operator.get("/operator/performance?coin=BTC&horizon=24h&model=").await.body;
    assert!(bitcoin.contains("Better: the error is 25.0% smaller"), "{bitcoin}");
    assert!(bitcoin.contains("/operator/models/version/lstm-1"), "{bitcoin}");
    let other = operator.get("/operator/performance?coin=BTC&horizon=48h").await.body;
    assert!(other.contains("No forecast of this choice has an outcome yet."), "{other}");
}

#[tokio::test]
async fn a_training_needs_a_reason_runs_alone_and_is_stopped_with_a_reason() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;

    let without = reason_of(&operator, "/operator/models/train", "   ").await;
    assert_eq!(without.status, 422, "{}", without.body);
    assert!(without.body.contains("id=\"reason-wrong\""), "{}", without.body);
    let novel = reason_of(&operator, "/operator/models/train", &"a".repeat(501)).await;
    assert_eq!(novel.status, 422, "{}", novel.body);
    assert!(buddy.store.open_training().await.expect("read").is_none(), "nothing was asked for");

    let asked = reason_of(&operator, "/operator/models/train", REASON).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/operator/models?done=asked"));
    let second = reason_of(&operator, "/operator/models/train", "once more").await;
    assert_eq!(second.status, 409, "{}", second.body);
    assert!(second.body.contains("A training waits or runs already."), "{}", second.body);
    assert!(second.body.contains("value=\"once more\""), "what was typed stays: {}", second.body);

    let list = operator.get("/operator/models").await.body;
    assert!(list.contains("waiting") && list.contains("o…@example.org"), "{list}");
    assert!(
        list.contains("it &lt;b&gt;drifted&lt;/b&gt; &amp; nobody looked") && !list.contains("<b>drifted"),
        "{list}"
    );
    let address = newest_training(&list).to_owned();
    let id = address.rsplit('/').next().expect("a name").to_owned();
    let running = operator.get(&address).await;
    assert_eq!((running.status, running.header("refresh")), (200, "5"), "{}", running.body);
    assert_eq!(operator.get(&format!("{address}?still=yes")).await.header("refresh"), "");

    let stop = |id: &str, reason: &str| [("id", id.to_owned()), ("reason", reason.to_owned())];
    let without = operator.send("/operator/models/stop", &stop(&id, "")).await;
    assert_eq!(without.status, 422, "{}", without.body);
    let another = operator.send("/operator/models/stop", &stop("another", "it is late")).await;
    assert_eq!(another.status, 409, "{}", another.body);
    let stopped = operator.send("/operator/models/stop", &stop(&id, "it is late")).await;
    assert_eq!((stopped.status, stopped.header("location")), (303, "/operator/models?done=stopping"));
    let open = buddy.store.open_training().await.expect("read").expect("it still waits for its end");
    assert_eq!(open.stop.map(|(_, reason)| reason).as_deref(), Some("it is late"));
    assert!(operator.get(&address).await.body.contains("it is late"));
}

#[tokio::test]
async fn what_cannot_be_promoted_or_rolled_back_says_so() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    for version in ["lstm-none", "../../etc", ""] {
        let fields = [("version", version.to_owned()), ("reason", "because".to_owned())];
        for path in ["/operator/models/promote", "/operator/models/shadow", "/operator/models/end-shadow"] {
            let refused = operator.send(path, &fields).await;
            assert_eq!(refused.status, 404, "{path} {version}: {}", refused.body);
        }
    }
    let page = operator.get("/operator/models/roll-back").await.body;
    assert!(page.contains("There is no earlier model to go back to."), "{page}");
    let refused = reason_of(&operator, "/operator/models/roll-back", "because").await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(buddy.store.model_events(0, 10).await.expect("read").is_empty(), "nothing was written down as done");
}

#[tokio::test]
async fn another_site_cannot_do_anything_to_models() {
    let buddy = Buddy::spawn().await;
    let operator = Browser::of_operator(&buddy, "olga").await;
    for path in ["train", "stop", "promote", "roll-back", "shadow", "end-shadow"] {
        let request = buddy
            .request("POST", &format!("/operator/models/{path}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "cross-site")
            .body("reason=because&version=lstm-1");
        assert_eq!(operator.ask(request).await.status, 403, "{path}");
    }
    assert!(buddy.store.open_training().await.expect("read").is_none());
}
