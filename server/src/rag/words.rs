//! Words of a text: folded (lower case, no accents), without those that say nothing, cut to their stems.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use bm25::{DefaultTokenizer, LanguageMode, Tokenizer as _};
use domain::language::Language;

/// Words of questions that say how something is asked and not what about, folded. Beside the usual stop words, which
/// the tokenizers know.
const FRAME: &str = "\
    what whats why how when where who which whose mean means meaning meant define defines defined definition explain \
    explains explained tell understand know learn work works worked working actually exactly really simple simply \
    terms term word words please someone somebody something anything anyone everything everyone thing things one would \
    could should may might must shall much many lot get gets got getting make makes made like say said use used using \
    call called let lets want need still even ever also yet way kind sort bit example basically describe concept idea \
    im ive id us ok hi hello thanks whether \
    quoi que qui quel quelle quels quelles comment pourquoi quand combien ou est ce cela ca c qu signifie signifient \
    veut veulent dire definition definir definissez definis definit expliquer explique expliquez expliques moi exactement vraiment \
    simple simplement mot mots terme termes juste fait faire fais font peut peux peuvent pouvoir plus tout tous toute \
    toutes tres bien aussi alors donc si comme sans sous entre chez vers apres avant chose choses quelque quelqu un \
    quand lorsque faut doit dois doivent va vais vont aller avoir etre sert servent servir appelle appeler appelait \
    parle parler comprendre savoir sais sait connaitre concretement exemple non oui car ni or puis est-ce aurait \
    serait pourrait devrait cest notion concept idee merci bonjour svp";

static PLAIN: LazyLock<DefaultTokenizer> = LazyLock::new(|| tokenizer(bm25::Language::English, false, false));
static ENGLISH: LazyLock<Tongue> = LazyLock::new(|| Tongue::new(bm25::Language::English));
static FRENCH: LazyLock<Tongue> = LazyLock::new(|| Tongue::new(bm25::Language::French));
static FRAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| FRAME.split_whitespace().collect());

/// What is known of a language.
struct Tongue {
    without_stop_words: DefaultTokenizer,
    stems: DefaultTokenizer,
}

impl Tongue {
    fn new(language: bm25::Language) -> Self {
        Self { without_stop_words: tokenizer(language.clone(), false, true), stems: tokenizer(language, true, false) }
    }

    const fn of(language: Language) -> &'static LazyLock<Self> {
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
        }
    }
}

fn tokenizer(language: bm25::Language, stemming: bool, stopwords: bool) -> DefaultTokenizer {
    DefaultTokenizer::builder()
        .language_mode(LanguageMode::Fixed(language))
        .normalization(true)
        .stemming(stemming)
        .stopwords(stopwords)
        .build()
}

/// The words of a text, folded: "L'écart-type" is `l`, `ecart`, `type`.
pub(super) fn words(text: &str) -> Vec<String> {
    let parted: String = text.chars().map(|letter| if is_joint(letter) { ' ' } else { letter }).collect();
    PLAIN.tokenize(&parted)
}

const fn is_joint(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | '-' | '‐' | '‑' | '–' | '—' | '/' | '_' | '.' | ':')
}

/// Whether a folded word is one that every text of the language has.
pub(super) fn is_stop_word(word: &str, language: Language) -> bool {
    Tongue::of(language).without_stop_words.tokenize(word).is_empty()
}

/// Whether a folded word of a question only says how something is asked.
pub(super) fn is_empty_word(word: &str, language: Language) -> bool {
    FRAMES.contains(word) || word.chars().count() < 2 || is_stop_word(word, language)
}

/// The stem of a folded word.
pub(super) fn stem(word: &str, language: Language) -> String {
    Tongue::of(language).stems.tokenize(word).pop().unwrap_or_else(|| word.to_owned())
}

/// Cuts the words of texts in one language to their stems and remembers what it has seen: a library has many words
/// but few different ones.
pub(super) struct Stems {
    language: Language,
    seen: HashMap<String, Option<String>>,
}

impl Stems {
    pub(super) fn new(language: Language) -> Self {
        Self { language, seen: HashMap::new() }
    }

    /// The stems of a text's words, without stop words.
    pub(super) fn of(&mut self, text: &str) -> Vec<String> {
        words(text).into_iter().filter_map(|word| self.of_word(word)).collect()
    }

    fn of_word(&mut self, word: String) -> Option<String> {
        if let Some(stem) = self.seen.get(&word) {
            return stem.clone();
        }
        let says_something = word.chars().count() > 1 && !is_stop_word(&word, self.language);
        let stem = says_something.then(|| stem(&word, self.language));
        self.seen.insert(word, stem.clone());
        stem
    }
}

/// A folded word without the mark of its plural, in either language: `taux` and `tau` fall together, which harms nobody
/// as long as both sides of a comparison are treated alike.
pub(super) fn singular(word: &str) -> String {
    let long = word.chars().count() > 3;
    match word {
        _ if !long || word.ends_with("ss") => word.to_owned(),
        _ if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("aux") && word.len() > 4 => format!("{}al", &word[..word.len() - 3]),
        _ => word.strip_suffix(['s', 'x']).unwrap_or(word).to_owned(),
    }
}

/// A name as it is compared: folded, in the singular, single spaces between words.
pub(super) fn key(name: &str) -> String {
    words(name).iter().map(|word| singular(word)).collect::<Vec<_>>().join(" ")
}

/// The language that a text is written in, told by its stop words; `otherwise` where they tell nothing.
pub(super) fn language_of(text: &str, otherwise: Language) -> Language {
    let words = words(text);
    let count = |language| words.iter().filter(|word| is_stop_word(word, language)).count();
    match count(Language::English).cmp(&count(Language::French)) {
        std::cmp::Ordering::Greater => Language::English,
        std::cmp::Ordering::Less => Language::French,
        std::cmp::Ordering::Equal => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_hyphens_and_plurals() {
        assert_eq!(key("Dollar-Cost Averaging"), key("dollar cost averaging"));
        assert_eq!(key("Écart-type"), key("ecarts types"));
        assert_eq!(key("Volatilité réalisée"), key("VOLATILITES REALISEES"));
        assert_eq!(key("indices boursiers"), key("Indice boursier"));
        assert_eq!(key("cost of carry"), "cost of carry");
        assert_eq!(key("currencies"), "currency");
        assert_eq!(key("L’effet de levier"), "l effet de levier");
    }

    #[test]
    fn the_language_of_a_question_is_told_by_its_small_words() {
        assert_eq!(language_of("what is the volatility of a coin", Language::French), Language::English);
        assert_eq!(language_of("c'est quoi la volatilité d'une crypto", Language::English), Language::French);
        assert_eq!(language_of("volatility", Language::French), Language::French);
    }

    #[test]
    fn stems_bring_forms_of_a_word_together_and_leave_small_words_out() {
        assert_eq!(Stems::new(Language::English).of("the hedging of hedges"), ["hedg", "hedg"]);
        let french = Stems::new(Language::French).of("les rendements du rendement");
        assert_eq!(french.len(), 2);
        assert_eq!(french[0], french[1]);
    }
}
