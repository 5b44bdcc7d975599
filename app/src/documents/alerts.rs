//! Alerts: which coins, from which chance on, when letters may come; what fired; and an end of letters.

use domain::alert::{Event, LetterChoices, Measure, Notification, Preview, Rule, Threshold};
use domain::forecast::Horizon;
use domain::language::Language;
use domain::market::Symbol;
use leptos::prelude::*;

use super::field::{Kind, done, field, radios, select, summary};
use super::{Form, Page, address, say};
use crate::components::moment::{Day, Moment};
use crate::format;

/// A rule that is kept, with the name by which it is deleted.
#[derive(Debug, Clone)]
pub struct KeptRule {
    /// Its name.
    pub id: String,
    /// The rule.
    pub rule: Rule,
}

/// What the page of alerts shows.
#[derive(Debug, Clone, Default)]
pub struct AlertsView {
    /// Whether letters reach the account at all.
    pub is_confirmed: bool,
    /// The rules.
    pub rules: Vec<KeptRule>,
    /// The form of another rule.
    pub rule: Form,
    /// What that rule would have done, if somebody asked.
    pub preview: Option<Preview>,
    /// The form of letters.
    pub letters: Form,
    /// The time zones that there are.
    pub time_zones: Vec<String>,
    /// What went well.
    pub notice: Option<AlertsNotice>,
}

/// What went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertsNotice {
    /// A rule is kept.
    RuleSaved,
    /// A rule is gone.
    RuleDeleted,
    /// The choices are kept.
    LettersSaved,
}

impl AlertsNotice {
    fn words(self, language: Language) -> String {
        match self {
            Self::RuleSaved => say(language, "Your alert is saved.", "Votre alerte est enregistrée."),
            Self::RuleDeleted => say(language, "The alert is deleted.", "L’alerte est supprimée."),
            Self::LettersSaved => say(language, "Saved.", "Enregistré."),
        }
        .to_owned()
    }
}

/// The form of a rule as it begins: the coin's next day, from an even chance on.
#[must_use]
pub fn first_rule(symbol: Option<&Symbol>) -> Form {
    Form::default()
        .with("symbol", symbol.map_or("BTC", Symbol::ticker))
        .with("horizon", Horizon::Day.as_str())
        .with("measure", Measure::Chance.as_str())
        .with("threshold", "50")
}

/// The form of letters filled in with what was chosen.
#[must_use]
pub fn chosen_letters(choices: &LetterChoices) -> Form {
    Form::default()
        .with("letters", if choices.letters { "yes" } else { "no" })
        .with("time_zone", choices.time_zone.as_str())
        .with("quiet_from", choices.quiet.from.to_string())
        .with("quiet_to", choices.quiet.to.to_string())
        .with("most_a_day", choices.most_a_day.to_string())
        .with("delivery", choices.delivery.as_str())
        .with("digest_hour", choices.digest_hour.to_string())
}

/// A rule in words: "Bitcoin, next 24 hours: a chance of 50% or more".
#[must_use]
pub fn rule_in_words(language: Language, rule: &Rule) -> String {
    let share = format::percent(language, rule.threshold.share(), 0);
    let (coin, hours) = (rule.symbol.name(), rule.horizon.hours());
    match (language, rule.measure) {
        (Language::English, Measure::Chance) => {
            format!("{coin}, next {hours} hours: a chance of {share} or more of a high-volatility period")
        }
        (Language::English, Measure::Rank) => {
            format!("{coin}, next {hours} hours: rougher than {share} of the last year, or more")
        }
        (Language::French, Measure::Chance) => {
            format!("{coin}, {hours} prochaines heures\u{202f}: une probabilité de {share} ou plus de forte volatilité")
        }
        (Language::French, Measure::Rank) => {
            format!(
                "{coin}, {hours} prochaines heures\u{202f}: plus agité que {share} de la dernière année, ou davantage"
            )
        }
    }
}

/// Rules, the form of another one with its preview, and when letters may come.
pub fn alerts(language: Language, shown: &AlertsView) -> Page {
    let title = say(language, "Alerts", "Alertes");
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">
            {say(
                language,
                "We write when a coin of yours is likely to be unusually volatile, and not before.",
                "Nous écrivons quand une de vos cryptos risque d’être exceptionnellement volatile, et pas avant.",
            )}
        </p>
        {done(shown.notice.map(|notice| notice.words(language)))}
        {(!shown.is_confirmed)
            .then(|| {
                view! {
                    <p class="notice">
                        {say(
                            language,
                            "Your address is not confirmed yet: alerts show up under the bell, and letters begin once you pressed the button of our first one.",
                            "Votre adresse n’est pas encore confirmée\u{202f}: les alertes apparaissent sous la cloche, et les lettres commencent quand vous aurez appuyé sur le bouton de la première.",
                        )}
                    </p>
                }
            })}
        {rules(language, shown)}
        {rule_form(language, shown)}
        {letters_form(language, shown)}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn rules(language: Language, shown: &AlertsView) -> AnyView {
    if shown.rules.is_empty() {
        let text = say(
            language,
            "No alert yet. Choose a coin below and look at what a rule would have done last year.",
            "Pas encore d’alerte. Choisissez une crypto ci-dessous et voyez ce qu’une règle aurait fait l’an dernier.",
        );
        return view! { <p class="document__aside">{text}</p> }.into_any();
    }
    let delete = say(language, "Delete", "Supprimer");
    let entry = |kept: &KeptRule| {
        let words = rule_in_words(language, &kept.rule);
        let label = format!("{delete}: {words}");
        view! {
            <li class="entry">
                <span>{words}</span>
                <form method="post" action=address(language, "/account/alerts/delete")>
                    <input type="hidden" name="rule" value=kept.id.clone() />
                    <button class="button button--quiet button--small" type="submit" aria-label=label>
                        {delete}
                    </button>
                </form>
            </li>
        }
    };
    view! {
        <section class="document__section">
            <h2>{say(language, "Your alerts", "Vos alertes")}</h2>
            <ul class="entries" role="list">
                {shown.rules.iter().map(entry).collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

fn rule_form(language: Language, shown: &AlertsView) -> AnyView {
    let form = &shown.rule;
    let coins = Symbol::followed()
        .iter()
        .map(|symbol| (symbol.ticker().to_owned(), format!("{} ({})", symbol.name(), symbol.ticker())))
        .collect();
    let hours = |horizon: Horizon| match language {
        Language::English => format!("next {} hours", horizon.hours()),
        Language::French => format!("{} prochaines heures", horizon.hours()),
    };
    let horizons = Horizon::ALL.iter().map(|&horizon| (horizon.as_str(), hours(horizon))).collect();
    let measures = vec![
        (Measure::Chance.as_str(), say(language, "its chance", "sa probabilité").to_owned()),
        (Measure::Rank.as_str(), say(language, "its rank in the last year", "son rang sur un an").to_owned()),
    ];
    let (least, most) = (percent_of(Threshold::LOWEST), percent_of(Threshold::HIGHEST));
    view! {
        <section class="document__section" id="rule">
            <h2>{say(language, "Another alert", "Une autre alerte")}</h2>
            <form class="form" method="post" action=format!("{}#rule", address(language, "/account/alerts")) novalidate>
                {summary(language, form)}
                {select(language, form, "symbol", say(language, "Coin", "Crypto"), coins)}
                {radios(language, form, "horizon", say(language, "Period", "Période"), horizons)}
                {radios(language, form, "measure", say(language, "Write to me by", "Écrivez-moi selon"), measures)}
                {field(
                    language,
                    form,
                    "threshold",
                    say(language, "From this percentage on", "À partir de ce pourcentage"),
                    Kind::Number { least, most },
                    say(
                        language,
                        "A chance of 20 % is usual: one day in five counts as high.",
                        "Une probabilité de 20 % est habituelle\u{202f}: un jour sur cinq compte comme élevé.",
                    ),
                )}
                {shown.preview.as_ref().map(|preview| preview_words(language, preview))}
                <div class="form__actions">
                    <button class="button" type="submit" name="do" value="save">
                        {say(language, "Save the alert", "Enregistrer l’alerte")}
                    </button>
                    <button class="button button--quiet" type="submit" name="do" value="preview">
                        {say(language, "Preview", "Aperçu")}
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the domain is 5 to 99 percent")]
fn percent_of(share: f64) -> u32 {
    (share * 100.0).round() as u32
}

fn preview_words(language: Language, preview: &Preview) -> AnyView {
    let Preview { letters, right, missed, .. } = *preview;
    let sentence = match (language, letters) {
        (Language::English, 0) => "This rule would not have written to you at all.".to_owned(),
        (Language::English, 1) => {
            let fate = if right == 1 { "the day was in fact volatile" } else { "the day turned out calm" };
            format!("This rule would have written to you once, and {fate}.")
        }
        (Language::English, _) => format!(
            "This rule would have written to you {letters} times, and {right} of those days were in fact volatile."
        ),
        (Language::French, 0) => "Cette règle ne vous aurait jamais écrit.".to_owned(),
        (Language::French, 1) => {
            let fate = if right == 1 { "la journée a bien été volatile" } else { "la journée est restée calme" };
            format!("Cette règle vous aurait écrit une fois, et {fate}.")
        }
        (Language::French, _) => {
            format!("Cette règle vous aurait écrit {letters} fois, et {right} de ces journées ont bien été volatiles.")
        }
    };
    let missed_words = match language {
        Language::English => format!("{missed} volatile days would have come without a letter."),
        Language::French => format!("{missed} journées volatiles seraient venues sans lettre."),
    };
    let (from, to) = (preview.from, preview.to);
    view! {
        <div class="notice notice--done" role="status">
            <p>
                <b>{sentence}</b>
                " "
                {missed_words}
            </p>
            <p class="field__hint">
                {say(language, "Tried on the forecasts from ", "Essayée sur les prévisions du ")}
                <Day at=from />
                {say(language, " to ", " au ")}
                <Day at=to />
                {say(
                    language,
                    ". The past is no promise.",
                    ". Le passé ne promet rien.",
                )}
            </p>
        </div>
    }
    .into_any()
}

fn letters_form(language: Language, shown: &AlertsView) -> AnyView {
    let form = &shown.letters;
    let wanted = vec![
        ("yes", say(language, "yes", "oui").to_owned()),
        ("no", say(language, "no, the bell is enough", "non, la cloche suffit").to_owned()),
    ];
    let delivery = vec![
        ("at_once", say(language, "at once", "aussitôt").to_owned()),
        ("digest", say(language, "once a day, all together", "une fois par jour, groupées").to_owned()),
    ];
    let hours = (0..24).map(|hour| (hour.to_string(), format!("{hour:02}:00"))).collect();
    view! {
        <section class="document__section" id="letters">
            <h2>{say(language, "When letters may come", "Quand les lettres peuvent venir")}</h2>
            <form class="form" method="post" action=format!("{}#letters", address(language, "/account/letters")) novalidate>
                {summary(language, form)}
                {radios(language, form, "letters", say(language, "Letters", "Lettres"), wanted)}
                {select(
                    language,
                    form,
                    "time_zone",
                    say(language, "Your time zone", "Votre fuseau horaire"),
                    shown.time_zones.iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect(),
                )}
                <div class="form__row">
                    {field(language, form, "quiet_from", say(language, "Quiet from", "Silence de"), Kind::Time, "")}
                    {field(language, form, "quiet_to", say(language, "until", "à"), Kind::Time, "")}
                </div>
                <p class="field__hint">
                    {say(
                        language,
                        "What fires in quiet hours comes when they end, if it still matters then. The same time twice means no quiet hours.",
                        "Ce qui se déclenche pendant le silence arrive à sa fin, si cela compte encore. Deux fois la même heure\u{202f}: pas de silence.",
                    )}
                </p>
                {radios(language, form, "delivery", say(language, "Letters come", "Les lettres viennent"), delivery)}
                <div class="form__row">
                    {field(
                        language,
                        form,
                        "most_a_day",
                        say(language, "Letters a day at most", "Lettres par jour au plus"),
                        Kind::Number { least: 1, most: LetterChoices::MOST_A_DAY },
                        "",
                    )}
                    {select(language, form, "digest_hour", say(language, "Hour of the daily letter", "Heure de la lettre du jour"), hours)}
                </div>
                <button class="button" type="submit">
                    {say(language, "Save", "Enregistrer")}
                </button>
            </form>
        </section>
    }
    .into_any()
}

/// What fired, the newest first.
pub fn notifications(language: Language, entries: &[Notification]) -> Page {
    let title = say(language, "Notifications", "Notifications");
    let unread = entries.iter().filter(|entry| !entry.is_read).count();
    let list = if entries.is_empty() {
        view! {
            <p class="lead">
                {say(
                    language,
                    "Nothing yet. When an alert of yours fires, it shows up here, whether or not a letter comes.",
                    "Rien encore. Quand une de vos alertes se déclenche, elle apparaît ici, avec ou sans lettre.",
                )}
            </p>
            <p>
                <a class="button" href=address(language, "/account/alerts")>
                    {say(language, "Choose alerts", "Choisir des alertes")}
                </a>
            </p>
        }
        .into_any()
    } else {
        view! { <ul class="entries" role="list">{entries.iter().map(|one| entry(language, one)).collect_view()}</ul> }
            .into_any()
    };
    let body = view! {
        <h1>{title}</h1>
        {(unread > 0)
            .then(|| {
                view! {
                    <form method="post" action=address(language, "/account/notifications")>
                        <button class="button button--quiet button--small" type="submit">
                            {say(language, "Mark all as read", "Tout marquer comme lu")}
                        </button>
                    </form>
                }
            })}
        {list}
    }
    .into_any();
    Page { title: title.to_owned(), body }
}

fn entry(language: Language, one: &Notification) -> AnyView {
    let Event::Alert { prediction, rule, chance, rank, ends_at } = &one.event;
    let coin = rule.symbol.name().to_owned();
    let href = address(language, &format!("/coins/{}", rule.symbol.ticker()));
    let feedback = address(language, &format!("/feedback?prediction={prediction}"));
    let shares = match language {
        Language::English => format!(
            "{} chance of a high-volatility period, rougher than {} of the last year",
            format::chance(language, *chance),
            format::percent(language, *rank, 0),
        ),
        Language::French => format!(
            "{} de probabilité de forte volatilité, plus agité que {} de la dernière année",
            format::chance(language, *chance),
            format::percent(language, *rank, 0),
        ),
    };
    view! {
        <li class="entry" class:entry--unread=!one.is_read>
            <span>
                <a href=href>
                    <b>{coin}</b>
                </a>
                ": "
                {shares}
                <span class="entry__when">
                    <Moment at=one.at />
                    {say(language, " · until ", " · jusqu’au ")}
                    <Moment at=*ends_at />
                </span>
            </span>
            <a class="button button--quiet button--small" href=feedback>
                {say(language, "How was it?", "Qu’en était-il\u{202f}?")}
            </a>
        </li>
    }
    .into_any()
}

/// A page with one button that ends letters. Opening the link does nothing.
pub fn unsubscribe(language: Language, ticket: &str) -> Page {
    let title = say(language, "No more letters?", "Plus de lettres\u{202f}?");
    let body = view! {
        <h1>{title}</h1>
        <p class="lead">
            {say(
                language,
                "Your alerts stay and show up under the bell; only the letters end.",
                "Vos alertes restent et apparaissent sous la cloche\u{202f}; seules les lettres cessent.",
            )}
        </p>
        <form class="form" method="post" action=address(language, "/unsubscribe")>
            <input type="hidden" name="t" value=ticket.to_owned() />
            <button class="button" type="submit">
                {say(language, "Send me no more letters", "Ne plus m’envoyer de lettres")}
            </button>
        </form>
    }
    .into_any();
    Page { title: title.to_owned(), body }
}
