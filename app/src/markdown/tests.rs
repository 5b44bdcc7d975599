//! What is read, what is not, and that a text can be read while it is written.

use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

fn paragraph_of(content: &str) -> Vec<Inline> {
    match parse(content, false).as_slice() {
        [Block::Paragraph(inlines)] => inlines.clone(),
        other => panic!("{content}: {other:?}"),
    }
}

fn item(content: &str) -> Vec<Block> {
    vec![Block::Paragraph(vec![text(content)])]
}

#[test]
fn every_kind_of_block_is_read() {
    let document = "## Head ##\nOne\ntwo\n\n- a\n- b\n  - c\n\n3. x\n4. y\n\n> said\n> again\n\n---\n```rust\nlet a = \"|\";\n```\nend";
    assert_eq!(
        parse(document, false),
        [
            Block::Heading(2, vec![text("Head")]),
            Block::Paragraph(vec![text("One two")]),
            Block::List(
                None,
                vec![item("a"), vec![Block::Paragraph(vec![text("b")]), Block::List(None, vec![item("c")])],]
            ),
            Block::List(Some(3), vec![item("x"), item("y")]),
            Block::Quote(vec![Block::Paragraph(vec![text("said again")])]),
            Block::Rule,
            Block::Code("let a = \"|\";\n".to_owned()),
            Block::Paragraph(vec![text("end")]),
        ]
    );
}

#[test]
fn a_table_has_as_many_cells_in_every_row_as_in_its_head() {
    let blocks = parse("| Coin | RV |\n|:--|--:|\n| BTC | 3% | extra |\n| ETH |\nafter", false);
    let [Block::Table(head, rows), Block::Paragraph(_)] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert_eq!(head.iter().map(|cell| cell.is_right).collect::<Vec<_>>(), [false, true]);
    assert!(rows.iter().all(|row| row.len() == 2), "{rows:?}");
    assert_eq!(rows[0][1].content, [text("3%")]);
    assert!(rows[1][1].content.is_empty());
}

#[test]
fn emphasis_code_links_and_citations_are_read() {
    assert_eq!(
        paragraph_of("a **b *c*** `x*y` ~~d~~ [e](https://f.g/h) [1][2] [3, 4] snake_case_name 2 * 3"),
        [
            text("a "),
            Inline::Strong(vec![text("b "), Inline::Emphasis(vec![text("c")])]),
            text(" "),
            Inline::Code("x*y".to_owned()),
            text(" "),
            Inline::Struck(vec![text("d")]),
            text(" "),
            Inline::Link("https://f.g/h".to_owned(), vec![text("e")]),
            text(" "),
            Inline::Citation(1),
            Inline::Citation(2),
            text(" "),
            Inline::Citation(3),
            Inline::Citation(4),
            text(" snake_case_name 2 * 3"),
        ]
    );
}

#[test]
fn what_could_do_harm_is_text() {
    let harmless = |content: &str| {
        fn check(all: &[Inline]) {
            for one in all {
                match one {
                    Inline::Link(address, inside) => {
                        assert!(address.starts_with("https://") || address.starts_with('/'), "{address}");
                        assert!(!address.starts_with("//") && !address.contains(['"', '<', '>', ' ']), "{address}");
                        check(inside);
                    }
                    Inline::Strong(inside) | Inline::Emphasis(inside) | Inline::Struck(inside) => check(inside),
                    Inline::Text(_) | Inline::Code(_) | Inline::Citation(_) | Inline::Break => {}
                }
            }
        }
        check(&paragraph_of(content));
        paragraph_of(content)
    };
    for script in ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href=\"javascript:alert(1)\">x</a>"]
    {
        assert_eq!(harmless(script), [text(script)]);
    }
    for link in [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "[x](http://plain.example)",
        "[x](//elsewhere.example)",
        "[x](/\\elsewhere.example)",
        "[x](https://a.b/\"onmouseover=alert(1))",
        "[x](vbscript:x)",
        "[x](\u{1}javascript:x)",
    ] {
        let shown = harmless(link);
        assert!(!shown.iter().any(|one| matches!(one, Inline::Link(..))), "{link}: {shown:?}");
    }
    assert_eq!(harmless("![chart](https://tracker.example/a.png)"), [text("chart")]);
    assert_eq!(harmless("<javascript:alert(1)>"), [text("<javascript:alert(1)>")]);
    assert_eq!(harmless("[x](/coins/ETH)"), [Inline::Link("/coins/ETH".to_owned(), vec![text("x")])]);
}

#[test]
fn what_is_open_at_the_end_is_closed_or_held_back() {
    let shown = |content: &str| parse(content, true);
    assert_eq!(shown("a **bo"), [Block::Paragraph(vec![text("a "), Inline::Strong(vec![text("bo")])])]);
    assert_eq!(shown("a **bold*"), [Block::Paragraph(vec![text("a "), Inline::Strong(vec![text("bold")])])]);
    assert_eq!(shown("a **"), [Block::Paragraph(vec![text("a ")])]);
    assert_eq!(shown("a `co"), [Block::Paragraph(vec![text("a "), Inline::Code("co".to_owned())])]);
    assert_eq!(shown("see [1"), [Block::Paragraph(vec![text("see ")])]);
    assert_eq!(shown("see [the page](htt"), [Block::Paragraph(vec![text("see the page")])]);
    assert_eq!(shown("text\n-"), [Block::Paragraph(vec![text("text")])]);
    assert_eq!(shown("text\n| a | b |\n|--"), [Block::Paragraph(vec![text("text")])]);
    assert_eq!(shown("```\nlet a\n``"), [Block::Code("let a\n".to_owned())]);
    let [Block::Table(_, rows)] = &shown("| a |\n|---|\n| 1 |\n| 2")[..] else { panic!("no table") };
    assert_eq!(rows.len(), 1);
}

#[test]
fn what_is_open_at_the_end_of_a_complete_text_is_text() {
    assert_eq!(paragraph_of("a **bo"), [text("a **bo")]);
    assert_eq!(paragraph_of("5 * 3 [1"), [text("5 * 3 [1")]);
    assert_eq!(parse("| a |", false), [Block::Paragraph(vec![text("| a |")])]);
}

#[test]
fn nothing_is_nested_without_end() {
    for deep in [">".repeat(5_000), "- ".repeat(5_000), "[".repeat(5_000), "*a ".repeat(5_000), "**a".repeat(5_000)] {
        parse(&deep, true);
        parse(&deep, false);
    }
}

#[test]
fn plain_text_has_the_words_and_no_marks() {
    assert_eq!(plain_text("## Why\n\n- **Big** moves [1]\n- `RV`"), "Why Big moves RV");
}

/// Pieces of which texts with many marks in odd places are made.
fn documents() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "word ",
        "é😀",
        "\n",
        "\n",
        "\n\n",
        "- ",
        "* ",
        "  - ",
        "1. ",
        "12",
        "7) ",
        "# ",
        "### ",
        "#",
        "> ",
        ">",
        "|",
        "| a | b |\n",
        "|---|--:|\n",
        "|-",
        "---",
        "***",
        "**",
        "*",
        "_",
        "~~",
        "`",
        "```",
        "```x\n",
        "\n```\n",
        "[",
        "]",
        "[1]",
        "[2, 3]",
        "](",
        ")",
        "[t](https://a.b)",
        "![i](https://a.b)",
        "<b>",
        "\\",
        "!",
        "    ",
        "\t",
        "  \n",
        "\r\n",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_can_be_read(content in "\\PC{0,200}", is_open: bool) {
        parse(&content, is_open);
    }

    #[test]
    fn finished_blocks_of_every_beginning_stay_as_they_are(document in documents()) {
        let whole = parse(&document, false);
        let mut before: Vec<Block> = Vec::new();
        for (end, _) in document.char_indices() {
            let shown = parse(&document[..end], true);
            let finished = shown.len().saturating_sub(1);
            prop_assert!(whole.len() >= finished, "{:?} {shown:?} {whole:?}", &document[..end]);
            prop_assert_eq!(&shown[..finished], &whole[..finished], "{:?}", &document[..end]);
            let known = before.len().saturating_sub(1).min(shown.len());
            prop_assert_eq!(&shown[..known], &before[..known], "{:?}", &document[..end]);
            before = shown;
        }
    }
}
