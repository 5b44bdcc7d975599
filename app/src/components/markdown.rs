//! Blocks of Markdown as elements. Nothing is ever handed to the browser as HTML.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::chat::Citation;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use crate::markdown::{Block, Cell, Inline, parse};
use crate::words::use_words;

/// Draws a text that may still grow. Blocks that are finished stay in place; only the last one is drawn again.
#[component]
pub(crate) fn Markdown(
    /// The text.
    text: ArcRwSignal<String>,
    /// Whether more of it may come.
    is_open: Signal<bool>,
    /// What its numbers in brackets stand for.
    cites: Cites,
) -> impl IntoView {
    let blocks = move || {
        let is_open = is_open.get();
        text.with(|text| parse(text, is_open).into_iter().enumerate().collect::<Vec<_>>())
    };
    view! {
        <div class="markdown">
            <For
                each=blocks
                key=|(index, block)| (*index, hash(block))
                children=move |(_, block)| draw_block(block, &cites)
            />
        </div>
    }
}

fn hash(block: &Block) -> u64 {
    let mut hasher = DefaultHasher::new();
    block.hash(&mut hasher);
    hasher.finish()
}

/// What numbers in brackets stand for.
#[derive(Clone)]
pub(crate) struct Cites {
    /// Tells the citations of several answers apart.
    pub(crate) key: u32,
    /// What was given to the writer.
    pub(crate) given: ArcRwSignal<Vec<Citation>>,
}

impl Cites {
    /// The id of the element that shows a citation.
    pub(crate) fn id(&self, number: u32) -> String {
        format!("source-{}-{number}", self.key)
    }
}

fn draw_block(block: Block, cites: &Cites) -> AnyView {
    match block {
        Block::Paragraph(content) => view! { <p>{draw(content, cites)}</p> }.into_any(),
        Block::Heading(level, content) => {
            let content = draw(content, cites);
            // The page's own headings are above the answers'.
            match level {
                1 => view! { <h3>{content}</h3> }.into_any(),
                2 => view! { <h4>{content}</h4> }.into_any(),
                _ => view! { <h5>{content}</h5> }.into_any(),
            }
        }
        Block::List(None, items) => view! { <ul>{draw_items(items, cites)}</ul> }.into_any(),
        Block::List(Some(start), items) => {
            view! { <ol start=start.to_string()>{draw_items(items, cites)}</ol> }.into_any()
        }
        Block::Quote(inside) => view! { <blockquote>{draw_blocks(inside, cites)}</blockquote> }.into_any(),
        Block::Code(text) => view! {
            <pre tabindex="0">
                <code>{text}</code>
            </pre>
        }
        .into_any(),
        Block::Table(head, rows) => {
            let head = head.into_iter().map(|Cell { content, is_right }| {
                view! { <th scope="col" class=side(is_right)>{draw(content, cites)}</th> }.into_any()
            });
            let head: Vec<AnyView> = head.collect();
            let rows: Vec<AnyView> = rows.into_iter().map(|row| draw_row(row, cites)).collect();
            view! {
                <div class="table-scroll" tabindex="0" role="region" aria-label=use_words().buddy.buddy>
                    <table class="table">
                        <thead>
                            <tr>{head}</tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }
        Block::Rule => view! { <hr /> }.into_any(),
    }
}

fn draw_blocks(blocks: Vec<Block>, cites: &Cites) -> Vec<AnyView> {
    blocks.into_iter().map(|block| draw_block(block, cites)).collect()
}

fn draw_items(items: Vec<Vec<Block>>, cites: &Cites) -> Vec<AnyView> {
    items.into_iter().map(|item| view! { <li>{draw_blocks(item, cites)}</li> }.into_any()).collect()
}

fn draw_row(row: Vec<Cell>, cites: &Cites) -> AnyView {
    let cell =
        |Cell { content, is_right }: Cell| view! { <td class=side(is_right)>{draw(content, cites)}</td> }.into_any();
    let cells: Vec<AnyView> = row.into_iter().map(cell).collect();
    view! { <tr>{cells}</tr> }.into_any()
}

const fn side(is_right: bool) -> &'static str {
    if is_right { "table__number" } else { "" }
}

fn draw(content: Vec<Inline>, cites: &Cites) -> Vec<AnyView> {
    content.into_iter().map(|one| draw_inline(one, cites)).collect()
}

fn draw_inline(one: Inline, cites: &Cites) -> AnyView {
    match one {
        Inline::Text(text) => text.into_any(),
        Inline::Strong(inside) => view! { <strong>{draw(inside, cites)}</strong> }.into_any(),
        Inline::Emphasis(inside) => view! { <em>{draw(inside, cites)}</em> }.into_any(),
        Inline::Struck(inside) => view! { <s>{draw(inside, cites)}</s> }.into_any(),
        Inline::Code(text) => view! { <code>{text}</code> }.into_any(),
        Inline::Link(address, inside) => {
            let rel = if address.starts_with('/') { "" } else { "external noopener noreferrer" };
            view! {
                <a href=address rel=rel>
                    {draw(inside, cites)}
                </a>
            }
            .into_any()
        }
        Inline::Citation(number) => draw_citation(number, cites.clone()),
        Inline::Break => view! { <br /> }.into_any(),
    }
}

/// A number that leads to its citation; plain text where no such citation was given.
fn draw_citation(number: u32, cites: Cites) -> AnyView {
    let words = use_words();
    let id = cites.id(number);
    let link = move || {
        let title = cites
            .given
            .with(|all| all.iter().find(|citation| citation.number == number).map(|citation| citation.title.clone()));
        let Some(title) = title else { return format!("[{number}]").into_any() };
        let (href, id) = (format!("#{id}"), id.clone());
        view! {
            <a
                class="cite"
                href=href
                aria-label=(words.buddy.source)(number, &title)
                title=title
                on:click=move |event| {
                    event.prevent_default();
                    open_source(&id);
                }
            >
                {number.to_string()}
            </a>
        }
        .into_any()
    };
    link.into_any()
}

/// Unfolds a citation and moves the focus there.
fn open_source(id: &str) {
    let Some(source) = document().get_element_by_id(id) else { return };
    // Only an invalid name could fail; without the focus the citation is open all the same.
    let _ = source.set_attribute("open", "");
    if let Ok(Some(summary)) = source.query_selector("summary")
        && let Some(summary) = summary.dyn_ref::<HtmlElement>()
    {
        let _ = summary.focus();
    }
}
