//! The document that describes the API is the API.

use std::path::Path;

use domain::forecast::Horizon;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::buddy::{Buddy, Reply};

/// The document as it is committed, for readers and for client generators.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let served = Buddy::spawn().await.get("/api/openapi.json").await;
    assert_eq!(served.status, 200);
    let served = format!("{:#}\n", served.json());
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    if committed == served {
        return;
    }
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(Path::new(COMMITTED).parent().expect("a folder")).expect("the folder docs");
        std::fs::write(COMMITTED, served).expect("docs/openapi.json can be written");
        return;
    }
    panic!("docs/openapi.json is not what is served. Run this test with UPDATE_OPENAPI=1 and commit the file.");
}

#[tokio::test]
async fn every_route_in_the_document_answers_as_it_says() {
    let buddy = Buddy::spawn_with(|settings| settings.chat.questions_per_minute = 1_000).await;
    let document = buddy.get("/api/openapi.json").await.json();
    let mut answered = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            // It needs the candles of the champion's training; see feedback.rs.
            if path.ends_with("/ref_data.csv") {
                continue;
            }
            let reply = call(&buddy, method, path, operation).await;
            let responses = operation["responses"].as_object().expect("responses");
            let promised = responses.get(&reply.status.to_string()).filter(|_| reply.status < 300);
            let promised = promised.unwrap_or_else(|| panic!("{method} {path}: {} {}", reply.status, reply.body));
            let schema = &promised["content"]["application/json"]["schema"];
            if !schema.is_null() {
                check(&document, schema, &reply.json(), path);
            }
            assert!(operation["summary"].is_string(), "{method} {path} has a summary");
            answered += 1;
        }
    }
    assert_eq!(answered, 21);
}

/// Calls an operation with the examples that the document gives, as a visitor who has a conversation.
async fn call(buddy: &Buddy, method: &str, path: &str, operation: &Value) -> Reply {
    if path.starts_with("/api/v1/monitoring") {
        return Browser::of_operator(buddy, &format!("olga{}", path.len())).await.get(path).await;
    }
    let (cookie, conversation, message) = a_conversation(buddy).await;
    let named = if path.starts_with("/api/v1/messages") { message } else { conversation };
    let (mut path, mut query) = (path.to_owned(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let example = match &parameter["example"] {
            Value::String(text) => text.clone(),
            Value::Null => named.clone(),
            other => other.to_string(),
        };
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &example),
            _ => query.push((name.to_owned(), example)),
        }
    }
    let request = buddy.request(&method.to_uppercase(), &path).query(&query).header("cookie", cookie);
    let body = match (method, path.as_str()) {
        ("post", "/api/v1/ask") => json!({ "question": "hello", "language": "en" }),
        ("post", "/api/v1/feedback") => {
            let (_, token) = crate::feedback::a_letter(buddy, crate::feedback::begun("BTC", Horizon::Day, 30)).await;
            json!({ "token": token, "verdict": "right" })
        }
        ("post", _) => json!({ "symbol": "BTCUSDT", "horizon": "24h" }),
        ("patch", _) => json!({ "title": "Another" }),
        ("put", _) => json!({ "verdict": "helpful" }),
        _ => return Reply::of(request).await,
    };
    Reply::of(request.json(&body)).await
}

/// A visitor's cookie, one of his conversations and an answer in it.
async fn a_conversation(buddy: &Buddy) -> (String, String, String) {
    let reply = Reply::of(buddy.request("POST", "/api/v1/ask").json(&json!({ "question": "hello" }))).await;
    let cookie = reply.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let started = reply.body.lines().find_map(|line| line.strip_prefix("data:")).expect("an event");
    let started: Value = serde_json::from_str(started.trim()).expect("JSON");
    let text = |name: &str| started[name].as_str().expect("a name").to_owned();
    (cookie, text("conversation"), text("message"))
}

/// Checks that a value has exactly the fields that its schema names, down to the leaves.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target =
            document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} exists"));
        return check(document, target, value, place);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let object = value.as_object().unwrap_or_else(|| panic!("{place} is an object"));
        for (name, field) in object {
            let property = properties.get(name).unwrap_or_else(|| panic!("{place}.{name} is in the document"));
            check(document, property, field, &format!("{place}.{name}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(object.contains_key(name), "{place}.{name} is promised");
        }
    }
    for (position, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{place}[{position}]"));
    }
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{place}: {value} is one of {choices:?}");
    }
}

#[tokio::test]
async fn the_documentation_can_be_browsed_without_the_internet() {
    let buddy = Buddy::spawn().await;
    assert_eq!(buddy.get("/api/docs").await.status, 303);
    let page = buddy.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("//cdn") && !page.body.contains("https://"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        assert_eq!(buddy.get(&format!("/api/docs/{file}")).await.status, 200, "{file}");
    }
    assert!(buddy.get("/api/docs/swagger-initializer.js").await.body.contains("/api/openapi.json"));
}
