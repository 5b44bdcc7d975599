//! How a forecast was: the page behind the buttons of letters and cards.

use domain::feedback::{ForecastFeedback, ForecastVerdict, Seen};
use domain::forecast::{Forecast, Horizon};
use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use super::field::{radios, summary};
use super::{Form, Page, address, say};
use crate::components::moment::Moment;
use crate::format;

/// What came of a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Came {
    /// Realised volatility, fraction a day.
    pub realised: f64,
    /// Whether the period was one of high volatility.
    pub is_high: bool,
}

/// How the page knows which forecast it is about, and who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The ticket of a letter.
    Ticket(String),
    /// The forecast's name; whoever looks at the page answers.
    Prediction(String),
}

impl Key {
    /// The field of the form and of the query, and what is in it.
    #[must_use]
    pub fn field(&self) -> (&'static str, &str) {
        match self {
            Self::Ticket(ticket) => ("t", ticket),
            Self::Prediction(prediction) => ("prediction", prediction),
        }
    }

    /// The query of the page that is about this forecast.
    #[must_use]
    pub fn query(&self) -> String {
        let (field, value) = self.field();
        // Tickets and names are letters, digits, dashes and dots.
        format!("{field}={value}")
    }
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct FeedbackView {
    /// The forecast.
    pub forecast: Forecast,
    /// Whether its horizon has ended.
    pub has_ended: bool,
    /// What came of it; none while that is not known.
    pub came: Option<Came>,
    /// Until when an earlier answer may be changed (UTC); none where there is none.
    pub open_until: Option<Timestamp>,
    /// Which forecast it is.
    pub key: Key,
    /// What was typed.
    pub form: Form,
}

/// The form filled in with what somebody said before.
#[must_use]
pub fn said_before(said: &ForecastFeedback) -> Form {
    Form::default()
        .with("v", said.verdict.as_str())
        .with("seen", said.seen.map_or("", Seen::as_str))
        .with("words", said.words.as_str())
}

/// The forecast in words, and the form that asks how it was. Opening the page records nothing.
pub fn feedback(language: Language, shown: &FeedbackView) -> Page {
    let title = say(language, "How was this forecast?", "Qu’en était-il de cette prévision\u{202f}?");
    let (field, value) = shown.key.field();
    let value = value.to_owned();
    let body = view! {
        <h1>{title}</h1>
        {about(language, shown)}
        {shown.open_until.map(|until| changeable(language, until))}
        <form class="form" method="post" action=address(language, "/feedback")>
            {summary(language, &shown.form)}
            <input type="hidden" name=field value=value />
            {radios(language, &shown.form, "v", say(language, "The forecast was", "La prévision était"), verdicts(language))}
            {radios(
                language,
                &shown.form,
                "seen",
                say(language, "What did you really see?", "Qu’avez-vous réellement vu\u{202f}?"),
                sights(language),
            )}
            {words_field(language, &shown.form)}
            <button class="button" type="submit">
                {say(language, "Send", "Envoyer")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// What was said is kept; it can be changed for a while.
pub fn thanks(language: Language, shown: &FeedbackView, said: &ForecastFeedback) -> Page {
    let title = say(language, "Thank you", "Merci");
    let verdict = match said.verdict {
        ForecastVerdict::Right => {
            say(language, "We noted that the forecast was right.", "Nous avons noté que la prévision était juste.")
        }
        ForecastVerdict::Wrong => {
            say(language, "We noted that the forecast was wrong.", "Nous avons noté que la prévision était fausse.")
        }
    };
    let change = address(language, &format!("/feedback?{}", shown.key.query()));
    let coin = address(language, &format!("/coins/{}", shown.forecast.symbol.ticker()));
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">{verdict}</p>
        {about(language, shown)}
        {shown.open_until.map(|until| changeable(language, until))}
        <p class="form__actions">
            <a class="button" href=coin>
                {say(language, "To the coin", "Vers la crypto")}
            </a>
            <a class="button button--quiet" href=change>
                {say(language, "Change my answer", "Changer ma réponse")}
            </a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// Why there is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackMessage {
    /// The ticket, or the time for this forecast, has run out.
    Over,
    /// The ticket is not one of ours, was cut in two, or is for something else.
    Unknown,
    /// The first answer was given too long ago.
    Closed,
    /// There is no such forecast.
    NoForecast,
    /// Too many answers; again after so many seconds.
    TooMany(u32),
}

/// A page that says why there is nothing to answer, and what to do.
pub fn feedback_message(language: Language, message: FeedbackMessage) -> Page {
    let l = language;
    let (title, text) = match message {
        FeedbackMessage::Over => (
            say(l, "The time for this answer is over", "Il est trop tard pour cette réponse"),
            say(
                l,
                "A forecast can be judged until seven days after its period has ended. Newer ones can still be judged from their coin’s page.",
                "Une prévision peut être jugée jusqu’à sept jours après la fin de sa période. Les plus récentes peuvent l’être depuis la page de leur crypto.",
            )
            .to_owned(),
        ),
        FeedbackMessage::Unknown => (
            say(l, "This link does not work", "Ce lien ne fonctionne pas"),
            say(
                l,
                "It may have been cut in two on its way, or is for something else. Open the letter again and press its button, or copy the whole link. Nothing was recorded.",
                "Il a peut-être été coupé en route, ou sert à autre chose. Rouvrez la lettre et appuyez sur son bouton, ou copiez le lien entier. Rien n’a été enregistré.",
            )
            .to_owned(),
        ),
        FeedbackMessage::Closed => (
            say(l, "Your answer is kept", "Votre réponse est enregistrée"),
            say(
                l,
                "You answered more than seven days ago. After that an answer can no longer be changed.",
                "Vous avez répondu il y a plus de sept jours. Passé ce délai, une réponse ne peut plus être changée.",
            )
            .to_owned(),
        ),
        FeedbackMessage::NoForecast => (
            say(l, "There is no such forecast", "Cette prévision n’existe pas"),
            say(
                l,
                "Choose a coin; the buttons under its forecast lead back here.",
                "Choisissez une crypto\u{202f}; les boutons sous sa prévision ramènent ici.",
            )
            .to_owned(),
        ),
        FeedbackMessage::TooMany(seconds) => (
            say(l, "That was a lot of answers", "Cela fait beaucoup de réponses"),
            match l {
                Language::English => format!("Please wait {seconds} seconds and send it again."),
                Language::French => format!("Attendez {seconds} secondes et renvoyez-la."),
            },
        ),
    };
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <p>
            <a class="button" href=address(language, "/")>
                {say(language, "To the forecasts", "Vers les prévisions")}
            </a>
        </p>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

/// Which forecast it is, what it said, and what came of it.
fn about(language: Language, shown: &FeedbackView) -> AnyView {
    let Forecast { symbol, horizon, origin, ends_at, quantiles, usual, high_volatility, .. } = &shown.forecast;
    let chance = format::chance(language, *high_volatility);
    let volatility = |value| format::volatility(language, value);
    let (low, high, bound) = (volatility(quantiles.q10), volatility(quantiles.q90), volatility(usual.high));
    let (coin, length) = (symbol.name().to_owned(), length(language, *horizon));
    let expected = match language {
        Language::English => format!(
            "It gave a chance of {chance} that the period would be unusually volatile (above {bound} a day), and expected between {low} and {high} a day."
        ),
        Language::French => format!(
            "Elle donnait une probabilité de {chance} que la période soit exceptionnellement volatile (plus de {bound} par jour), et attendait entre {low} et {high} par jour."
        ),
    };
    let (origin, ends_at) = (*origin, *ends_at);
    view! {
        <p class="lead">
            <b>{coin}</b>
            ", "
            {length}
            ": "
            {say(language, "from ", "du ")}
            <Moment at=origin />
            {say(language, " to ", " au ")}
            <Moment at=ends_at />
        </p>
        <p>{expected}</p>
        {outcome(language, shown)}
    }
    .into_any()
}

fn outcome(language: Language, shown: &FeedbackView) -> AnyView {
    let text = match (shown.came, shown.has_ended) {
        (Some(Came { realised, is_high }), _) => {
            let realised = format::volatility(language, realised);
            match (language, is_high) {
                (Language::English, true) => {
                    format!("We measured {realised} a day: the period was unusually volatile.")
                }
                (Language::English, false) => {
                    format!("We measured {realised} a day: the period was not unusually volatile.")
                }
                (Language::French, true) => {
                    format!("Nous avons mesuré {realised} par jour\u{202f}: la période était exceptionnellement volatile.")
                }
                (Language::French, false) => {
                    format!("Nous avons mesuré {realised} par jour\u{202f}: la période n’était pas exceptionnellement volatile.")
                }
            }
        }
        (None, true) => say(
            language,
            "The period has ended; what we measured comes soon.",
            "La période est terminée\u{202f}; notre mesure arrive bientôt.",
        )
        .to_owned(),
        (None, false) => say(
            language,
            "The period is still running: you can answer now and change it later, or come back when it has ended.",
            "La période court encore\u{202f}: vous pouvez répondre maintenant et changer plus tard, ou revenir à la fin.",
        )
        .to_owned(),
    };
    view! { <p class="notice">{text}</p> }.into_any()
}

fn changeable(language: Language, until: Timestamp) -> AnyView {
    view! {
        <p class="document__aside">
            {say(language, "Your answer can be changed until ", "Votre réponse peut être changée jusqu’au ")}
            <Moment at=until />
            "."
        </p>
    }
    .into_any()
}

fn length(language: Language, horizon: Horizon) -> String {
    match language {
        Language::English => format!("{} hours", horizon.hours()),
        Language::French => format!("{} heures", horizon.hours()),
    }
}

fn verdicts(language: Language) -> Vec<(&'static str, String)> {
    vec![
        (ForecastVerdict::Right.as_str(), say(language, "right", "juste").to_owned()),
        (ForecastVerdict::Wrong.as_str(), say(language, "wrong", "fausse").to_owned()),
    ]
}

fn sights(language: Language) -> Vec<(&'static str, String)> {
    vec![
        (Seen::Calm.as_str(), say(language, "a calm period", "une période calme").to_owned()),
        (Seen::Usual.as_str(), say(language, "a usual one", "une période habituelle").to_owned()),
        (Seen::High.as_str(), say(language, "a rough one", "une période agitée").to_owned()),
        ("", say(language, "I cannot say", "je ne sais pas").to_owned()),
    ]
}

fn words_field(language: Language, form: &Form) -> AnyView {
    let wrong = form.wrong("words").map(|wrong| wrong.words(language));
    let is_wrong = wrong.is_some();
    // The library writes the text of a text area as it is; a person's own words must not become markup.
    let typed = escaped(&form.typed("words"));
    view! {
        <div class="field" class:field--wrong=is_wrong>
            <label class="field__label" for="words">
                {say(language, "In your own words (optional)", "Avec vos mots (facultatif)")}
            </label>
            <p class="field__hint" id="words-hint">
                {say(
                    language,
                    "At most 1,000 characters. Please name nobody.",
                    "Au plus 1\u{202f}000 caractères. Ne nommez personne, s’il vous plaît.",
                )}
            </p>
            <textarea
                class="field__input"
                id="words"
                name="words"
                rows="4"
                maxlength=ForecastFeedback::MAX_WORDS_CHARS.to_string()
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=if is_wrong { "words-hint words-wrong" } else { "words-hint" }
            >
                {typed}
            </textarea>
            {wrong.map(|wrong| view! { <p class="field__wrong" id="words-wrong">{wrong}</p> })}
        </div>
    }
    .into_any()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_into_the_text_area_never_becomes_markup() {
        let form = Form::default().with("words", "</textarea><script>alert(1)</script> & so on");
        let html = words_field(Language::English, &form).to_html();
        assert!(
            html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on</textarea>"),
            "{html}"
        );
        assert!(!html.contains("<script>"), "{html}");
    }

    #[test]
    fn an_earlier_answer_fills_the_form_in() {
        let said = ForecastFeedback { verdict: ForecastVerdict::Wrong, seen: Some(Seen::Calm), words: "no".to_owned() };
        let form = said_before(&said);
        assert_eq!((form.value("v"), form.value("seen"), form.value("words")), ("wrong", "calm", "no"));
    }
}
