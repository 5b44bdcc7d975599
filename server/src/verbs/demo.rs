//! `investbuddy demo`: history is replayed in front of a real running server, which watches itself.
//!
//! The market is calm, then it is not; an alert goes out and a person answers; drift is confirmed, a training starts, and
//! champion and challenger are compared. The clock goes from step to step, so that nobody waits for it. Everything lies in
//! a folder of its own, and nothing of this machine's install is touched.

mod browser;
mod history;
mod plot;
mod stage;
mod story;
mod teller;

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use domain::clock::Clock;
use jiff::civil::Date;
use uuid::Uuid;

use self::plot::Plot;
use self::stage::Stage;
use self::story::{OPERATOR, PASSWORD, READER, Story};
use self::teller::Teller;
use super::product::Product;
use super::serve::answer;
use super::{VerbError, print};
use crate::clock::SteppedClock;
use crate::config::{Mode, Settings};
use crate::retraining::ProcessTrainer;

/// What to show.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// Keep everything in this folder, which must be new or empty, and go on serving at the end
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The first day of the replay, UTC [default: 2022-04-29, before the collapse of Terra]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "short")]
    from: Option<Date>,
    /// A made-up market of three coins and a small network, within a minute
    #[arg(long)]
    short: bool,
}

impl DemoArgs {
    /// Keeps what the server says by itself out of the story, unless somebody asked for it.
    pub(super) fn apply(&self, settings: &mut Settings) {
        if settings.log == Settings::default().log {
            "error".clone_into(&mut settings.log);
        }
    }
}

/// Shows it, and ends; with `--keep` it goes on serving until asked to stop.
///
/// # Errors
/// [`VerbError`] where something does not do what it is for, or what is waited for does not happen.
pub async fn run(args: DemoArgs, settings: &Settings, revision: &str) -> Result<(), VerbError> {
    if settings.database_url.is_some() {
        return Err(VerbError::failed(
            "The demonstration keeps everything in a folder of its own, and a database server is set",
            "Leave database_url (INVESTBUDDY_DATABASE_URL) out for this call.",
        ));
    }
    let folder = Folder::new(args.keep.clone())?;
    let shown = Box::pin(show(&args, settings, &folder.path, revision)).await;
    folder.leave();
    shown
}

async fn show(args: &DemoArgs, settings: &Settings, folder: &Path, revision: &str) -> Result<(), VerbError> {
    let plot = if args.short { Plot::in_short()? } else { Plot::of_history(args.from)? };
    let (archive, is_made_up) = history::find(settings, &plot, folder)?;
    let plot = if is_made_up { plot.on_a_made_up_market() } else { plot };
    let settings = own_settings(settings, args.addr, folder, &archive, &plot)?;
    let teller = Teller::new(settings.public_url());
    teller.step("History");
    if is_made_up {
        let shock = teller::minute(plot.shock_at());
        teller.say(&format!("A market that is made up, with a shock on {shock}. The pages take it for an archive."));
    } else {
        teller.say(&format!("Real candles from {}.", archive.display()));
    }
    Box::pin(history::bring_in(&settings, &plot, &teller)).await?;
    teller.step("The model of the time");
    Box::pin(history::train_model_of_the_time(&settings, &plot, revision, &teller)).await?;

    let clock = Arc::new(SteppedClock::standing_at(plot.begins_at));
    let shown_clock: Arc<dyn Clock> = Arc::<SteppedClock>::clone(&clock);
    let trainer = Arc::new(trainer(&settings)?);
    let product = Box::pin(Product::start(&settings, shown_clock, trainer)).await?;
    let stage = Stage { product: &product, clock: &clock, teller: &teller };
    let shown = Box::pin(in_front_of(&stage, &settings, &plot, args.keep.is_some())).await;
    let was_stopped = product.stop.is_cancelled();
    product.end(settings.drain()).await;
    if was_stopped {
        print("\nStopped.");
        return Ok(());
    }
    shown
}

/// Tells the story while the server answers.
async fn in_front_of(stage: &Stage<'_>, settings: &Settings, plot: &Plot, keep: bool) -> Result<(), VerbError> {
    let product = stage.product;
    let mut answering = Box::pin(answer(settings, product, product.stop.clone()));
    let told = tokio::select! {
        // The server says where it is before anything happens there.
        biased;
        served = &mut answering => return served,
        told = Box::pin(tell(stage, settings, plot)) => told,
    };
    told?;
    let teller = stage.teller;
    if !keep {
        print("\nThat was it. --keep DIR leaves everything and goes on serving.");
        return Ok(());
    }
    stage.clock.run();
    product.run_jobs();
    print(&format!(
        "\nThe pages stay at {} until Ctrl-C. Sign in as {OPERATOR} or {READER} with the password: {PASSWORD}",
        teller.root()
    ));
    answering.await
}

async fn tell(stage: &Stage<'_>, settings: &Settings, plot: &Plot) -> Result<(), VerbError> {
    let story = Box::pin(Story::begin(stage, settings, plot)).await?;
    Box::pin(story.tell()).await
}

/// Settings of a server of its own: nothing of this machine's but where its files are.
fn own_settings(
    settings: &Settings,
    addr: SocketAddr,
    folder: &Path,
    archive: &Path,
    plot: &Plot,
) -> Result<Settings, VerbError> {
    let mut own = Settings {
        addr: with_port(addr)?,
        mode: Mode::Development,
        data_dir: folder.to_owned(),
        // No model that knows what comes later.
        model_dir: folder.join("shipped"),
        archive: Some(archive.to_owned()),
        live: false,
        site_dir: settings.site_dir.clone(),
        glossary_dir: settings.glossary_dir.clone(),
        ..Settings::defaults(settings.roots.clone())
    };
    own.market.replay_from = Some(plot.begins_at);
    (own.retraining.members, own.retraining.epochs) = plot.networks;
    // Whichever trigger comes first starts the training, and the story is that of drift and of people.
    (own.retraining.on_performance, own.retraining.on_rows) = (false, false);
    Ok(own)
}

/// The address with a port that is free now: letters name it before anybody listens there.
fn with_port(addr: SocketAddr) -> Result<SocketAddr, VerbError> {
    if addr.port() != 0 {
        return Ok(addr);
    }
    let listener = TcpListener::bind(addr).map_err(VerbError::because)?;
    listener.local_addr().map_err(VerbError::because)
}

/// Trainings by this very program, on the store and the models of the demonstration.
fn trainer(settings: &Settings) -> Result<ProcessTrainer, VerbError> {
    let program = std::env::current_exe().map_err(VerbError::because)?;
    let variable = |name: &str, folder: &Path| (OsString::from(name), folder.as_os_str().to_owned());
    let variables = vec![
        variable("INVESTBUDDY_DATA_DIR", &settings.data_dir),
        variable("INVESTBUDDY_MODEL_DIR", &settings.model_dir),
    ];
    Ok(ProcessTrainer::new(program, Vec::new(), variables))
}

/// Where everything lies.
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// The folder that was asked for, else a fresh one among the system's temporary files.
    fn new(kept: Option<PathBuf>) -> Result<Self, VerbError> {
        let is_kept = kept.is_some();
        let path = kept.unwrap_or_else(|| std::env::temp_dir().join(format!("investbuddy-demo-{}", Uuid::new_v4())));
        // The trainings run elsewhere.
        let path = std::path::absolute(path).map_err(VerbError::because)?;
        let cannot = |cause: std::io::Error| {
            VerbError::failed(
                format!("The folder {} cannot be used: {cause}", path.display()),
                "Name another one with --keep.",
            )
        };
        std::fs::create_dir_all(&path).map_err(cannot)?;
        if std::fs::read_dir(&path).map_err(cannot)?.next().is_some() {
            return Err(VerbError::failed(
                format!("The folder {} is not empty", path.display()),
                "Each demonstration begins anew: name a new folder with --keep.",
            ));
        }
        Ok(Self { path, is_kept })
    }

    /// Removes what nobody wants to keep. Where that fails, only room is lost.
    fn leave(self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_refused_and_one_that_nobody_keeps_goes() {
        let parent = tempfile::tempdir().expect("a folder");
        std::fs::write(parent.path().join("something"), "of somebody").expect("written");
        assert!(Folder::new(Some(parent.path().to_owned())).is_err());
        let kept = Folder::new(Some(parent.path().join("new"))).expect("a folder");
        kept.leave();
        assert!(parent.path().join("new").is_dir());
        let fresh = Folder::new(None).expect("a folder");
        let path = fresh.path.clone();
        assert!(path.is_dir());
        fresh.leave();
        assert!(!path.exists());
    }

    #[test]
    fn the_server_of_a_demonstration_knows_nothing_of_this_machines_secrets() {
        let mut settings = Settings { public_url: Some("https://buddy.example.org".to_owned()), ..Settings::default() };
        settings.mail.host = Some("smtp.example.org".to_owned());
        settings.webhooks.urls = Some("https://example.org/hook".to_owned());
        let plot = Plot::in_short().expect("a plot");
        let addr = "127.0.0.1:0".parse().expect("an address");
        let own = own_settings(&settings, addr, Path::new("/tmp/demo"), Path::new("/tmp/archive"), &plot);
        let own = own.expect("settings");
        assert!(own.mail.host.is_none() && own.webhooks.urls.is_none() && !own.live);
        assert_eq!(own.public_url(), format!("http://{}", own.addr));
        assert!(own.addr.port() != 0 && own.market_settings().replay);
        assert_eq!((own.retraining.members, own.retraining.epochs), (1, 1));
    }
}
