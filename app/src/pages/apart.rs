//! Pages whose code is not in the first page's WebAssembly but in a part, so that the first page weighs less. The
//! server renders them like every other page.
//!
//! The first word in `wasm_split` names the part: what has the same name lies in the same file, what two parts share
//! in one beside them. `xtask site` cuts there and lists the files by these names.

use std::time::Duration;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use crate::api;
use crate::api::error::ApiError;
use crate::components::loaded::Failed;
use crate::pages::{BuddyPage, HowGoodPage, HowItWorksPage, ModelsPage};

/// How long after the first page parts are fetched ahead.
const PAUSE: Duration = Duration::from_secs(1);

/// A page whose code is in a part; stands in a route like a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apart {
    Buddy,
    HowGood,
    HowItWorks,
    Models,
}

impl Apart {
    const ALL: [Self; 4] = [Self::Buddy, Self::HowGood, Self::HowItWorks, Self::Models];

    /// The page at a path; none where the first page's code is enough.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/fr").filter(|rest| rest.starts_with('/')).unwrap_or(path);
        match path.split('/').nth(1)? {
            "buddy" => Some(Self::Buddy),
            "how-good" => Some(Self::HowGood),
            "how-it-works" => Some(Self::HowItWorks),
            "models" => Some(Self::Models),
            _ => None,
        }
    }

    /// Fetches the code; at once where it is here. What failed can be tried again.
    pub(crate) async fn fetch(self) -> Result<(), SplitLoaderError> {
        match self {
            Self::Buddy => fetch_buddy().await,
            Self::HowGood => fetch_how_good().await,
            Self::HowItWorks => fetch_how_it_works().await,
            Self::Models => fetch_models().await,
        }
    }

    /// Fetches all parts, one after the other, once the first page has come to rest, so that no reader waits for one.
    pub(crate) fn fetch_ahead() {
        Effect::new(|_| {
            let fetch_all = async {
                for page in Self::ALL {
                    // Whoever goes there asks again.
                    let _ = page.fetch().await;
                }
            };
            set_timeout(move || leptos::task::spawn_local(fetch_all), PAUSE);
        });
    }
}

impl ChooseView for Apart {
    async fn choose(self) -> AnyView {
        let page = match self {
            Self::Buddy => buddy().await,
            Self::HowGood => how_good().await,
            Self::HowItWorks => how_it_works().await,
            Self::Models => models().await,
        };
        page.unwrap_or_else(|_| missing())
    }

    async fn preload(&self) {
        // `choose` tries again, and says what failed.
        let _ = self.fetch().await;
    }
}

/// Instead of a page whose code did not come. As soon as the server answers, the page is loaded as a document: where
/// the server is of another version by now, that is what brings the code that belongs to it.
fn missing() -> AnyView {
    let retry = Callback::new(|()| {
        leptos::task::spawn_local(async {
            if api::market().await.is_ok() {
                // Only a page that is being left could refuse.
                let _ = window().location().reload();
            }
        });
    });
    view! { <Failed error=ApiError::Transport retry /> }.into_any()
}

#[wasm_split(buddy, wasm_split_path = ::leptos::wasm_split, preload(fetch_buddy), fallible)]
fn buddy() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <BuddyPage /> }.into_any())
}

#[wasm_split(reading, wasm_split_path = ::leptos::wasm_split, preload(fetch_how_good), fallible)]
fn how_good() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <HowGoodPage /> }.into_any())
}

#[wasm_split(reading, wasm_split_path = ::leptos::wasm_split, preload(fetch_how_it_works), fallible)]
fn how_it_works() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <HowItWorksPage /> }.into_any())
}

#[wasm_split(reading, wasm_split_path = ::leptos::wasm_split, preload(fetch_models), fallible)]
fn models() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <ModelsPage /> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_its_address_in_both_languages() {
        let pages = ["/buddy", "/how-good", "/how-it-works", "/models"];
        for (path, page) in pages.into_iter().zip(Apart::ALL) {
            for path in [path.to_owned(), format!("/fr{path}"), format!("{path}/0190a7c2")] {
                assert_eq!(Apart::at(&path), Some(page), "{path}");
            }
        }
        for path in ["/", "/fr", "/coins/BTC", "/fr/coins/BTC", "/frmodels", "/french/models", ""] {
            assert_eq!(Apart::at(path), None, "{path}");
        }
    }
}
