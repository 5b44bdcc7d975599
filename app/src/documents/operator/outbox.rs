//! What goes out: letters and webhooks, and how each stands.

use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::{pages, table, up, whole};
use crate::components::moment::Moment;
use crate::documents::field::done;
use crate::documents::{Page, address, say};

/// A letter or webhook in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its name.
    pub id: String,
    /// What it says, as it is stored: `alert`, `reset_password` and so on.
    pub what: String,
    /// letter or webhook.
    pub channel: String,
    /// To whom, masked; empty where nobody knows.
    pub to: String,
    /// waiting, sent or dead.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was put there (UTC).
    pub created_at: Timestamp,
    /// When it is tried next, where it waits (UTC).
    pub due_at: Option<Timestamp>,
    /// When it was sent or given up (UTC).
    pub ended_at: Option<Timestamp>,
    /// Why the last try failed; empty where none did.
    pub failure: String,
}

/// What goes out.
#[derive(Debug, Clone, Default)]
pub struct OutboxList {
    /// Which state is listed; empty for all.
    pub state: String,
    /// How many are in which state.
    pub counts: Vec<(&'static str, u64)>,
    /// The entries of this page, the newest first.
    pub entries: Vec<OutboxEntry>,
    /// Which page this is, from 1.
    pub page: u32,
    /// Whether there is another one.
    pub has_more: bool,
    /// Whether one was just put back.
    pub was_replayed: bool,
    /// Whether letters lie in a folder here and can be read.
    pub has_letters: bool,
}

/// What goes out, with what failed and a way to try again.
pub fn outbox(language: Language, shown: &OutboxList) -> Page {
    let title = say(language, "Outbox", "Boîte d’envoi");
    let link = |state: &'static str, text: String| {
        let is_current = shown.state == state;
        let path =
            if state.is_empty() { "/operator/outbox".to_owned() } else { format!("/operator/outbox?state={state}") };
        view! {
            <a
                class="button button--quiet button--small"
                href=address(language, &path)
                aria-current=is_current.then_some("page")
            >
                {text}
            </a>
        }
    };
    let all: u64 = shown.counts.iter().map(|(_, count)| count).sum();
    let every = link("", format!("{} ({})", say(language, "all", "tout"), whole(language, all)));
    let states = shown
        .counts
        .iter()
        .map(|&(state, count)| link(state, format!("{} ({})", state_words(language, state), whole(language, count))))
        .collect_view();
    let replayed = shown
        .was_replayed
        .then(|| say(language, "It is tried again within a minute.", "Nouvel essai dans la minute.").to_owned());
    let list = if shown.entries.is_empty() {
        view! { <p class="document__aside">{say(language, "Nothing here.", "Rien ici.")}</p> }.into_any()
    } else {
        outbox_table(language, &shown.entries, shown.has_letters)
    };
    let query = if shown.state.is_empty() { String::new() } else { format!("state={}", shown.state) };
    let body = view! {
        {up(language)}
        <h1>{title}</h1>
        {done(replayed)}
        <p class="form__actions">{every} {states}</p>
        {list}
        {pages(language, "/operator/outbox", &query, shown.page, shown.has_more)}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn outbox_table(language: Language, entries: &[OutboxEntry], has_letters: bool) -> AnyView {
    let heads = [
        say(language, "Since", "Depuis"),
        say(language, "What", "Quoi"),
        say(language, "To", "À"),
        say(language, "State", "État"),
        say(language, "Tries", "Essais"),
        say(language, "What failed", "Échec"),
        say(language, "Action", "Action"),
    ];
    let row = |entry: &OutboxEntry| {
        let at = entry.ended_at.or(entry.due_at).map(|at| view! { <Moment at /> });
        let replay = (entry.state == "dead").then(|| {
            let label = format!("{} {}", say(language, "Try again:", "Réessayer\u{202f}:"), entry.what);
            view! {
                <form method="post" action=address(language, "/operator/outbox/replay")>
                    <input type="hidden" name="id" value=entry.id.clone() />
                    <button class="button button--quiet button--small" type="submit" aria-label=label>
                        {say(language, "Try again", "Réessayer")}
                    </button>
                </form>
            }
        });
        let read = (has_letters && entry.channel == "letter" && entry.state == "sent").then(|| {
            let label = format!("{} {}", say(language, "Read:", "Lire\u{202f}:"), entry.what);
            view! {
                <a
                    class="button button--quiet button--small"
                    href=format!("/operator/outbox/letter.eml?id={}", entry.id)
                    aria-label=label
                >
                    {say(language, "Read", "Lire")}
                </a>
            }
        });
        view! {
            <tr>
                <th scope="row">
                    <Moment at=entry.created_at />
                </th>
                <td>{format!("{} ({})", entry.what, entry.channel)}</td>
                <td>{entry.to.clone()}</td>
                <td>{state_words(language, &entry.state)} " " {at}</td>
                <td class="table__number">{entry.attempts.to_string()}</td>
                <td>{entry.failure.clone()}</td>
                <td>{replay} {read}</td>
            </tr>
        }
    };
    table(say(language, "Outbox", "Boîte d’envoi"), &heads, entries.iter().map(row).collect_view().into_any())
}

fn state_words(language: Language, state: &str) -> &'static str {
    match state {
        "waiting" => say(language, "waiting", "en attente"),
        "sent" => say(language, "sent", "envoyé"),
        "dead" => say(language, "given up", "abandonné"),
        _ => "–",
    }
}
