//! The conversation with the Buddy, and advice.

use domain::advice::{Confidence, Stance};
use domain::chat::Tool;

use crate::words::{Advice, Buddy};

pub(super) const WORDS: Buddy = Buddy {
    title: "Buddy",
    description: "Ask about volatility, risk and crypto in plain words: short answers with their sources and the live \
                  forecast.",
    lead: "Ask about volatility, risk or one of the coins. Answers are short, name their sources and use the live \
           forecast.",
    conversations: "Conversations",
    fresh: "New conversation",
    none_yet: "None yet. The first question begins one.",
    log: "Conversation",
    you: "You",
    buddy: "Buddy",
    question: "Your question",
    placeholder: "Ask a question…",
    send: "Send",
    stop: "Stop",
    hint: "Enter sends, Shift + Enter begins a new line.",
    needs_script: "Asking a question needs JavaScript. What was said so far can be read without it.",
    examples_title: "For example",
    example_1: "Why might ETH be volatile tomorrow?",
    example_2: "What is realised volatility?",
    example_3: "Should I reduce my BTC position?",
    example_4: "What does a funding rate tell me?",
    example_5: "How does a stop-loss order work?",
    copy: "Copy",
    copied: "Copied",
    not_copied: "Could not be copied",
    verdict: "Was this helpful?",
    helpful: "Helpful",
    not_helpful: "Not helpful",
    reason: "Why? (optional)",
    give_reason: "Send",
    thanks: "Thank you.",
    again: "Try again",
    stopped: "You stopped this answer.",
    broke_off: "This answer broke off.",
    sources: "Sources",
    looked_up: "Looked up",
    unavailable: "not available now",
    nothing_found: "nothing found",
    jump: "Jump to the newest",
    rename: "Rename",
    title_label: "Title of the conversation",
    save: "Save",
    cancel: "Cancel",
    delete: "Delete",
    delete_sure: "Delete this conversation for good?",
    delete_it: "Delete it",
    keep_it: "Keep it",
    as_markdown: "Markdown",
    as_json: "JSON",
    searching: "Looks in the glossary and its documents…",
    asking: "Asks the forecaster and the market…",
    writing: "Writes…",
    no_model: "Put together from the sources, without a language model.",
    too_long: "This is too long to send.",
    actions: |title| format!("What to do with “{title}”"),
    worded_by: |writer| format!("Worded by {writer}."),
    dropped: |count| match count {
        1 => "1 sentence was left out: the sources do not hold it.".to_owned(),
        count => format!("{count} sentences were left out: the sources do not hold them."),
    },
    counter: |used, most| format!("{used} of {most} characters"),
    source: |number, title| format!("Source {number}: {title}"),
    provenance: |source, licence| match licence {
        "" => source.to_owned(),
        licence => format!("{source} · {licence}"),
    },
    tool,
};

fn tool(tool: &Tool) -> String {
    match tool {
        Tool::Forecast { symbol, horizon } => format!("Forecast for {}, {} h", symbol.ticker(), horizon.hours()),
        Tool::Advice { symbol, horizon } => format!("Advice for {}, {} h", symbol.ticker(), horizon.hours()),
        Tool::RecentVolatility { symbol } => format!("Recent volatility of {}", symbol.ticker()),
        Tool::Candles { symbol } => format!("Prices of {}", symbol.ticker()),
        Tool::Glossary => "Glossary".to_owned(),
        Tool::FearAndGreed => "Fear & Greed index".to_owned(),
        Tool::FundingRate { symbol } => format!("Funding rate of {}", symbol.ticker()),
        Tool::Headlines => "Headlines".to_owned(),
    }
}

pub(super) const ADVICE: Advice = Advice {
    title: "What to make of it",
    stance: "Stance",
    confidence: "Confidence",
    reasons: "Because",
    action: "One thing to do",
    by_rules: "Worded by fixed rules.",
    unavailable: "There is no advice just now. It comes back with the next forecast.",
    note: "Information, not financial advice.",
    stance_word: |stance| match stance {
        Stance::Steady => "Steady",
        Stance::Watchful => "Watchful",
        Stance::Careful => "Careful",
        Stance::Defensive => "Defensive",
    },
    confidence_word: |confidence| match confidence {
        Confidence::Low => "Low",
        Confidence::Medium => "Medium",
        Confidence::High => "High",
    },
    worded_by: |writer| format!("Worded by {writer}."),
    ask: |ticker| format!("Ask the Buddy about {ticker}"),
    question: |ticker| format!("What should I know about {ticker} for the next days?"),
};
