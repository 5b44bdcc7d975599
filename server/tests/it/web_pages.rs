//! Pages, files and the headers around them.

use crate::buddy::{Buddy, Reply};

#[tokio::test]
async fn a_page_allows_only_the_scripts_of_its_own_answer() {
    let buddy = Buddy::spawn().await;
    let first = buddy.get("/").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(first.header("cache-control"), "no-cache");

    let nonce = nonce_of(&first);
    assert_ne!(nonce, nonce_of(&buddy.get("/").await), "a nonce is used once");
    let scripts: Vec<&str> = first.body.split("<script").skip(1).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains("src=\"/"), "<script{tag}>");
    }
}

fn nonce_of(page: &Reply) -> String {
    let policy = page.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").unwrap_or_else(|| panic!("a nonce in {policy}"));
    rest.split('\'').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_answer_tells_browsers_what_it_may_not_do() {
    let buddy = Buddy::spawn().await;
    for path in ["/", "/nothing/here", "/api/v1/forecasts", "/api/v1/nothing", "/api/docs/", "/healthz", "/metrics"] {
        let reply = buddy.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        assert!(reply.header("permissions-policy").contains("camera=()"), "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("script-src 'unsafe-inline'") && !policy.contains("'unsafe-eval'"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-request-id").len(), 36, "{path}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_a_page_with_status_404() {
    let buddy = Buddy::spawn().await;
    for path in ["/nothing/here", "/favicon.png", "/..%2f..%2fetc%2fpasswd", "/%FF"] {
        let reply = buddy.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        assert!(reply.body.contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_are_kept_for_good() {
    let buddy = Buddy::spawn_with(|settings| {
        let site = settings.site_dir();
        std::fs::create_dir_all(site.join("pkg")).expect("the site folder");
        let manifest =
            r#"{"js": "/pkg/a.1.js", "wasm": "/pkg/a.2.wasm", "css": "/pkg/a.3.css", "charts": "/pkg/c.4.mjs"}"#;
        std::fs::write(site.join("manifest.json"), manifest).expect("the manifest");
    })
    .await;
    buddy.put_site_file("pkg/a.1.js", b"export default 1;");
    buddy.put_site_file("pkg/a.1.js.br", b"not really brotli");
    buddy.put_site_file("robots.txt", b"User-agent: *");

    let plain = buddy.get("/pkg/a.1.js").await;
    assert_eq!((plain.status, plain.body.as_str()), (200, "export default 1;"));
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(plain.header("content-type"), "text/javascript");

    let packed = Reply::of(buddy.request("GET", "/pkg/a.1.js").header("accept-encoding", "br")).await;
    assert_eq!(packed.header("content-encoding"), "br");
    assert_eq!(packed.body, "not really brotli");

    let missing = buddy.get("/pkg/gone.js").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("cache-control"), "");

    let robots = buddy.get("/robots.txt").await;
    assert_eq!((robots.status, robots.header("cache-control")), (200, "no-cache"));
}

#[tokio::test]
async fn long_answers_are_compressed_and_short_ones_are_not() {
    let buddy = Buddy::spawn().await;
    let long = Reply::of(buddy.request("GET", "/api/v1/candles?symbol=BTC").header("accept-encoding", "br")).await;
    assert_eq!(long.header("content-encoding"), "br");
    let short = Reply::of(buddy.request("GET", "/api/v1/market").header("accept-encoding", "br, gzip")).await;
    assert_eq!(short.header("content-encoding"), "");
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_change_something() {
    let buddy = Buddy::spawn().await;
    let from = |site: &str| buddy.request("POST", "/ui/anything").header("sec-fetch-site", site.to_owned());
    Reply::of(from("cross-site")).await.problem(403, "cross_site");
    assert_eq!(Reply::of(from("same-origin")).await.status, 404);
}

#[tokio::test]
async fn a_server_function_that_fails_has_the_status_of_its_failure() {
    let buddy = Buddy::spawn().await;
    assert_eq!(buddy.get("/ui/market").await.status, 200);
    assert_eq!(buddy.get("/ui/coin?symbol=PEPE").await.status, 404);
    assert_eq!(buddy.get("/ui/coin").await.status, 422);
    assert_eq!(buddy.get("/ui/chart?symbol=BTC&resolution=5h&horizon=24h&limit=x").await.status, 422);
    buddy.desk.is_loading.store(true, std::sync::atomic::Ordering::SeqCst);
    let loading = buddy.get("/ui/overview").await;
    assert_eq!((loading.status, loading.header("retry-after")), (503, "3"));
    assert!(loading.body.contains("not_ready"), "{}", loading.body);
}

#[tokio::test]
async fn the_protocol_that_pages_link_to_can_be_read() {
    let reply = Buddy::spawn().await.get("/ml-protocol.md").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert!(reply.body.starts_with("# "), "{}", reply.body);
}
