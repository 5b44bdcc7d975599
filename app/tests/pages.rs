//! Renders whole pages as the server does and reads the HTML as a reader without JavaScript would.

#[path = "pages/buddy.rs"]
mod buddy;
#[path = "pages/conversations.rs"]
mod conversations;
#[path = "pages/desk.rs"]
mod desk;
#[path = "pages/evaluation.rs"]
mod evaluation;

use std::sync::{Arc, OnceLock};

use app::ssr::{Assets, provide_assets, provide_desk};
use app::{App, shell};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::clock::instant;
use domain::error::Failure;
use domain::market::{COINS, MarketOrigin, MarketState};
use domain::ports::Desk;
use leptos::config::LeptosOptions;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower::ServiceExt;

use desk::{NOW_S, SampleDesk};

/// A page as it arrives.
struct Page {
    status: StatusCode,
    html: String,
}

impl Page {
    /// Whether the text stands anywhere between the tags of the body; markup in between counts as nothing.
    #[track_caller]
    fn shows(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "“{text}” is not on the page:\n{}", self.text());
        self
    }

    #[track_caller]
    fn hides(&self, text: &str) -> &Self {
        assert!(!self.text().contains(text), "“{text}” is on the page:\n{}", self.text());
        self
    }

    #[track_caller]
    fn has(&self, markup: &str) -> &Self {
        assert!(self.html.contains(markup), "{markup} is not in the page:\n{}", self.html);
        self
    }

    /// The text of the body without tags, comments and scripts; runs of plain white space become one space, and
    /// no-break spaces stay, since they are part of how numbers are written.
    fn text(&self) -> String {
        let body = self.html.split_once("<body>").map_or(self.html.as_str(), |(_, body)| body);
        let body = body.split("<script").map(|part| part.split_once("</script>").map_or(part, |(_, rest)| rest));
        let mut text = String::new();
        let mut is_tag = false;
        for letter in body.collect::<String>().chars() {
            match letter {
                '<' => is_tag = true,
                '>' => is_tag = false,
                letter if !is_tag => text.push(letter),
                _ => {}
            }
        }
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn routes() -> Vec<AxumRouteListing> {
    // Listing routes from two threads at once is not safe in Leptos 0.8.
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

fn router(desk: SampleDesk) -> Router {
    let options = LeptosOptions::builder().output_name("investbuddy").build();
    let desk: Arc<dyn Desk> = Arc::new(desk);
    let context = move || {
        provide_desk(Arc::clone(&desk));
        provide_assets(Assets {
            js: "/pkg/app.1.js".into(),
            wasm: "/pkg/app.2.wasm".into(),
            css: "/pkg/app.3.css".into(),
            charts: "/pkg/charts.4.mjs".into(),
            parts: Arc::new([("buddy".to_owned(), vec!["/pkg/buddy.5.wasm".to_owned()])].into()),
        });
    };
    let shell = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let fallback = leptos_axum::render_app_async_with_context(context.clone(), shell.clone());
    Router::new()
        .leptos_routes_with_context(&options, routes(), context, shell)
        .fallback(move |request: Request<Body>| fallback(request))
        .with_state(options)
}

async fn get(desk: SampleDesk, path: &str) -> Page {
    let request = Request::get(path).header("host", "localhost").extension(buddy::visitor());
    let request = request.body(Body::empty()).expect("a valid request");
    let response = router(desk).oneshot(request).await.expect("a router never fails");
    let status = response.status();
    let body = to_bytes(response.into_body(), 8 << 20).await.expect("a body that ends");
    Page { status, html: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

async fn page(path: &str) -> Page {
    get(SampleDesk::default(), path).await
}

fn with_market(change: impl FnOnce(&mut MarketState)) -> SampleDesk {
    let mut desk = SampleDesk::default();
    change(&mut desk.market);
    desk
}

#[tokio::test]
async fn the_overview_shows_every_coin_with_its_chance_interval_and_age() {
    let page = page("/").await;
    assert_eq!(page.status, StatusCode::OK);
    for coin in COINS {
        page.shows(coin.name);
    }
    page.shows("3 of 9 coins are more likely than not to be unusually volatile")
        .shows("93%")
        .shows("Data as of 2025-07-01 00:00 UTC")
        .has("class=\"band")
        .has("class=\"sparkline\"")
        .has("<html lang=\"en\"");
}

#[tokio::test]
async fn the_overview_is_sorted_by_risk_and_in_market_order_on_request() {
    let position = |page: &Page, name: &str| page.text().find(name).expect("the coin's card");
    let by_risk = page("/").await;
    let cards = by_risk.text().split_once("Sort by").expect("the sort links").1.to_owned();
    let by_risk = Page { html: cards, ..by_risk };
    assert!(position(&by_risk, "Avalanche") < position(&by_risk, "Bitcoin"));
    let by_market = page("/?sort=market").await;
    let cards = by_market.text().split_once("Sort by").expect("the sort links").1.to_owned();
    let by_market = Page { html: cards, ..by_market };
    assert!(position(&by_market, "Bitcoin") < position(&by_market, "Avalanche"));
}

#[tokio::test]
async fn french_pages_are_french_to_the_last_number() {
    let page = page("/fr").await;
    page.has("<html lang=\"fr\"")
        .shows("3 cryptos sur 9")
        .shows("93\u{202f}%")
        .shows("Données au 2025-07-01 00:00 UTC")
        .shows("Une information, pas un conseil financier.")
        .hides("Chance of")
        .has("href=\"/fr/coins/BTC\"");
}

#[tokio::test]
async fn a_coins_page_has_sentences_table_picture_reasons_and_record() {
    let page = page("/coins/btc").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("Bitcoin will most likely stay calm or usual over the next 24 hours.")
        .shows("Eight times in ten it should end between")
        .shows("Expected realised volatility, per day")
        .shows("which raises the forecast by 14%.")
        .shows("Tuesdays are usually calmer, which lowers the forecast by 9%.")
        .shows("of 180 outcomes ended inside the 80% interval")
        .has("class=\"picture\"")
        .has("class=\"timeline\"");
}

#[tokio::test]
async fn the_horizon_of_the_address_decides_the_sentences() {
    page("/coins/SOLUSDT?horizon=48h").await.shows("in the next 48 hours");
    page("/coins/SOLUSDT?horizon=nonsense").await.shows("in the next 24 hours");
}

#[tokio::test]
async fn what_does_not_exist_is_a_404_page_in_the_readers_language() {
    for (path, text) in [
        ("/coins/nope", "There is no such page"),
        ("/coins/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "There is no such page"),
        ("/nowhere", "There is no such page"),
        ("/fr/nulle-part", "Cette page n’existe pas"),
    ] {
        let page = page(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.shows(text);
        assert!(!page.html.contains("<script>alert"), "{path} is echoed unescaped");
    }
}

#[tokio::test]
async fn text_from_outside_is_escaped() {
    let failure = Failure::Internal { incident: "<img src=x onerror=alert(1)>".to_owned() };
    let page = get(SampleDesk { failure: Some(failure), ..SampleDesk::default() }, "/").await;
    assert!(!page.html.contains("<img src=x"), "{}", page.html);
}

#[tokio::test]
async fn a_failure_is_a_page_with_its_status_and_a_way_to_try_again() {
    let failure = Failure::Internal { incident: "abc123".to_owned() };
    for path in ["/", "/coins/BTC", "/models", "/how-good"] {
        let page = get(SampleDesk { failure: Some(failure.clone()), ..SampleDesk::default() }, path).await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        page.shows("name incident abc123").shows("Try again").has("role=\"alert\"");
    }
}

#[tokio::test]
async fn a_market_that_is_being_read_shows_progress_and_says_that_it_tries_again() {
    let mut desk = with_market(|market| market.loading = Some(0.42));
    desk.failure = Some(Failure::NotReady { retry_after_s: 2 });
    let page = get(desk, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.shows("Reading the market archive: 42% done").shows("tries again by itself").has("<progress");
}

#[tokio::test]
async fn every_page_says_that_a_market_is_simulated_stale_or_offline() {
    for path in ["/", "/coins/BTC", "/models", "/how-good", "/how-it-works"] {
        get(with_market(|market| market.origin = MarketOrigin::Simulated), path).await.shows("Simulated market");
        get(with_market(|market| market.is_stale = true), path).await.shows("No newer prices have arrived.");
        let offline = with_market(|market| {
            market.is_offline = true;
            market.retries_at = Some(instant(NOW_S + 120));
        });
        get(offline, path).await.shows("No exchange can be reached: data as of 2025-07-01 00:00 UTC. Next attempt at");
        page(path).await.hides("No exchange can be reached").hides("Simulated market");
    }
}

#[tokio::test]
async fn coins_without_history_say_so_instead_of_showing_zeros() {
    let desk = SampleDesk { has_forecasts: false, ..SampleDesk::default() };
    get(desk, "/").await.shows("No forecast is ready yet.").hides("NaN");
}

#[tokio::test]
async fn a_record_without_finished_forecasts_is_an_explained_absence() {
    let desk = SampleDesk { has_record: false, ..SampleDesk::default() };
    get(desk, "/coins/BTC").await.shows("There is no finished forecast yet").hides("NaN");
}

#[tokio::test]
async fn models_are_listed_beside_their_baseline() {
    page("/models")
        .await
        .shows("Recurrent network and boosting blended")
        .shows("Champion")
        .shows("0.141")
        .shows("better than the baseline")
        .shows("Walk-forward over all coins, with 95% confidence intervals");
    get(SampleDesk { has_models: false, ..SampleDesk::default() }, "/models")
        .await
        .shows("The registry holds no model yet.");
}

#[tokio::test]
async fn how_good_it_is_is_told_in_sentences_charts_and_tables() {
    let all = page("/how-good").await;
    assert_eq!(all.status, StatusCode::OK);
    all.shows("How good is it?")
        .shows("Of 1,800 warnings, 1,200 came true (67%).")
        .shows("Of 3,045 high-volatility periods, 1,845 came without a warning (61%).")
        .shows("80.3% of outcomes ended inside the 80% interval")
        .shows("The error (QLIKE) was 7.2% smaller than that of the simple method")
        .shows("In 9 of 10 groups of forecasts, what happened lies within five points of the chance.")
        .shows("after wild days")
        .shows("The worst misses")
        .shows("Among the best")
        .shows("2021-01-01 to 2025-07-01")
        .hides("NaN");
    for chart in ["picture outcomes", "picture reliability", "picture months"] {
        all.has(&format!("class=\"{chart}\""));
    }
}

#[tokio::test]
async fn how_good_it_is_can_be_asked_of_one_coin_and_horizon_in_either_language() {
    let one = page("/fr/how-good?coin=ETH&horizon=48h").await;
    one.shows("Est-ce que ça marche\u{202f}?")
        .shows("Ethereum")
        .shows("48 h à venir")
        .shows("Sur 200 alertes, 128 se sont vérifiées (64\u{202f}%).")
        .shows("Les tests prennent toutes les cryptos ensemble")
        .has("href=\"/fr/how-good?coin=SOL&amp;horizon=48h\"");
    assert!(!page("/how-good?coin=nonsense").await.text().contains("nonsense"));
}

#[tokio::test]
async fn a_model_that_was_not_evaluated_says_so_instead_of_showing_nothing() {
    let desk = SampleDesk { has_evaluation: false, ..SampleDesk::default() };
    let page = get(desk, "/how-good").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("No evaluation of the serving model is stored yet.").hides("Of 0 warnings");
}

#[tokio::test]
async fn every_page_that_shows_scores_leads_to_how_good_they_are() {
    page("/models").await.has("href=\"/how-good\"");
    page("/coins/BTC?horizon=48h").await.has("href=\"/how-good?coin=BTC&amp;horizon=48h\"");
}

#[tokio::test]
async fn scripts_carry_the_nonce_and_no_style_attribute_is_used() {
    let page = page("/coins/BTC").await;
    for script in page.html.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains("nonce=\""), "<script{tag}>");
    }
    assert!(!page.html.contains(" style=\""), "a style attribute");
    page.has("/pkg/app.1.js").has("/pkg/app.2.wasm").has("/pkg/app.3.css").has("/pkg/charts.4.mjs");
}

#[tokio::test]
async fn a_page_whose_code_is_apart_names_its_parts_in_the_head() {
    let part = r#"<link rel="preload" href="/pkg/buddy.5.wasm""#;
    for path in ["/buddy", "/fr/buddy"] {
        page(path).await.has(part);
    }
    assert!(!page("/").await.html.contains(part));
}

#[tokio::test]
async fn server_functions_answer_under_their_own_prefix() {
    let market = page("/ui/market").await;
    assert_eq!(market.status, StatusCode::OK);
    let chart = page("/ui/chart?symbol=BTCUSDT&resolution=1h&horizon=24h&limit=10").await;
    assert_eq!(chart.status, StatusCode::OK);
    assert!(chart.html.contains("\"opens_at_s\""), "{}", chart.html);
}
