//! What happens: people come, the market is calm, it is not calm any more, and what the server and the people do about it.
//!
//! Everything that a person does goes through the pages of the running server, and everything that the server does by
//! itself through its jobs. Nobody knows here how it ends: what is printed is what happened.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use domain::user::{AccountId, EmailAddress, Role};
use jiff::Timestamp;
use ml::drift::Verdict;

use super::browser::{Browser, link, ticket};
use super::plot::Plot;
use super::stage::{STRIDES_A_DAY, Stage};
use super::teller::{minute, percent};
use crate::config::Settings;
use crate::retraining::{EventKind, Training, TrainingState};
use crate::store::{AlertState, KeptAlert, Outcome};
use crate::verbs::VerbError;
use crate::watching::{DriftBoard, DriftQuery, DriftVerdict};

/// The password of everybody here.
pub(super) const PASSWORD: &str = "a clock that stands still";
/// Somebody who follows a coin.
pub(super) const READER: &str = "ann@example.org";
/// Somebody who looks after the server.
pub(super) const OPERATOR: &str = "olga@example.org";
/// The coin that is followed.
const COIN: &str = "BTC";
/// From which chance of a high-volatility day on there is an alert, in percent: more likely than not.
const ALERT_FROM: &str = "50";
/// How often a page is opened while a training runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Features of a window that are named.
const NAMED: usize = 3;
/// Entries of the audit log that are looked through.
const ENTRIES: u32 = 20;
/// Alerts that are looked through.
const ALERTS: u32 = 100;

/// What has happened so far.
pub(super) struct Story<'a> {
    stage: &'a Stage<'a>,
    settings: &'a Settings,
    plot: &'a Plot,
    coin: Symbol,
    reader: Person,
    operator: Person,
    alert: Option<Alerted>,
    answer: Option<Timestamp>,
    drift: Option<Timestamp>,
}

struct Person {
    browser: Browser,
    account: AccountId,
}

/// The first alert that became a letter, and where the letter's buttons lead.
struct Alerted {
    alert: KeptAlert,
    right: String,
    wrong: String,
}

impl<'a> Story<'a> {
    /// Two people sign up: a reader, who follows a coin, and an operator.
    ///
    /// # Errors
    /// [`VerbError`] where a page or a job does not do what it is for.
    pub(super) async fn begin(stage: &'a Stage<'a>, settings: &'a Settings, plot: &'a Plot) -> Result<Self, VerbError> {
        let teller = stage.teller;
        let coin = Symbol::parse(COIN).map_err(VerbError::because)?;
        teller.step("The server opens");
        Box::pin(stage.do_what_is_due()).await?;
        let serving = stage.product.forecasting.version().map_or_else(String::new, |version| version.to_string());
        let forecasts = stage.product.forecasting.published().map_or(0, |published| published.forecasts().count());
        teller.say(&format!("It is {}; {serving} serves, with {forecasts} forecasts.", minute(stage.now())));
        teller.page("/");

        teller.step("Two people come");
        let mut reader = Box::pin(join(stage, settings, READER)).await?;
        Box::pin(follow(&mut reader.browser, &coin)).await?;
        teller.say(&format!(
            "{READER} signed up, confirmed by the letter's button, and follows {COIN}: a letter from {ALERT_FROM} % on."
        ));
        teller.page("/account/alerts");
        let operator = Box::pin(join(stage, settings, OPERATOR)).await?;
        let address = EmailAddress::parse(OPERATOR).map_err(VerbError::because)?;
        stage.store().set_role(&address, Role::Operator).await.map_err(VerbError::because)?;
        teller.say(&format!("{OPERATOR} did the same and was made an operator on this machine."));
        teller.page("/operator");
        Ok(Self { stage, settings, plot, coin, reader, operator, alert: None, answer: None, drift: None })
    }

    /// Tells everything that follows.
    ///
    /// # Errors
    /// [`VerbError`] where something does not do what it is for, or what is waited for does not happen.
    pub(super) async fn tell(mut self) -> Result<(), VerbError> {
        Box::pin(self.calm()).await?;
        Box::pin(self.shock()).await?;
        let training = Box::pin(self.asked_for()).await?;
        let training = Box::pin(self.train(training)).await?;
        let version = Box::pin(self.compare(&training)).await?;
        Box::pin(self.afterwards(&training, &version)).await?;
        Box::pin(self.pages(&training, &version)).await
    }

    async fn calm(&mut self) -> Result<(), VerbError> {
        let (teller, days) = (self.stage.teller, self.plot.calm_days);
        teller.step(&format!("The market as it was: {days} days"));
        let mut most: f64 = 0.0;
        for _ in 0..days * STRIDES_A_DAY {
            Box::pin(self.go_on()).await?;
            most = most.max(self.chance());
        }
        let board = self.board().await?;
        let drifted = board.windows.iter().filter(|window| window.verdict == Verdict::Drifted).count();
        teller.say(&format!(
            "It is {}. The chance of a high-volatility day of {COIN} was {} at most.",
            minute(self.stage.now()),
            percent(most)
        ));
        teller.say(&format!(
            "Drift: {}; {drifted} of {} windows drifted so far.",
            in_words(board.verdict),
            board.windows.len()
        ));
        self.operator.browser.open("/operator/drift").await?;
        teller.page("/operator/drift");
        Ok(())
    }

    async fn shock(&mut self) -> Result<(), VerbError> {
        let teller = self.stage.teller;
        teller.step("The shock");
        let strides = self.plot.most_days * STRIDES_A_DAY;
        for _ in 0..strides {
            if self.drift.is_some() && self.answer.is_some() {
                return Ok(());
            }
            Box::pin(self.go_on()).await?;
            if self.stage.is_midnight() {
                self.tell_the_day().await?;
            }
        }
        if self.drift.is_some() && self.answer.is_some() {
            return Ok(());
        }
        let missing =
            if self.drift.is_none() { "drift was not confirmed" } else { "no alert went out and was answered" };
        Err(VerbError::failed(
            format!("{missing} within {} days of {}", self.plot.most_days, minute(self.plot.shock_at())),
            "That is what this history is like: name another day with --from.",
        ))
    }

    /// Six hours more, and what is new after them.
    async fn go_on(&mut self) -> Result<(), VerbError> {
        Box::pin(self.stage.go_on()).await?;
        if self.alert.is_none() {
            Box::pin(self.look_for_letter()).await?;
        }
        if self.drift.is_none() {
            Box::pin(self.look_for_drift()).await?;
        }
        if self.alert.is_some() && self.answer.is_none() {
            Box::pin(self.answer_when_it_is_over()).await?;
        }
        Ok(())
    }

    async fn tell_the_day(&self) -> Result<(), VerbError> {
        let board = self.board().await?;
        let newest = board.newest.as_ref().map_or_else(
            || "nothing to compare yet".to_owned(),
            |newest| format!("{} of {} features drifted", newest.drifted, newest.judged),
        );
        self.stage.teller.say(&format!(
            "{}: {COIN} {}, all coins {}; the last week: {newest}, {}",
            self.stage.now().strftime("%Y-%m-%d"),
            percent(self.chance()),
            percent(self.mean_chance()),
            in_words(board.verdict)
        ));
        Ok(())
    }

    async fn look_for_letter(&mut self) -> Result<(), VerbError> {
        let mut alerts =
            self.stage.store().alerts(&self.reader.account, 0, ALERTS).await.map_err(VerbError::because)?;
        alerts.retain(|alert| alert.state == AlertState::Sent);
        alerts.sort_by_key(|alert| alert.fired_at);
        let Some(alert) = alerts.into_iter().next() else { return Ok(()) };
        let letters = self.settings.letters_dir();
        let of = |begins: &str| link(&letters, READER, self.stage.teller.root(), begins);
        let (Some(right), Some(wrong)) = (of("/feedback?v=right&t="), of("/feedback?v=wrong&t=")) else {
            return Err(VerbError::because("The letter about the alert has no buttons"));
        };
        let teller = self.stage.teller;
        teller.step("An alert goes out");
        teller.say(&format!(
            "{}: the next day of {} is a high-volatility one with a chance of {}; a letter is on its way.",
            minute(alert.fired_at),
            alert.forecast.symbol.ticker(),
            percent(alert.forecast.high_volatility)
        ));
        self.reader.browser.open("/account/notifications").await?;
        self.operator.browser.open("/operator/outbox").await?;
        teller.page("/account/notifications");
        teller.page("/operator/outbox");
        self.alert = Some(Alerted { alert, right, wrong });
        Ok(())
    }

    async fn look_for_drift(&mut self) -> Result<(), VerbError> {
        let watching = &self.stage.product.members.watching;
        let Some(since) = watching.look_up_confirmed().await.map_err(VerbError::because)? else { return Ok(()) };
        let teller = self.stage.teller;
        teller.step("Drift is confirmed");
        teller.say(&format!("{}: confirmed since {}.", minute(self.stage.now()), minute(since)));
        self.operator.browser.open("/operator/drift").await?;
        teller.page("/operator/drift");
        for query in DriftQuery::all() {
            let board = watching.drift_board(query).await.map_err(VerbError::because)?;
            if board.verdict == DriftVerdict::Confirmed {
                self.tell_drift(&board);
                let path = format!("/operator/drift?horizon={}&window={}", query.horizon, query.days);
                self.operator.browser.open(&path).await?.with_words("Drift is confirmed")?;
                teller.page(&path);
            }
            if query.days == DriftQuery::default().days && board.concept.verdict == DriftVerdict::Confirmed {
                teller.say(&format!("The error of the forecasts for {} has grown for good.", query.horizon));
            }
        }
        self.drift = Some(since);
        Ok(())
    }

    fn tell_drift(&self, board: &DriftBoard) {
        let teller = self.stage.teller;
        let Some(newest) = &board.newest else { return };
        teller.say(&format!(
            "{}, windows of {} days: {} of {} features drifted, in {} of the last {} windows or more.",
            board.query.horizon, board.query.days, newest.drifted, newest.judged, board.needed, board.of
        ));
        let most = board.features.iter().filter(|feature| feature.is_drifted).take(NAMED);
        let most: Vec<String> =
            most.map(|feature| format!("{} ({:.1} times its threshold)", feature.name, feature.score)).collect();
        if !most.is_empty() {
            teller.say(&format!("Most of all {}.", most.join(", ")));
        }
    }

    /// The reader looks at what came of it, and says so.
    async fn answer_when_it_is_over(&mut self) -> Result<(), VerbError> {
        let Some(Alerted { alert, right, wrong }) = &self.alert else { return Ok(()) };
        let published = self.stage.store().prediction(&alert.prediction).await.map_err(VerbError::because)?;
        let Some(outcome) = published.and_then(|published| published.outcome) else { return Ok(()) };
        let Outcome { realised, is_high, .. } = outcome;
        let (button, verdict, seen) = if is_high { (right, "right", "high") } else { (wrong, "wrong", "usual") };
        self.reader.browser.open(button).await?;
        let ticket = ticket(button).ok_or_else(|| VerbError::because("The letter's button leads nowhere"))?;
        let fields = [("t", ticket), ("v", verdict), ("seen", seen), ("words", "")];
        self.reader.browser.send("/feedback", &fields).await?.with_status(200)?;
        let teller = self.stage.teller;
        teller.step("A person answers");
        teller.say(&format!(
            "The day is over: {COIN} moved {:.1} %, high is above {:.1} %. {READER} opens the letter and says: {verdict}.",
            100.0 * realised,
            100.0 * alert.forecast.usual.high
        ));
        self.operator.browser.open("/operator/feedback").await?.with_words(alert.forecast.symbol.ticker())?;
        teller.page("/operator/feedback");
        self.answer = Some(self.stage.now());
        Ok(())
    }

    /// The training that the server asked for.
    async fn asked_for(&self) -> Result<Training, VerbError> {
        let (stage, teller) = (self.stage, self.stage.teller);
        stage.run(&["triggers"]).await?;
        let Some(training) = stage.store().open_training().await.map_err(VerbError::because)? else {
            let state = Box::pin(stage.product.members.retraining.state()).await.map_err(VerbError::because)?;
            let decision = state.decision.map_or_else(String::new, |decision| format!("{:?}", decision.content));
            return Err(VerbError::because(format!("No training was asked for: {decision}")));
        };
        teller.step("Retraining starts");
        teller.say(&format!(
            "{}: the server asks for one, because {}.",
            minute(training.requested_at),
            training.reason
        ));
        teller.say(&format!(
            "{} networks, {} passes, in a process of its own; the last {} days are held out.",
            training.instruction.networks.members,
            training.instruction.networks.epochs,
            training.instruction.held_out_days
        ));
        teller.page(&page_of(&training));
        Ok(training)
    }

    /// Lets it run to its end, while the pages go on answering.
    async fn train(&mut self, training: Training) -> Result<Training, VerbError> {
        let (stage, path) = (self.stage, page_of(&training));
        let mut seen = Seen::default();
        tokio::select! {
            trained = Box::pin(stage.run(&["train"])) => trained?,
            broken = Box::pin(look(&mut self.operator.browser, &path, &mut seen)) => {
                let Err(error) = broken;
                return Err(error);
            }
        }
        let ended = stage.store().training(&training.id).await.map_err(VerbError::because)?.unwrap_or(training);
        if ended.state != TrainingState::Done {
            let why = ended.failure.unwrap_or_else(|| "it came to no end".to_owned());
            return Err(VerbError::because(format!("The training made no model: {why}")));
        }
        let losses: Vec<f64> = ended.log.iter().filter_map(|progress| progress.loss).collect();
        if let (Some(first), Some(last)) = (losses.first(), losses.last()) {
            stage.teller.say(&format!("{} passes, training loss from {first:.4} to {last:.4}.", losses.len()));
        }
        stage.teller.say(&format!(
            "Its page was opened {} times meanwhile; the slowest answer took {} ms.",
            seen.times,
            seen.slowest.as_millis()
        ));
        Ok(ended)
    }

    async fn compare(&mut self, training: &Training) -> Result<Version, VerbError> {
        let (stage, teller) = (self.stage, self.stage.teller);
        let Some(made) = &training.made else { return Err(VerbError::because("The training kept no model")) };
        let comparison = &made.comparison;
        teller.step("Champion and challenger");
        let champion = comparison.champion.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        teller.say(&format!("{} against {champion}, on days that neither was trained on:", made.version));
        for at in &comparison.horizons {
            let difference = at.difference().map_or_else(String::new, |share| format!(" ({:+.1} %)", 100.0 * share));
            let before = at.champion.map_or_else(String::new, |did| format!(" instead of {:.4}", did.qlike));
            let p = at.p.map_or_else(String::new, |p| format!(", p {p:.3}"));
            teller.say(&format!(
                "{}: QLIKE {:.4}{before}{difference}{p}; the 80 % interval covers {:.1} %; {} days, {} forecasts.",
                at.horizon,
                at.challenger.qlike,
                100.0 * at.challenger.coverage80,
                at.days,
                at.forecasts
            ));
        }
        let entries = stage.store().model_events(0, ENTRIES).await.map_err(VerbError::because)?;
        let ruled = entries.iter().map(|entry| &entry.event).find(|event| {
            event.training.as_ref() == Some(&training.id)
                && matches!(event.kind, EventKind::Promoted | EventKind::Refused)
        });
        match ruled {
            Some(event) if event.kind == EventKind::Promoted => {
                teller.say(&format!("Promoted: {}.", event.reason));
                stage.served_by(&made.version).await?;
                teller.say("It serves from now on; no request was dropped, and the one before is held against it.");
            }
            Some(event) => {
                teller.say(&format!("Refused: {}.", event.reason));
                teller.say(
                    "The champion goes on serving. The challenger is kept as evidence and forecasts in the shadow.",
                );
            }
            None => return Err(VerbError::because("The audit log does not say what became of the challenger")),
        }
        for path in [page_of(training), version_page(&made.version)] {
            self.operator.browser.open(&path).await?.with_words(made.version.as_str())?;
            teller.page(&path);
        }
        Ok(made.version.clone())
    }

    async fn afterwards(&mut self, training: &Training, version: &Version) -> Result<(), VerbError> {
        let (stage, teller, days) = (self.stage, self.stage.teller, self.plot.days_after);
        teller.step(&format!("{days} more days"));
        for _ in 0..days * STRIDES_A_DAY {
            Box::pin(stage.go_on()).await?;
        }
        let state = Box::pin(stage.product.members.retraining.state()).await.map_err(VerbError::because)?;
        let serving = state.serving.map_or_else(|| "nobody".to_owned(), |serving| serving.to_string());
        teller.say(&format!("It is {}; {serving} serves.", minute(stage.now())));
        for (shadow, scored) in &state.shadows {
            teller.say(&format!(
                "{} forecasts beside it until {}, without being shown: {} days with an outcome so far.",
                shadow.version,
                minute(shadow.until),
                scored.days
            ));
        }
        let others = state.training.is_some_and(|newest| newest.id != training.id);
        if others {
            teller.say(&format!("Another training was asked for since {version} was made."));
        }
        Ok(())
    }

    /// Opens every page on which something of it can be seen.
    async fn pages(&mut self, training: &Training, version: &Version) -> Result<(), VerbError> {
        let teller = self.stage.teller;
        teller.step("What the pages show");
        let coin = format!("/coins/{}", self.coin.ticker());
        for (path, words, what) in [
            (coin.as_str(), self.coin.ticker(), "the forecasts of the coin and how earlier ones did"),
            ("/operator/drift", "", "drift: verdict, features, windows"),
            ("/operator/performance", "", "forecasts against outcomes, beside the baseline"),
            ("/operator/health", "", "data: freshness, gaps, sources"),
            ("/operator/models", version.as_str(), "models, trainings and the audit log"),
            (page_of(training).as_str(), version.as_str(), "the training and its comparison"),
            ("/operator/jobs", "", "jobs: last runs, failures"),
        ] {
            let page = self.operator.browser.open(path).await?.with_words(words)?;
            teller.say(&format!("{}{path}: {what} ({} kB)", teller.root(), page.body.len() / 1_024));
        }
        Ok(())
    }

    /// The board that the page shows first.
    async fn board(&self) -> Result<DriftBoard, VerbError> {
        let watching = &self.stage.product.members.watching;
        watching.drift_board(DriftQuery::default()).await.map_err(VerbError::because)
    }

    /// The chance of a high-volatility day of the coin, 0 to 1; 0 while there is no forecast.
    fn chance(&self) -> f64 {
        let forecast = self.stage.product.forecasting.forecast(&self.coin, Horizon::Day);
        forecast.map_or(0.0, |forecast| forecast.high_volatility)
    }

    /// The mean of that over all coins.
    fn mean_chance(&self) -> f64 {
        let Some(published) = self.stage.product.forecasting.published() else { return 0.0 };
        let day = published.forecasts().filter(|forecast| forecast.horizon == Horizon::Day);
        let (sum, count) = day.fold((0.0, 0_u32), |(sum, count), forecast| (sum + forecast.high_volatility, count + 1));
        sum / f64::from(count.max(1))
    }
}

/// How often a page was opened, and how long the slowest answer took.
#[derive(Default)]
struct Seen {
    times: u32,
    slowest: Duration,
}

/// Opens a page again and again; ends only where it is not there.
async fn look(browser: &mut Browser, path: &str, seen: &mut Seen) -> Result<Infallible, VerbError> {
    loop {
        let began = Instant::now();
        browser.open(path).await?;
        seen.times += 1;
        seen.slowest = seen.slowest.max(began.elapsed());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Signs up, confirms by the letter's button, and signs in.
async fn join(stage: &Stage<'_>, settings: &Settings, email: &str) -> Result<Person, VerbError> {
    let root = stage.teller.root();
    let mut browser = Browser::new(root)?;
    let fields = [("email", email), ("password", PASSWORD)];
    browser.send("/account/sign-up", &fields).await?.with_status(200)?;
    stage.run(&["post"]).await?;
    let link = link(&settings.letters_dir(), email, root, "/account/confirm?t=")
        .ok_or_else(|| VerbError::because("No letter came to confirm an address with"))?;
    browser.open(&link).await?;
    let ticket = ticket(&link).ok_or_else(|| VerbError::because("The letter's button leads nowhere"))?;
    browser.send("/account/confirm", &[("t", ticket)]).await?.with_status(200)?;
    browser.send("/account/sign-in", &fields).await?.leading_to("/account")?;
    let address = EmailAddress::parse(email).map_err(VerbError::because)?;
    let kept = stage.store().account_at(&address).await.map_err(VerbError::because)?;
    let kept = kept.ok_or_else(|| VerbError::because("Nobody has signed up"))?;
    Ok(Person { browser, account: kept.account.id })
}

/// Follows a coin: letters at any hour, at once.
async fn follow(browser: &mut Browser, coin: &Symbol) -> Result<(), VerbError> {
    let letters = [
        ("letters", "yes"),
        ("time_zone", "UTC"),
        ("quiet_from", "00:00"),
        ("quiet_to", "00:00"),
        ("most_a_day", "3"),
        ("delivery", "at_once"),
        ("digest_hour", "7"),
    ];
    browser.send("/account/letters", &letters).await?.leading_to("/account/alerts?done=letters")?;
    let rule = [
        ("symbol", coin.as_str()),
        ("horizon", "24h"),
        ("measure", "chance"),
        ("threshold", ALERT_FROM),
        ("do", "save"),
    ];
    browser.send("/account/alerts", &rule).await?.leading_to("/account/alerts?done=rule")?;
    Ok(())
}

fn page_of(training: &Training) -> String {
    format!("/operator/models/training/{}", training.id)
}

fn version_page(version: &Version) -> String {
    format!("/operator/models/version/{version}")
}

const fn in_words(verdict: DriftVerdict) -> &'static str {
    match verdict {
        DriftVerdict::NotChecked => "not looked at yet",
        DriftVerdict::TooFewRows => "too few forecasts to say",
        DriftVerdict::Calm => "calm",
        DriftVerdict::Suspected => "suspected",
        DriftVerdict::Confirmed => "confirmed",
    }
}
