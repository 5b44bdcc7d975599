//! Pages that are documents: forms and lists that the server renders whole and that need no script.
//!
//! Whoever signs in, chooses an alert or answers a letter fills in a form. A form that the browser sends by itself
//! works everywhere, keeps what was typed, and costs the first page nothing: none of this is in the WebAssembly.
//! See docs/decisions/0004-documents.md.

use domain::language::Language;
use domain::user::Role;
use leptos::nonce::{Nonce, provide_nonce};
use leptos::prelude::*;

use crate::components::footer::Footer;
use crate::components::header::HeaderAt;
use crate::links;
use crate::shell::Head;
use crate::ssr::Assets;
use crate::words::Words;

pub mod account;
pub mod alerts;
pub mod feedback;
mod field;
mod form;
pub mod operator;
mod say;

pub use form::{Form, Wrong};
pub(crate) use say::say;

/// What stands around a document.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub language: Language,
    /// The address without its query, for the link to the other language.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The style sheet.
    pub assets: Assets,
    /// Who looks at it.
    pub role: Role,
}

/// A document, ready to be sent.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The HTML.
    pub html: String,
    /// What its inline scripts carry; the policy must name it.
    pub nonce: String,
}

/// A page with its title, in a language.
pub struct Page {
    /// The title, without the product's name.
    pub title: String,
    /// What is in it.
    pub body: AnyView,
}

impl Frame {
    /// Puts a page into its frame.
    pub fn render(&self, page: impl FnOnce(Language) -> Page) -> Rendered {
        let owner = Owner::new();
        owner.with(|| {
            provide_nonce();
            let words = Words::of(self.language);
            provide_context(words);
            let nonce = use_context::<Nonce>().map(|nonce| nonce.to_string()).unwrap_or_default();
            let Page { title, body } = page(self.language);
            let (path, query) = (Signal::stored(self.path.clone()), Signal::stored(self.query.clone()));
            let html = view! {
                <!DOCTYPE html>
                <html
                    lang=self.language.tag()
                    data-member=(self.role >= Role::Member).then_some("")
                    data-operator=(self.role == Role::Operator).then_some("")
                >
                    <head>
                        <Head role=self.role />
                        <link rel="stylesheet" href=self.assets.css.to_string() />
                        <title>{(words.site.page_title)(&title)}</title>
                        // A link with a ticket in it is nobody else's business.
                        <meta name="referrer" content="no-referrer" />
                        <meta name="robots" content="noindex" />
                    </head>
                    <body>
                        <a class="skip-link" href="#content">
                            {words.site.skip_to_content}
                        </a>
                        <HeaderAt path query />
                        <main id="content" class="page document" tabindex="-1">
                            {body}
                        </main>
                        <Footer />
                    </body>
                </html>
            }
            .to_html();
            Rendered { html, nonce }
        })
    }
}

/// The address of a document in a language.
#[must_use]
pub fn address(language: Language, path: &str) -> String {
    links::localised(language, path)
}

/// The language of an address.
#[must_use]
pub fn language_of(path: &str) -> Language {
    links::language_of(path)
}
