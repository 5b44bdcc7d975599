//! What runs by itself.

use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::{table, up, whole};
use crate::components::moment::Moment;
use crate::documents::field::done;
use crate::documents::{Page, address, say};

/// A job in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEntry {
    /// Its name.
    pub name: String,
    /// Whether somebody runs it now.
    pub is_running: bool,
    /// When the last run began (UTC).
    pub started_at: Option<Timestamp>,
    /// When the last run ended (UTC).
    pub ended_at: Option<Timestamp>,
    /// When the next run is due (UTC); none where that is not known.
    pub next_at: Option<Timestamp>,
    /// Why the last run failed; none where it went well.
    pub failure: Option<String>,
    /// How many runs have ended.
    pub runs: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// Everything that runs by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobList {
    /// The jobs.
    pub entries: Vec<JobEntry>,
    /// Whether one was just started by hand.
    pub was_started: bool,
}

/// What runs by itself.
pub fn jobs(language: Language, shown: &JobList) -> Page {
    let JobList { entries, was_started } = shown;
    let title = say(language, "Jobs", "Tâches");
    let heads = [
        say(language, "Job", "Tâche"),
        say(language, "Last run", "Dernière exécution"),
        say(language, "Next run", "Prochaine"),
        say(language, "Runs", "Exécutions"),
        say(language, "Failures", "Échecs"),
        say(language, "What failed last", "Dernier échec"),
        say(language, "Action", "Action"),
    ];
    let row = |job: &JobEntry| {
        let last =
            job.ended_at.or(job.started_at).map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any());
        let run = say(language, "Run now", "Exécuter");
        let label = format!("{run}: {}", job.name);
        let next = if job.is_running {
            say(language, "running now", "en cours").into_any()
        } else {
            job.next_at.map_or_else(|| "–".into_any(), |at| view! { <Moment at /> }.into_any())
        };
        view! {
            <tr>
                <th scope="row">{job.name.clone()}</th>
                <td>{last}</td>
                <td>{next}</td>
                <td class="table__number">{whole(language, job.runs)}</td>
                <td class="table__number">{whole(language, job.failures)}</td>
                <td>{job.failure.clone().unwrap_or_default()}</td>
                <td>
                    <form method="post" action=address(language, "/operator/jobs/run")>
                        <input type="hidden" name="job" value=job.name.clone() />
                        <button class="button button--quiet button--small" type="submit" aria-label=label>
                            {run}
                        </button>
                    </form>
                </td>
            </tr>
        }
    };
    let list = if entries.is_empty() {
        let text = say(language, "No job has run yet.", "Aucune tâche n’a encore tourné.");
        view! { <p class="document__aside">{text}</p> }.into_any()
    } else {
        table(title, &heads, entries.iter().map(row).collect_view().into_any())
    };
    let started = was_started.then(|| say(language, "The job has begun.", "La tâche a commencé.").to_owned());
    let body = view! {
        {up(language)}
        <h1>{title}</h1>
        {done(started)}
        {list}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}
