//! The conversation with the Buddy, and advice.

use domain::advice::{Confidence, Stance};
use domain::chat::Tool;

use crate::words::{Advice, Buddy};

pub(super) const WORDS: Buddy = Buddy {
    title: "Buddy",
    description: "Posez vos questions sur la volatilité, le risque et les cryptos\u{a0}: des réponses courtes et simples, avec \
                  leurs sources et la prévision du moment.",
    lead: "Posez une question sur la volatilité, le risque ou l’une des cryptos. Les réponses sont courtes, citent \
           leurs sources et utilisent la prévision du moment.",
    conversations: "Vos conversations",
    fresh: "Nouvelle conversation",
    none_yet: "Aucune pour l’instant. La première question en ouvre une.",
    log: "Échanges",
    you: "Vous",
    buddy: "Buddy",
    question: "Votre question",
    placeholder: "Posez une question…",
    send: "Envoyer",
    stop: "Arrêter",
    hint: "Entrée envoie, Maj + Entrée va à la ligne.",
    needs_script: "Poser une question demande JavaScript. Ce qui a déjà été dit se lit sans.",
    examples_title: "Par exemple",
    example_1: "Pourquoi ETH pourrait-il être agité demain\u{202f}?",
    example_2: "C’est quoi la volatilité réalisée\u{202f}?",
    example_3: "Dois-je réduire ma position en BTC\u{202f}?",
    example_4: "Que dit un taux de financement\u{202f}?",
    example_5: "Comment fonctionne un ordre stop-loss\u{202f}?",
    copy: "Copier",
    copied: "Copié",
    not_copied: "La copie a échoué",
    verdict: "Cette réponse est-elle utile\u{202f}?",
    helpful: "Utile",
    not_helpful: "Pas utile",
    reason: "Pourquoi\u{202f}? (facultatif)",
    give_reason: "Envoyer",
    thanks: "Merci.",
    again: "Réessayer",
    stopped: "Vous avez arrêté cette réponse.",
    broke_off: "Cette réponse s’est interrompue.",
    sources: "Sources",
    looked_up: "Consulté",
    unavailable: "indisponible pour l’instant",
    nothing_found: "rien trouvé",
    jump: "Aller à la fin",
    rename: "Renommer",
    title_label: "Titre de la conversation",
    save: "Enregistrer",
    cancel: "Annuler",
    delete: "Supprimer",
    delete_sure: "Supprimer cette conversation pour toujours\u{202f}?",
    delete_it: "La supprimer",
    keep_it: "La garder",
    as_markdown: "Markdown",
    as_json: "JSON",
    searching: "Cherche dans le glossaire et ses documents…",
    asking: "Interroge le modèle de prévision et le marché…",
    writing: "Écrit…",
    no_model: "Composé à partir des sources, sans modèle de langage.",
    too_long: "Ce texte est trop long.",
    actions: |title| format!("Que faire de «\u{a0}{title}\u{a0}»"),
    worded_by: |writer| format!("Rédigé par {writer}."),
    dropped: |count| match count {
        1 => "1 phrase a été retirée\u{a0}: les sources ne la confirment pas.".to_owned(),
        count => format!("{count} phrases ont été retirées\u{a0}: les sources ne les confirment pas."),
    },
    counter: |used, most| format!("{used} caractères sur {most}"),
    source: |number, title| format!("Source {number}\u{a0}: {title}"),
    provenance: |source, licence| match licence {
        "" => source.to_owned(),
        licence => format!("{source} · {licence}"),
    },
    tool,
};

fn tool(tool: &Tool) -> String {
    match tool {
        Tool::Forecast { symbol, horizon } => format!("Prévision pour {}, {} h", symbol.ticker(), horizon.hours()),
        Tool::Advice { symbol, horizon } => format!("Avis pour {}, {} h", symbol.ticker(), horizon.hours()),
        Tool::RecentVolatility { symbol } => format!("Volatilité récente de {}", symbol.ticker()),
        Tool::Candles { symbol } => format!("Prix de {}", symbol.ticker()),
        Tool::Glossary => "Glossaire".to_owned(),
        Tool::FearAndGreed => "Indice Fear & Greed (peur et avidité)".to_owned(),
        Tool::FundingRate { symbol } => format!("Taux de financement de {}", symbol.ticker()),
        Tool::Headlines => "Titres de presse".to_owned(),
    }
}

pub(super) const ADVICE: Advice = Advice {
    title: "Ce qu’on peut en faire",
    stance: "Attitude",
    confidence: "Confiance",
    reasons: "Parce que",
    action: "Une chose à faire",
    by_rules: "Rédigé par des règles fixes.",
    unavailable: "Pas d’avis pour l’instant. Il revient avec la prochaine prévision.",
    note: "Une information, pas un conseil financier.",
    stance_word: |stance| match stance {
        Stance::Steady => "Sereine",
        Stance::Watchful => "Attentive",
        Stance::Careful => "Prudente",
        Stance::Defensive => "Défensive",
    },
    confidence_word: |confidence| match confidence {
        Confidence::Low => "Faible",
        Confidence::Medium => "Moyenne",
        Confidence::High => "Élevée",
    },
    worded_by: |writer| format!("Rédigé par {writer}."),
    ask: |ticker| format!("Demander au Buddy à propos de {ticker}"),
    question: |ticker| format!("Que dois-je savoir sur {ticker} pour les prochains jours\u{202f}?"),
};
