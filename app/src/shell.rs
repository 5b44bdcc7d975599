//! The document around the application. Only the server renders it.

use domain::user::Role;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use leptos_router::location::RequestUrl;

use crate::app::App;
use crate::links;
use crate::pages::Apart;
use crate::ssr::{self, Assets};

/// The inline script that sets the reader's theme before anything is painted.
pub const THEME_SCRIPT: &str = include_str!("../js/theme.js");

/// The inline script that keeps the bell's number true, for members.
const BELL_SCRIPT: &str = include_str!("../js/bell.js");

/// The whole document. Needs [`Assets`] in context; without them (while routes are listed) it has no script.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let path = use_context::<RequestUrl>().map(|url| path_of(url.as_ref()).to_owned()).unwrap_or_default();
    let assets = use_context::<Assets>();
    let role = ssr::role();
    view! {
        <!DOCTYPE html>
        <html lang=links::language_of(&path).tag() data-member=(role >= Role::Member).then_some("")>
            <head>
                <Head role />
                {assets.map(|assets| view! { <Files assets page=Apart::at(&path) /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What every document of ours says about itself, and the scripts that work without WebAssembly.
#[component]
pub(crate) fn Head(
    /// Who looks at it.
    role: Role,
) -> impl IntoView {
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {theme_color("light", "#f7f8f7")}
        {theme_color("dark", "#0f1514")}
        <script nonce=use_nonce()>{THEME_SCRIPT}</script>
        {(role >= Role::Member).then(|| view! { <script nonce=use_nonce()>{BELL_SCRIPT}</script> })}
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
    }
}

/// The colour of the browser's own frame under a scheme.
fn theme_color(scheme: &str, color: &'static str) -> impl IntoView {
    let query = format!("(prefers-color-scheme: {scheme})");
    view! { <meta name="theme-color" content=color /> }.attr("media", query)
}

/// Links to the built files and the script that starts the WebAssembly. The chart library is only named: the
/// coin page loads it when it needs it.
#[component]
fn Files(
    assets: Assets,
    /// The page, where its code is in a part.
    page: Option<Apart>,
) -> impl IntoView {
    let nonce = use_nonce();
    let Assets { js, wasm, css, charts, parts } = assets;
    let parts = page.and_then(|page| parts.get(part_of(page))).into_iter().flatten();
    let code: Vec<String> = std::iter::once(wasm.to_string()).chain(parts.cloned()).collect();
    // An inline script that is not a module runs at once, so the module is asked for while the page still arrives,
    // and a browser without JavaScript asks for nothing. Hydration waits for the whole page.
    let start = format!(
        "{{ const page = import({js:?}); \
         document.addEventListener(\"DOMContentLoaded\", () => page.then(page => page.default({{ module_or_path: {wasm:?} }}))); }}"
    );
    view! {
        <link rel="stylesheet" href=css.to_string() />
        {code
            .into_iter()
            .map(|file| {
                view! { <link rel="preload" href=file r#as="fetch" r#type="application/wasm" crossorigin="anonymous" /> }
            })
            .collect_view()}
        <meta name="charts-library" content=charts.to_string() />
        <script nonce=nonce>{start}</script>
    }
}

/// The name of the part that holds a page's code: what stands in its `wasm_split`.
fn part_of(page: Apart) -> &'static str {
    match page {
        Apart::Buddy => "buddy",
        Apart::HowGood | Apart::HowItWorks | Apart::Models => "reading",
    }
}

/// The path of an absolute or relative address.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    rest.split(['?', '#']).next().unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_found_in_whatever_the_server_calls_an_address() {
        for url in ["http://leptos.dev/fr/models?x=1", "/fr/models", "https://a.b/fr/models#top"] {
            assert_eq!(path_of(url), "/fr/models", "{url}");
        }
        assert_eq!(path_of("http://leptos.dev"), "/");
    }
}
