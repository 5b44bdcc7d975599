//! A running InvestBuddy for tests: a random port, a temporary folder, a market that is made up but adds up.
//!
//! It speaks the user's language: `buddy.get("/api/v1/forecasts")`, `buddy.predict(&body)`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use domain::advice::Advice;
use domain::chart::{ChartQuery, ChartSlice};
use domain::clock::{Clock, SECONDS_PER_HOUR, instant};
use domain::error::Failure;
use domain::evaluation::{
    BestSet, Comparison, Evaluation, HowGood, Intervals, JudgedModel, Miss, MonthScore, OutcomeBin, Part, PartScore,
    ReliabilityBin, Report, Row, Warnings,
};
use domain::forecast::{Driver, Forecast, Horizon, Quantiles, Reason, RiskLevel, TrackRecord, UsualRange};
use domain::language::Language;
use domain::market::{COINS, Candle, MarketOrigin, MarketState, Symbol};
use domain::model::{Family, ModelCard, Score, Version};
use domain::overview::{CoinCard, CoinDetail, Overview};
use domain::ports::{Answer, Buddy as BuddyPort, CandleQuery, Desk, PredictRequest};
use jiff::Timestamp;
use jiff::civil::date;
use reqwest::header::HeaderMap;
use serde_json::Value;
use server::auth::Accounts;
use server::buddy::TheBuddy;
use server::config::Settings;
use server::store::Store;
use server::web::{self, listen};
use tempfile::TempDir;

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::members::members;
use crate::teaching::Teaching;

/// The instant at which the made-up market stands still: 2025-06-30 23:00 UTC.
pub(crate) const NOW_S: i64 = 1_751_324_400;

/// The candles that the made-up forecaster wants.
pub(crate) const NEEDED: u32 = 48;

/// A running server and a client beside it.
pub(crate) struct Buddy {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// What it forecasts from; tests change its mood.
    pub(crate) desk: Arc<MadeUpDesk>,
    /// What it keeps.
    pub(crate) store: Store,
    /// Who may sign in.
    pub(crate) accounts: Accounts,
    client: reqwest::Client,
    folder: TempDir,
    _stop: DropGuard,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Buddy {
    /// Starts one with everything as it should be.
    pub(crate) async fn spawn() -> Self {
        Self::spawn_with(|_| {}).await
    }

    /// Starts one with some settings changed.
    pub(crate) async fn spawn_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::spawn_to_teach(change, Teaching::default()).await
    }

    /// Starts one whose teaching agent has another library or a language model.
    pub(crate) async fn spawn_to_teach(change: impl FnOnce(&mut Settings), teaching: Teaching) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Settings {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: folder.path().join("run"),
            site_dir: Some(folder.path().join("site")),
            ..Settings::default()
        };
        change(&mut settings);
        let store = Store::open(&settings.store_file()).await.expect("a store");
        let clock: Arc<dyn Clock> = Arc::new(StoppedClock);
        let desk = Arc::new(MadeUpDesk::new(teaching.buddy(store.clone(), &clock, &settings)));
        let as_port: Arc<dyn Desk> = Arc::clone(&desk) as Arc<dyn Desk>;
        let members = members(&store, &clock, &settings);
        let accounts = members.accounts.clone();
        let router = web::router(&settings, &as_port, &clock, members);
        let listener = listen::bind(settings.addr).await.expect("a free port");
        let addr = listener.local_addr().expect("the port that was taken");
        let stop = CancellationToken::new();
        let drain = Duration::from_secs(1);
        tokio::spawn(listen::serve(listener, router, stop.clone(), drain));
        // Another test of this process may have done so already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client");
        Self { addr, desk, store, accounts, client, folder, _stop: stop.drop_guard() }
    }

    /// Puts a file into the site folder.
    pub(crate) fn put_site_file(&self, path: &str, content: &[u8]) {
        let file = self.folder.path().join("site").join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the site folder");
        std::fs::write(file, content).expect("a file of the site");
    }

    /// An address of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Any request to this server.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().expect("a method"), self.url(path))
    }

    /// Asks for something.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request("GET", path)).await
    }

    /// Sends text to `POST /api/v1/predict` as JSON.
    pub(crate) async fn predict_raw(&self, body: impl Into<reqwest::Body>) -> Reply {
        Reply::of(self.request("POST", "/api/v1/predict").header("content-type", "application/json").body(body)).await
    }

    /// Asks for a forecast on demand.
    pub(crate) async fn predict(&self, body: &Value) -> Reply {
        self.predict_raw(body.to_string()).await
    }
}

impl Reply {
    /// Sends a request and reads the whole answer.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("the whole answer") }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// A header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }

    /// The body of an error, after checking that it is one as we promise it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:investbuddy:problem:{code}"), "{problem}");
        assert_ne!(problem["title"], "Problem", "the code {code} has a title of its own");
        problem
    }
}

/// `count` hours in a row that end at [`NOW_S`], each a little wave.
pub(crate) fn hours(count: i64) -> Vec<Candle> {
    (0..count)
        .map(|hour| {
            let close = 100.0 + (hour as f64 / 5.0).sin();
            Candle {
                opens_at: instant(NOW_S - (count - hour) * SECONDS_PER_HOUR),
                open: close - 0.1,
                high: close + 0.4,
                low: close - 0.4,
                close,
                volume: 10.0,
            }
        })
        .collect()
}

/// Time stands still, so that answers can be compared.
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        instant(NOW_S + 600)
    }
}

/// A desk whose numbers are made up and whose moods are set by the test; its teaching agent is the real one.
pub(crate) struct MadeUpDesk {
    buddy: TheBuddy,
    /// Whether the market is still being read.
    pub(crate) is_loading: AtomicBool,
    /// Whether the next prediction panics.
    pub(crate) panics: AtomicBool,
    /// Whether no evaluation is stored.
    pub(crate) is_unjudged: AtomicBool,
    /// How long each prediction takes, in milliseconds.
    pub(crate) slow_ms: AtomicU32,
}

impl MadeUpDesk {
    fn new(buddy: TheBuddy) -> Self {
        Self {
            buddy,
            is_loading: AtomicBool::default(),
            panics: AtomicBool::default(),
            is_unjudged: AtomicBool::default(),
            slow_ms: AtomicU32::default(),
        }
    }

    fn forecast_of(&self, symbol: Symbol, horizon: Horizon) -> Result<Forecast, Failure> {
        if self.is_loading.load(Ordering::SeqCst) {
            return Err(Failure::NotReady { retry_after_s: 3 });
        }
        Ok(made_up_forecast(symbol, horizon))
    }

    fn followed(symbol: &Symbol) -> Result<(), Failure> {
        symbol.coin().map(|_| ()).ok_or_else(|| Failure::unknown_symbol(symbol.as_str()))
    }

    fn card(&self, symbol: Symbol) -> Result<CoinCard, Failure> {
        let forecasts =
            Horizon::ALL.iter().map(|&horizon| self.forecast_of(symbol.clone(), horizon)).collect::<Result<_, _>>()?;
        Ok(CoinCard {
            symbol,
            price: Some(100.0),
            change_24h: Some(0.01),
            as_of: Some(instant(NOW_S)),
            forecasts,
            sparkline: vec![0.02; 30],
        })
    }
}

/// The one forecast that this market has.
pub(crate) fn made_up_forecast(symbol: Symbol, horizon: Horizon) -> Forecast {
    let origin = instant(NOW_S);
    Forecast {
        symbol,
        horizon,
        origin,
        ends_at: instant(NOW_S + i64::from(horizon.hours()) * SECONDS_PER_HOUR),
        model: version(),
        quantiles: Quantiles::from_array([0.0096, 0.0121, 0.0153, 0.0199, 0.026, 0.0334, 0.0448]),
        high_volatility: 0.27,
        level: RiskLevel::of(0.27),
        usual: UsualRange { low: 0.0125, middle: 0.0188, high: 0.0281 },
        rank: 0.63,
        just_realised: 0.0182,
        reasons: vec![Reason {
            driver: Driver::RecentVolatility,
            effect: 0.21,
            value: Some(0.024),
            usual: Some(0.019),
            days_in_a_row: 3,
        }],
    }
}

fn version() -> Version {
    Version::parse("lstm-20250701-1a2b3c4d").expect("a version")
}

fn score(horizon: Horizon) -> Score {
    Score {
        horizon,
        origins: 1_000,
        qlike: 0.11,
        rmse_log: 0.3,
        r2_log: 0.5,
        auc: 0.78,
        brier: 0.13,
        coverage80: 0.8,
        coverage95: 0.95,
        average_precision: 0.55,
        log_score: 0.38,
        pinball: 0.08,
        coverage50: 0.5,
        width50: 0.5,
        width80: 0.96,
        width95: 1.55,
    }
}

fn card() -> ModelCard {
    let scores: Vec<Score> = Horizon::ALL.into_iter().map(score).collect();
    ModelCard {
        version: version(),
        family: Family::Lstm,
        is_champion: true,
        trained_at: instant(NOW_S - 86_400),
        trained_from: instant(NOW_S - 200_000_000),
        trained_to: instant(NOW_S - 50_000_000),
        seed: 7,
        revision: "cc27a02".to_owned(),
        parameters: 21_000,
        scores: scores.clone(),
        baseline: scores.clone(),
        by_symbol: [("BTCUSDT".to_owned(), scores)].into(),
    }
}

/// Two models on two coins and the next 24 hours, one entry of everything.
fn evaluation() -> Evaluation {
    let subjects =
        || [None, Some("BTCUSDT"), Some("ETHUSDT")].map(|pair| pair.and_then(|pair| Symbol::parse(pair).ok()));
    let intervals = Intervals { qlike: [0.1, 0.12], r2_log: [0.47, 0.53], auc: [0.77, 0.79], coverage80: [0.79, 0.81] };
    let row = |model, symbol| Row { model, symbol, score: score(Horizon::Day), intervals };
    let report = |symbol| Report {
        symbol,
        horizon: Horizon::Day,
        warnings: Warnings { right: 80, wrong: 40, missed: 30, calm: 850 },
        reliability: vec![ReliabilityBin { chance: 0.31, happened: 0.29, count: 120 }],
        outcomes: vec![OutcomeBin { forecast: 0.02, q10: 0.013, q50: 0.0199, q90: 0.031, count: 100 }],
        months: vec![MonthScore { month: date(2025, 6, 1), qlike: 0.11, baseline: 0.12, count: 30 }],
        parts: [Part::Year(2025), Part::Calm, Part::Usual, Part::Wild]
            .map(|part| PartScore { part, qlike: 0.11, baseline: 0.12, coverage80: 0.8, count: 250 })
            .to_vec(),
        misses: vec![Miss {
            symbol: Symbol::parse("BTCUSDT").expect("a followed coin"),
            origin: instant(NOW_S - 86_400 * 90),
            q10: 0.013,
            q50: 0.02,
            q90: 0.031,
            realised: 0.11,
        }],
    };
    Evaluation {
        from: instant(NOW_S - 86_400 * 1_000),
        to: instant(NOW_S),
        refit_days: 183,
        made_at: instant(NOW_S),
        revision: "cc27a02".to_owned(),
        served: Family::Lstm,
        baseline: Family::HarCalendar,
        rows: subjects()
            .into_iter()
            .flat_map(|symbol| [Family::Lstm, Family::HarCalendar].map(|model| row(model, symbol.clone())))
            .collect(),
        comparisons: vec![Comparison {
            a: Family::HarCalendar,
            b: Family::Lstm,
            horizon: Horizon::Day,
            difference: 0.01,
            statistic: 3.1,
            p: 0.002,
        }],
        best: vec![BestSet { horizon: Horizon::Day, members: vec![(Family::Lstm, 1.0), (Family::HarCalendar, 0.01)] }],
        reports: subjects().map(report).to_vec(),
    }
}

impl Desk for MadeUpDesk {
    fn overview(&self) -> Answer<'_, Overview> {
        Box::pin(async {
            let cards =
                COINS.iter().map(|coin| self.card(Symbol::parse(coin.symbol)?)).collect::<Result<_, Failure>>()?;
            Ok(Overview { market: self.market(), cards })
        })
    }

    fn coin(&self, symbol: Symbol) -> Answer<'_, CoinDetail> {
        Box::pin(async move {
            Self::followed(&symbol)?;
            let records = Horizon::ALL
                .iter()
                .map(|&horizon| TrackRecord {
                    symbol: symbol.clone(),
                    horizon,
                    forecasts: Vec::new(),
                    finished: 0,
                    coverage80: None,
                    warnings_right: 0,
                    warnings_wrong: 0,
                    missed: 0,
                    calm_right: 0,
                    typical_error: None,
                })
                .collect();
            Ok(CoinDetail { market: self.market(), card: self.card(symbol)?, records })
        })
    }

    fn chart(&self, query: ChartQuery) -> Answer<'_, ChartSlice> {
        Box::pin(async move {
            Self::followed(&query.symbol)?;
            let ChartQuery { symbol, resolution, .. } = query;
            Ok(ChartSlice { symbol, resolution, bars: Vec::new(), forecasts: Vec::new(), has_older: false })
        })
    }

    fn forecasts(&self) -> Answer<'_, Vec<Forecast>> {
        Box::pin(async {
            Symbol::followed()
                .into_iter()
                .take(2)
                .flat_map(|symbol| Horizon::ALL.map(|horizon| self.forecast_of(symbol.clone(), horizon)))
                .collect()
        })
    }

    fn forecast(&self, symbol: Symbol, horizon: Horizon) -> Answer<'_, Forecast> {
        Box::pin(async move {
            Self::followed(&symbol)?;
            self.forecast_of(symbol, horizon)
        })
    }

    fn predict(&self, request: PredictRequest) -> Answer<'_, Forecast> {
        Box::pin(async move {
            assert!(!self.panics.load(Ordering::SeqCst), "a panic that a test asked for");
            let slow_ms = self.slow_ms.load(Ordering::SeqCst);
            if slow_ms > 0 {
                tokio::time::sleep(Duration::from_millis(slow_ms.into())).await;
            }
            match request.candles {
                None => Self::followed(&request.symbol)?,
                Some(candles) if candles.len() < NEEDED as usize => {
                    return Err(Failure::TooFewCandles { needed: NEEDED, given: candles.len() as u32 });
                }
                Some(_) => {}
            }
            self.forecast_of(request.symbol, request.horizon)
        })
    }

    fn candles(&self, query: CandleQuery) -> Answer<'_, Vec<Candle>> {
        Box::pin(async move {
            Self::followed(&query.symbol)?;
            let wanted = |candle: &Candle| {
                let opens_at_s = candle.opens_at.as_second();
                query.from_s.is_none_or(|from_s| opens_at_s >= from_s)
                    && query.to_s.is_none_or(|to_s| opens_at_s < to_s)
            };
            let found: Vec<Candle> = hours(72).into_iter().filter(wanted).collect();
            let skipped = found.len().saturating_sub(query.limit as usize);
            Ok(found.into_iter().skip(skipped).collect())
        })
    }

    fn models(&self) -> Answer<'_, Vec<ModelCard>> {
        Box::pin(async { Ok(vec![card()]) })
    }

    fn model_card(&self, version: Version) -> Answer<'_, JudgedModel> {
        Box::pin(async move {
            if version != card().version {
                return Err(Failure::unknown_model(version.as_str()));
            }
            let is_judged = !self.is_unjudged.load(Ordering::SeqCst);
            Ok(JudgedModel { card: card(), evaluation: is_judged.then(|| evaluation().without_reports()) })
        })
    }

    fn how_good(&self, symbol: Option<Symbol>) -> Answer<'_, HowGood> {
        Box::pin(async move {
            if self.is_unjudged.load(Ordering::SeqCst) {
                return Err(Failure::NotEvaluated);
            }
            let evaluation = evaluation();
            let symbols = evaluation.symbols();
            match symbol {
                Some(symbol) if !symbols.contains(&symbol) => Err(Failure::unknown_symbol(symbol.as_str())),
                symbol => Ok(HowGood { evaluation: evaluation.about(symbol.as_ref()), symbols }),
            }
        })
    }

    fn market(&self) -> MarketState {
        let is_loading = self.is_loading.load(Ordering::SeqCst);
        MarketState {
            origin: MarketOrigin::Archive,
            as_of: (!is_loading).then(|| instant(NOW_S)),
            is_stale: false,
            is_offline: true,
            retries_at: Some(instant(NOW_S + 900)),
            loading: is_loading.then_some(0.4),
            missing_hours: 12,
            quarantined_rows: 3,
        }
    }

    fn advice(&self, symbol: Symbol, horizon: Horizon, language: Language) -> Answer<'_, Advice> {
        Box::pin(self.buddy.advice(symbol, horizon, language))
    }

    fn buddy(&self) -> &dyn BuddyPort {
        &self.buddy
    }
}
