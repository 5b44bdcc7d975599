//! A training: why it takes place, how far it is, what came of it; and the forms that begin and stop one.

mod duel;

use domain::language::Language;
use domain::market::Symbol;
use domain::model::Family;
use jiff::Timestamp;
use leptos::prelude::*;

use super::graph::{Tone, aligned, encoded, facts, verdict};
use super::models::{Actor, ModelTrouble, back, reason_field, trouble};
use super::whole;
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::moment::Moment;
use crate::documents::field::summary;
use crate::documents::{Form, Page, address, say};
use crate::format;
use crate::words::Words;

pub(super) use self::duel::duel_section;
pub use self::duel::{Duel, DuelRow, DuelSide};

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingStanding {
    /// It begins soon.
    Waiting,
    /// It runs.
    Running,
    /// It made a model.
    Done,
    /// It made none.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

impl TrainingStanding {
    /// Whether it has not come to an end yet.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// Why a training takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingCause {
    /// Enough forecasts have ended since the last one.
    Rows,
    /// What comes in does not look like what the model learned from.
    Drift,
    /// The serving model does worse than the baseline.
    Performance,
    /// People denied enough forecasts.
    Feedback,
    /// It was time.
    Schedule,
    /// An operator asked for it.
    Operator,
}

/// What a training is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingPhase {
    /// It reads candles and computes features.
    Reading,
    /// It fits.
    Fitting,
    /// It compares what it made with the model that serves.
    Comparing,
}

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingStep {
    /// What it is at.
    pub phase: TrainingPhase,
    /// How much of its work is done, 0 to 1.
    pub share: f64,
    /// Which fit is at work, from 1; 0 while none is.
    pub fit: u32,
    /// How many fits there are.
    pub fits: u32,
    /// Which network of the ensemble, from 1; 0 while none is.
    pub network: u32,
    /// Which pass over the data, from 1; 0 while none is.
    pub epoch: u32,
    /// Mean loss of the pass that has just ended.
    pub loss: Option<f64>,
}

/// A training in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingLine {
    /// Its name.
    pub id: String,
    /// Why it takes place.
    pub cause: TrainingCause,
    /// Who wants it.
    pub actor: Actor,
    /// Why, in words.
    pub reason: String,
    /// How it stands.
    pub standing: TrainingStanding,
    /// When it was asked for (UTC).
    pub requested_at: Timestamp,
    /// When it was begun last (UTC).
    pub started_at: Option<Timestamp>,
    /// When it ended (UTC).
    pub ended_at: Option<Timestamp>,
    /// How much of its work is done, 0 to 1; none before it began.
    pub share: Option<f64>,
    /// What it made.
    pub version: Option<String>,
}

/// What a training was told.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOrder {
    /// The family.
    pub family: Family,
    /// Nothing later is read (UTC).
    pub now: Timestamp,
    /// Days at the end on which the models are compared.
    pub held_out_days: u32,
    /// The seed of every random choice.
    pub seed: u64,
    /// Networks of the ensemble.
    pub members: u32,
    /// Passes over the data.
    pub epochs: u32,
    /// Whether what people said counts.
    pub hears_people: bool,
}

/// What people's denials moved.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TrainingVotes {
    /// Votes that counted.
    pub votes: u32,
    /// Forecasts that were doubted.
    pub doubted: u32,
    /// Training rows that counted twice.
    pub doubled: u32,
    /// Their share of the training's weight, 0 to 1.
    pub share: f64,
}

/// Everything about a training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingPage {
    /// In short.
    pub line: TrainingLine,
    /// How often it was begun.
    pub attempts: u32,
    /// What it was told.
    pub order: TrainingOrder,
    /// How far it is, or was at its end.
    pub step: Option<TrainingStep>,
    /// The end of each pass over the data, the oldest first.
    pub log: Vec<TrainingStep>,
    /// What people's denials moved; none before it is known.
    pub votes: Option<TrainingVotes>,
    /// How what it made compares.
    pub duel: Option<Duel>,
    /// Why there is no model.
    pub failure: Option<String>,
    /// Who wants it stopped, and why.
    pub stop: Option<(Actor, String)>,
    /// Whether the page reads itself again.
    pub refreshes: bool,
}

/// A training with its progress, its log and what came of it.
pub fn training(language: Language, shown: &TrainingPage) -> Page {
    let title = say(language, "Training", "Entraînement");
    let line = &shown.line;
    let at = line.requested_at;
    let here = format!("/operator/models/training/{}", encoded(&line.id));
    let refreshing = line.standing.is_open().then(|| {
        let (path, text) = if shown.refreshes {
            (format!("{here}?still=yes"), say(language, "Stop refreshing this page", "Ne plus actualiser la page"))
        } else {
            (here.clone(), say(language, "Refresh this page by itself", "Actualiser la page automatiquement"))
        };
        let stop = shown.stop.is_none().then(|| {
            let href = address(language, &format!("/operator/models/stop?id={}", encoded(&line.id)));
            view! {
                <a class="button button--danger button--small" href=href>
                    {say(language, "Stop this training", "Arrêter cet entraînement")}
                </a>
            }
        });
        view! {
            <p class="form__actions">
                <a class="button button--quiet button--small" href=address(language, &path)>
                    {text}
                </a>
                {stop}
            </p>
        }
    });
    let body = view! {
        <div class="board">
            {back(language)}
            <h1>{title} " " <Moment at /></h1>
            {said(language, shown)}
            {progress(language, shown)}
            {refreshing}
            {order_facts(language, shown)}
            {shown.duel.as_ref().map(|duel| duel_section(language, duel))}
            {votes(language, shown.votes)}
            {log(language, &shown.log)}
        </div>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The form that begins a training.
pub fn start_training(language: Language, form: &Form, refused: Option<ModelTrouble>) -> Page {
    let title = say(language, "Start a training", "Lancer un entraînement");
    let about = say(
        language,
        "A new model learns from everything up to now, in a process of its own and with lower priority. It is held against the serving one on days that neither learned from, and serves only where it proves better. The reason stays in the audit log.",
        "Un nouveau modèle apprend de tout ce qui est connu, dans son propre processus et avec une priorité plus basse. Il est comparé à celui en service sur des jours que ni l’un ni l’autre n’a vus, et ne sert que s’il se montre meilleur. La raison reste dans le journal.",
    );
    let body = view! {
        {back(language)}
        <h1>{title}</h1>
        <p class="lead">{about}</p>
        <form class="form" method="post" action=address(language, "/operator/models/train") novalidate>
            {summary(language, form)}
            {trouble(language, refused)}
            {reason_field(language, form)}
            <button class="button" type="submit">
                {title}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// The form that stops a training; none where there is nothing to stop.
pub fn stop_training(
    language: Language,
    line: Option<&TrainingLine>,
    form: &Form,
    refused: Option<ModelTrouble>,
) -> Page {
    let title = say(language, "Stop the training", "Arrêter l’entraînement");
    let content = match line {
        None => view! { {trouble(language, Some(ModelTrouble::NothingRuns))} }.into_any(),
        Some(line) => {
            let (id, at) = (line.id.clone(), line.requested_at);
            let about = say(
                language,
                "What it has done so far is lost; the serving model goes on. Asked for: ",
                "Ce qu’il a fait est perdu\u{202f}; le modèle en service continue. Demandé le\u{202f}: ",
            );
            view! {
                <p class="lead">{about} <Moment at /></p>
                <form class="form" method="post" action=address(language, "/operator/models/stop") novalidate>
                    {summary(language, form)}
                    {trouble(language, refused)}
                    <input type="hidden" name="id" value=id />
                    {reason_field(language, form)}
                    <button class="button button--danger" type="submit">
                        {title}
                    </button>
                </form>
            }
            .into_any()
        }
    };
    let body = view! {
        {back(language)}
        <h1>{title}</h1>
        {content}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// Trainings in a table, the newest first.
pub(super) fn training_table(language: Language, lines: &[TrainingLine]) -> AnyView {
    let heads = [
        say(language, "Asked for", "Demandé"),
        say(language, "State", "État"),
        say(language, "Why", "Pourquoi"),
        say(language, "By", "Par"),
        say(language, "Took", "Durée"),
        say(language, "Made", "Résultat"),
    ];
    let row = |line: &TrainingLine| {
        let at = line.requested_at;
        let href = address(language, &format!("/operator/models/training/{}", encoded(&line.id)));
        let took = line.started_at.zip(line.ended_at).map_or_else(|| "–".to_owned(), |(from, to)| took(from, to));
        let share = line.share.filter(|_| line.standing == TrainingStanding::Running);
        let share = share.map(|share| format!(" {}", format::percent(language, share, 0)));
        view! {
            <tr>
                <th scope="row">
                    <a href=href>
                        <Moment at />
                    </a>
                </th>
                <td>{standing_mark(language, line.standing)} {share}</td>
                <td>{cause_words(language, line.cause)} ": " {line.reason.clone()}</td>
                <td>{line.actor.words(language)}</td>
                <td class="table__number">{took}</td>
                <td>{version_link(language, line.version.as_deref())}</td>
            </tr>
        }
    };
    aligned(say(language, "Trainings", "Entraînements"), &heads, &[4], lines.iter().map(row).collect_view().into_any())
}

/// A version as a link to its card; a dash where there is none.
pub(super) fn version_link(language: Language, version: Option<&str>) -> AnyView {
    let Some(version) = version else { return "–".into_any() };
    let href = address(language, &format!("/operator/models/version/{}", encoded(version)));
    view! {
        <a href=href>
            <code>{version.to_owned()}</code>
        </a>
    }
    .into_any()
}

/// Why a training takes place, in a few words.
pub(super) const fn cause_words(language: Language, cause: TrainingCause) -> &'static str {
    match cause {
        TrainingCause::Rows => say(language, "new forecasts ended", "de nouvelles prévisions sont terminées"),
        TrainingCause::Drift => say(language, "drift", "dérive"),
        TrainingCause::Performance => say(language, "worse than the simple method", "moins bon que la méthode simple"),
        TrainingCause::Feedback => say(language, "people denied forecasts", "des lecteurs ont démenti des prévisions"),
        TrainingCause::Schedule => say(language, "it was time", "c’était l’heure"),
        TrainingCause::Operator => say(language, "an operator", "un opérateur"),
    }
}

fn said(language: Language, shown: &TrainingPage) -> AnyView {
    let line = &shown.line;
    let why = || {
        let before = cause_words(language, line.cause);
        format!("{before}: {}", line.reason)
    };
    let stop = shown.stop.as_ref().map(|(actor, reason)| {
        let who = actor.words(language);
        match language {
            Language::English => format!("{who} wants it stopped: {reason}"),
            Language::French => format!("{who} a demandé l’arrêt\u{202f}: {reason}"),
        }
    });
    let (tone, headline, next) = match line.standing {
        TrainingStanding::Waiting => (Tone::Unknown, say(language, "It begins soon.", "Il commence bientôt."), why()),
        TrainingStanding::Running if stop.is_some() => {
            (Tone::Watch, say(language, "It is being stopped.", "Il est en cours d’arrêt."), String::new())
        }
        TrainingStanding::Running => (Tone::Unknown, say(language, "It runs.", "Il est en cours."), why()),
        TrainingStanding::Done => (Tone::Good, say(language, "It made a model.", "Il a produit un modèle."), why()),
        TrainingStanding::Stopped => (Tone::Watch, say(language, "It was stopped.", "Il a été arrêté."), String::new()),
        TrainingStanding::Failed => (
            Tone::Bad,
            say(language, "It made no model.", "Il n’a pas produit de modèle."),
            shown.failure.clone().unwrap_or_default(),
        ),
    };
    verdict(tone, headline.into_any(), view! { {next} {stop} }.into_any())
}

fn progress(language: Language, shown: &TrainingPage) -> AnyView {
    let Some(step) = shown.step.filter(|_| shown.line.standing.is_open()) else { return ().into_any() };
    let at = match step.phase {
        TrainingPhase::Reading => {
            say(language, "It reads candles and computes features", "Il lit les bougies et calcule les variables")
        }
        TrainingPhase::Fitting => say(language, "It fits", "Il apprend"),
        TrainingPhase::Comparing => say(
            language,
            "It compares the new model with the serving one",
            "Il compare le nouveau modèle à celui en service",
        ),
    };
    let detail = (step.phase == TrainingPhase::Fitting && step.fit > 0).then(|| match language {
        Language::English => {
            format!(": fit {} of {}, network {}, pass {}", step.fit, step.fits, step.network, step.epoch)
        }
        Language::French => {
            format!(
                "\u{202f}: ajustement {} sur {}, réseau {}, passe {}",
                step.fit, step.fits, step.network, step.epoch
            )
        }
    });
    let done = format::percent(language, step.share, 0);
    let value = format!("{:.3}", step.share.clamp(0.0, 1.0));
    view! {
        <div class="training__progress">
            <label for="progress">{at} {detail}</label>
            <progress id="progress" max="1" value=value>
                {done.clone()}
            </progress>
            <span class="training__done">{done}</span>
        </div>
    }
    .into_any()
}

fn order_facts(language: Language, shown: &TrainingPage) -> AnyView {
    let (line, order) = (&shown.line, &shown.order);
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
    let until = order.now;
    let heard = if order.hears_people { say(language, "yes", "oui") } else { say(language, "no", "non") };
    facts(vec![
        (say(language, "Asked for by", "Demandé par"), line.actor.words(language).into_any()),
        (say(language, "Begun", "Commencé"), moment(line.started_at)),
        (say(language, "Ended", "Terminé"), moment(line.ended_at)),
        (say(language, "Begun so often", "Nombre de débuts"), shown.attempts.to_string().into_any()),
        (say(language, "Made", "Résultat"), version_link(language, line.version.as_deref())),
        (say(language, "Family", "Famille"), (Words::of(language).models.family)(order.family).into_any()),
        (
            say(language, "Learns from data until", "Apprend des données jusqu’au"),
            view! { <Moment at=until /> }.into_any(),
        ),
        (
            say(language, "Held out at the end", "Mis de côté à la fin"),
            format!("{} {}", order.held_out_days, say(language, "days", "jours")).into_any(),
        ),
        (
            say(language, "Networks, passes", "Réseaux, passes"),
            format!("{}, {}", order.members, order.epochs).into_any(),
        ),
        (say(language, "Seed", "Graine"), order.seed.to_string().into_any()),
        (say(language, "People are heard", "Les lecteurs sont entendus"), heard.into_any()),
    ])
}

fn votes(language: Language, votes: Option<TrainingVotes>) -> AnyView {
    let Some(votes) = votes else { return ().into_any() };
    let share = format::percent(language, votes.share, 1);
    let count = |number: u32| whole(language, u64::from(number));
    let (counted, doubted, doubled) = (count(votes.votes), count(votes.doubted), count(votes.doubled));
    let text = match language {
        Language::English => format!(
            "{counted} votes counted and put {doubted} forecasts in doubt; {doubled} rows counted twice for it, {share} of the training's weight."
        ),
        Language::French => format!(
            "{counted} votes ont compté et mis en doute {doubted} prévisions\u{202f}; {doubled} lignes ont compté double, soit {share} du poids de l’entraînement."
        ),
    };
    view! {
        <section class="document__section">
            <h2>{say(language, "What people said", "Ce qu’ont dit les lecteurs")}</h2>
            <p>{text}</p>
        </section>
    }
    .into_any()
}

pub(super) fn log(language: Language, log: &[TrainingStep]) -> AnyView {
    if log.is_empty() {
        return ().into_any();
    }
    let title = say(language, "Training log", "Journal d’entraînement");
    let number = |value: u32| if value == 0 { "–".to_owned() } else { value.to_string() };
    let row = |step: &TrainingStep| {
        view! {
            <tr>
                <th scope="row" class="table__number">{format::percent(language, step.share, 0)}</th>
                <td class="table__number">{number(step.fit)}</td>
                <td class="table__number">{number(step.network)}</td>
                <td class="table__number">{number(step.epoch)}</td>
                <td class="table__number">
                    {step.loss.map_or_else(|| "–".to_owned(), |loss| format::number(language, loss, 4))}
                </td>
            </tr>
        }
    };
    view! {
        <section class="document__section">
            <h2>{title}</h2>
            <FoldedTable
                summary=say(language, "Loss after each pass over the data", "Perte après chaque passe sur les données")
                label=title
                caption=title.to_owned()
                heads=vec![
                    Head::Number(say(language, "Done", "Fait")),
                    Head::Number(say(language, "Fit", "Ajustement")),
                    Head::Number(say(language, "Network", "Réseau")),
                    Head::Number(say(language, "Pass", "Passe")),
                    Head::Number(say(language, "Mean loss", "Perte moyenne")),
                ]
                rows=log.iter().map(row).collect_view().into_any()
            />
        </section>
    }
    .into_any()
}

fn standing_mark(language: Language, standing: TrainingStanding) -> AnyView {
    let (class, text) = match standing {
        TrainingStanding::Waiting => ("state", say(language, "waiting", "en attente")),
        TrainingStanding::Running => ("state state--watch", say(language, "running", "en cours")),
        TrainingStanding::Done => ("state state--good", say(language, "done", "terminé")),
        TrainingStanding::Failed => ("state state--bad", say(language, "failed", "échoué")),
        TrainingStanding::Stopped => ("state", say(language, "stopped", "arrêté")),
    };
    view! { <span class=class>{text}</span> }.into_any()
}

/// How long something took, as people say it.
fn took(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A coin of a card by its pair name; the name itself where nobody knows it.
pub(super) fn coin_name(pair: &str) -> String {
    Symbol::parse(pair).map_or_else(|_| pair.to_owned(), |symbol| symbol.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::instant;

    const AT: i64 = 1_751_324_400;

    fn step(share: f64) -> TrainingStep {
        TrainingStep { phase: TrainingPhase::Fitting, share, fit: 2, fits: 3, network: 1, epoch: 4, loss: Some(0.31) }
    }

    fn page(standing: TrainingStanding) -> TrainingPage {
        TrainingPage {
            line: TrainingLine {
                id: "0190".to_owned(),
                cause: TrainingCause::Drift,
                actor: Actor::Server,
                reason: "<i>it moved</i>".to_owned(),
                standing,
                requested_at: instant(AT),
                started_at: Some(instant(AT)),
                ended_at: None,
                share: Some(0.4),
                version: None,
            },
            attempts: 1,
            order: TrainingOrder {
                family: Family::Lstm,
                now: instant(AT),
                held_out_days: 60,
                seed: 7,
                members: 3,
                epochs: 8,
                hears_people: true,
            },
            step: Some(step(0.4)),
            log: vec![step(0.3)],
            votes: None,
            duel: None,
            failure: None,
            stop: None,
            refreshes: true,
        }
    }

    fn html(language: Language, page: &TrainingPage) -> String {
        training(language, page).body.to_html()
    }

    #[test]
    fn a_running_training_shows_how_far_it_is_and_can_be_stopped() {
        let shown = html(Language::English, &page(TrainingStanding::Running));
        assert!(shown.contains("<progress") && shown.contains("40%"), "{shown}");
        assert!(shown.contains("fit 2 of 3, network 1, pass 4"), "{shown}");
        assert!(shown.contains("/operator/models/stop?id=0190") && shown.contains("still=yes"), "{shown}");
        assert!(!shown.contains("<i>it"), "{shown}");
    }

    #[test]
    fn a_training_that_ended_neither_refreshes_nor_stops() {
        let mut ended = page(TrainingStanding::Failed);
        ended.failure = Some("the store holds no candles".to_owned());
        let shown = html(Language::French, &ended);
        assert!(shown.contains("the store holds no candles"), "{shown}");
        assert!(!shown.contains("/operator/models/stop") && !shown.contains("<progress"), "{shown}");
    }

    #[test]
    fn a_missing_reason_is_told_beside_the_field_and_keeps_what_was_typed() {
        let form = Form::default().but("reason", crate::documents::Wrong::Missing);
        let shown = start_training(Language::English, &form, Some(ModelTrouble::OneRuns)).body.to_html();
        assert!(shown.contains("id=\"reason-wrong\"") && shown.contains("aria-invalid=\"true\""), "{shown}");
    }
}
