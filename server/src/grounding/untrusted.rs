//! Makes text of strangers safe to put into a prompt: what could pass for the prompt's own structure goes.

/// What a model's template may use to tell who speaks, in lower case.
const TOKENS: [&str; 32] = [
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
    "<system>",
    "</system>",
    "<user>",
    "</user>",
    "<assistant>",
    "</assistant>",
    "<function>",
    "</function>",
    "[available_tools]",
    "[/available_tools]",
    "[tool_calls]",
    "[system_prompt]",
];

/// Who may seem to speak at the start of a line, in lower case.
const SPEAKERS: [&str; 16] = [
    "system",
    "assistant",
    "user",
    "human",
    "ai",
    "developer",
    "tool",
    "instruction",
    "instructions",
    "response",
    "input",
    "output",
    "système",
    "assistante",
    "utilisateur",
    "consigne",
];

/// The longest name between `<|` and `|>`, in bytes.
const LONGEST_NAME: usize = 64;

/// Whether a character shows nothing: control characters other than line breaks and tabs, characters of no width,
/// marks that turn the direction of writing, tags.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{2028}' | '\u{2029}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}

/// Takes everything out of a text of strangers that a language model could take for the structure of its prompt:
/// invisible characters, tokens of chat templates, headings of `###`, fences of code, and names of speakers with a
/// colon at the start of a line. The caller wraps the rest in marks of its own and says that it is data.
#[must_use]
pub fn neutralise(untrusted: &str) -> String {
    let visible: String = untrusted.chars().filter(|&c| !is_invisible(c)).map(ascii_of_full_width).collect();
    let mut safe = String::with_capacity(visible.len());
    let mut rest = visible.as_str();
    while let Some(first) = rest.chars().next() {
        let length = structure_length(rest);
        if length > 0 {
            // A space, so that what stood around it does not join to another token.
            safe.push(' ');
            rest = &rest[length..];
        } else {
            safe.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    let lines: Vec<String> = safe.split('\n').map(without_speaker).collect();
    lines.join("\n").trim().to_owned()
}

/// Full-width letters and signs, which tokenizers fold into plain ones, as plain ones.
fn ascii_of_full_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// How much of the beginning of a text is structure, in bytes.
fn structure_length(text: &str) -> usize {
    let first = text.as_bytes().first().copied().unwrap_or_default();
    let run = text.bytes().take_while(|&byte| byte == first).count();
    match first {
        b'#' | b'`' | b'~' if run >= 3 => run,
        b'|' if text.starts_with("|>") => 2,
        b'<' if text.starts_with("<|") => template_token_length(text),
        b'<' | b'[' => TOKENS.iter().find(|token| starts_with(text, token)).map_or(0, |token| token.len()),
        _ => 0,
    }
}

/// The length of `<|name|>`; of its beginning alone where it has no end.
fn template_token_length(text: &str) -> usize {
    let line = text.split('\n').next().unwrap_or(text);
    line.find("|>").filter(|&end| end <= LONGEST_NAME).map_or(2, |end| end + 2)
}

fn starts_with(text: &str, token: &str) -> bool {
    text.get(..token.len()).is_some_and(|start| start.eq_ignore_ascii_case(token))
}

/// A line that does not begin with the name of a speaker and a colon: a dash stands in the colon's place.
fn without_speaker(line: &str) -> String {
    let Some((speaker, said)) = line.split_once(':') else { return line.to_owned() };
    let name = speaker.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let last = name.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_speaker = SPEAKERS.contains(&last) && name.split_whitespace().count() <= 3;
    if is_speaker { format!("{speaker} -{}", without_speaker(said)) } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmless_text_stays_as_it_is() {
        for text in ["ETH < 4,000 $ | BTC > 90k", "# Title\n\n- a [1]\n- b", "Le cours : 3,2 %", "The S&P 500: up"] {
            assert_eq!(neutralise(text), text);
        }
    }

    #[test]
    fn tokens_that_are_hidden_inside_others_do_not_come_together() {
        for text in ["<|im_<|x|>start|>", "[IN[INST]ST]", "<|<|a|>|>", "<s<s>>", "#\u{200b}##", "＜|im_start|＞"] {
            let safe = neutralise(text);
            assert!(!safe.contains("<|") && !safe.contains("|>") && !safe.contains("###"), "{text}: {safe}");
            assert!(!safe.to_lowercase().contains("[inst]") && !safe.contains("<s>"), "{text}: {safe}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_the_structure_is_left_and_a_second_time_changes_nothing(
            parts in prop::collection::vec(prop_oneof![
                Just("<|".to_owned()), Just("|>".to_owned()), Just("[INST]".to_owned()), Just("#".to_owned()),
                Just("###".to_owned()), Just("<".to_owned()), Just("s>".to_owned()), Just("System:".to_owned()),
                Just("\n".to_owned()), Just("\u{200b}".to_owned()), ".{0,4}",
            ], 0..12)
        ) {
            let safe = neutralise(&parts.concat());
            prop_assert!(!safe.contains("<|") && !safe.contains("|>") && !safe.contains("###"));
            prop_assert!(TOKENS.iter().all(|token| !safe.to_ascii_lowercase().contains(token)));
            prop_assert!(!safe.chars().any(is_invisible));
        }
    }
}
