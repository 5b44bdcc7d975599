//! Models: their cards, trainings, the audit log, and what an operator does to them.

mod shown;

use app::documents::operator::{self as pages, Intent, ModelDone, ModelTrouble};
use app::documents::{Form, Page, Wrong};
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use domain::error::Failure;
use domain::evaluation::Row;
use domain::language::Language;
use domain::model::Version;

use self::shown::{
    People, actors_of, cause_of, duel, event_of, features, model_line, next_of, shadow_line, standing, step_of,
    training_line, training_page,
};
use super::super::{Forms, Sent, Visit};
use super::{ROWS, broken, page_of};
use crate::registry::RegistryError;
use crate::retraining::{Actor, RetrainingError, Training};
use crate::store::{Store, StoreError};
use crate::web::problem::Problem;

/// Trainings that the list shows.
const TRAININGS: u32 = 10;

/// Trainings that are looked through for why a model was made.
const REMEMBERED: u32 = 200;

/// How long a model forecasts in the shadow where nobody chose, in days.
const SHADOW_DAYS: &str = "14";

/// A page of a running training is read again after so many seconds; a header does that without a script.
const REFRESH: HeaderValue = HeaderValue::from_static("5");

pub(super) fn router() -> Router<Forms> {
    Router::new()
        .route("/operator/models", get(list))
        .route("/operator/models/version/{version}", get(card))
        .route("/operator/models/compare", get(compare))
        .route("/operator/models/training/{training}", get(training))
        .route("/operator/models/train", get(train_form).post(train))
        .route("/operator/models/stop", get(stop_form).post(stop))
        .route("/operator/models/promote", get(promote_form).post(promote))
        .route("/operator/models/roll-back", get(roll_back_form).post(roll_back))
        .route("/operator/models/shadow", get(shadow_form).post(shadow))
        .route("/operator/models/end-shadow", get(end_shadow_form).post(end_shadow))
}

async fn list(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match board(&forms, page_of(&visit), done_of(&visit.asked("done"))).await {
        Ok(shown) => forms.show(&visit, |language| pages::models(language, &shown)),
        Err(error) => broken(&error),
    }
}

async fn card(State(forms): State<Forms>, visit: Visit, version: Result<Path<String>, PathRejection>) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let Some(version) = version.ok().and_then(|Path(text)| Version::parse(&text).ok()) else {
        return visit.go("/operator/models");
    };
    match model_page(&forms, version).await {
        Ok(shown) => forms.show(&visit, |language| pages::model(language, &shown)),
        Err(error) => no_model(&error),
    }
}

async fn compare(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match compared(&forms, [visit.asked("a"), visit.asked("b")]).await {
        Ok(shown) => forms.show(&visit, |language| pages::compare_models(language, &shown)),
        Err(error) => broken(&error),
    }
}

async fn training(State(forms): State<Forms>, visit: Visit, training: Result<Path<String>, PathRejection>) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let id = training.map(|Path(id)| id).unwrap_or_default();
    let store = forms.members.accounts.store();
    let found = match store.training(&id).await {
        Ok(found) => found,
        Err(error) => return broken(&error),
    };
    // The list says which trainings there are.
    let Some(found) = found else { return visit.go("/operator/models") };
    let people = match People::of(store, &actors_of(&found)).await {
        Ok(people) => people,
        Err(error) => return broken(&error),
    };
    let refreshes = found.state.is_open() && visit.asked("still").is_empty();
    let shown = training_page(&found, &people, refreshes);
    let mut response = forms.show(&visit, |language| pages::training(language, &shown));
    if refreshes {
        response.headers_mut().insert(header::REFRESH, REFRESH);
    }
    response
}

async fn train_form(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    forms.show(&visit, |language| pages::start_training(language, &Form::default(), None))
}

async fn train(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let form = with_reason_checked(form);
    if !form.is_fine() {
        return forms.again(&visit, |language| pages::start_training(language, &form, None));
    }
    match forms.members.retraining.request(&account.id, form.value("reason")).await {
        Ok(_) => visit.go("/operator/models?done=asked"),
        Err(error) => {
            forms.not_done(&visit, &error, |language, trouble| pages::start_training(language, &form, Some(trouble)))
        }
    }
}

async fn stop_form(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match open_training(forms.members.accounts.store()).await {
        Ok(line) => {
            forms.show(&visit, |language| pages::stop_training(language, line.as_ref(), &Form::default(), None))
        }
        Err(error) => broken(&error),
    }
}

async fn stop(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
    let form = with_reason_checked(form);
    let line = match open_training(forms.members.accounts.store()).await {
        Ok(line) => line,
        Err(error) => return broken(&error),
    };
    // Another one may have begun since the page was opened: nobody stops what he has not seen.
    let line = line.filter(|line| line.id == form.value("id"));
    let Some(line) = line else {
        return forms.page(&visit, StatusCode::CONFLICT, |language| pages::stop_training(language, None, &form, None));
    };
    if !form.is_fine() {
        return forms.again(&visit, |language| pages::stop_training(language, Some(&line), &form, None));
    }
    match forms.members.retraining.stop(&account.id, form.value("reason")).await {
        Ok(()) => visit.go("/operator/models?done=stopping"),
        Err(error) => forms.not_done(&visit, &error, |language, trouble| {
            pages::stop_training(language, Some(&line), &form, Some(trouble))
        }),
    }
}

async fn promote_form(State(forms): State<Forms>, visit: Visit) -> Response {
    let wanted = Version::parse(&visit.asked("version")).map(Wanted::Promote);
    forms.ask(&visit, wanted, &Form::default()).await
}

async fn promote(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let wanted = Version::parse(form.value("version")).map(Wanted::Promote);
    forms.carry_out(&visit, wanted, form).await
}

async fn roll_back_form(State(forms): State<Forms>, visit: Visit) -> Response {
    forms.ask(&visit, Ok(Wanted::RollBack), &Form::default()).await
}

async fn roll_back(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    forms.carry_out(&visit, Ok(Wanted::RollBack), form).await
}

async fn shadow_form(State(forms): State<Forms>, visit: Visit) -> Response {
    let wanted = Version::parse(&visit.asked("version")).map(Wanted::Shadow);
    forms.ask(&visit, wanted, &Form::default().with("days", SHADOW_DAYS)).await
}

async fn shadow(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let wanted = Version::parse(form.value("version")).map(Wanted::Shadow);
    forms.carry_out(&visit, wanted, form).await
}

async fn end_shadow_form(State(forms): State<Forms>, visit: Visit) -> Response {
    let wanted = Version::parse(&visit.asked("version")).map(Wanted::EndShadow);
    forms.ask(&visit, wanted, &Form::default()).await
}

async fn end_shadow(State(forms): State<Forms>, visit: Visit, Sent(form): Sent) -> Response {
    let wanted = Version::parse(form.value("version")).map(Wanted::EndShadow);
    forms.carry_out(&visit, wanted, form).await
}

/// What is to be done to models.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Promote(Version),
    RollBack,
    Shadow(Version),
    EndShadow(Version),
}

impl Forms {
    /// The form of a deed, empty.
    async fn ask(&self, visit: &Visit, wanted: Result<Wanted, Failure>, form: &Form) -> Response {
        if let Some(refused) = self.refuse_but_operators(visit) {
            return refused;
        }
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(failure) => return Problem::from(failure).into_page(),
        };
        match self.intent(&wanted).await {
            Ok(intent) => self.show(visit, |language| pages::intend(language, &intent, form, None)),
            Err(error) => no_model(&error),
        }
    }

    /// Does it, where there is a reason; otherwise says what is wrong and loses nothing.
    async fn carry_out(&self, visit: &Visit, wanted: Result<Wanted, Failure>, form: Form) -> Response {
        if let Some(refused) = self.refuse_but_operators(visit) {
            return refused;
        }
        let Some(account) = visit.identity.account() else { return visit.sign_in_first() };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(failure) => return Problem::from(failure).into_page(),
        };
        let intent = match self.intent(&wanted).await {
            Ok(intent) => intent,
            Err(error) => return no_model(&error),
        };
        let (days, form) = with_days_checked(&wanted, with_reason_checked(form));
        if !form.is_fine() {
            return self.again(visit, |language| pages::intend(language, &intent, &form, None));
        }
        let (retraining, by, reason) = (&self.members.retraining, &account.id, form.value("reason"));
        let deed = match &wanted {
            Wanted::RollBack => retraining.roll_back(by, reason).await.map(|_| "rolled-back"),
            Wanted::Promote(version) => retraining.promote(by, version, reason).await.map(|()| "promoted"),
            Wanted::Shadow(version) => retraining.begin_shadow(by, version, days, reason).await.map(|()| "shadowed"),
            Wanted::EndShadow(version) => retraining.end_shadow(by, version, reason).await.map(|()| "unshadowed"),
        };
        match deed {
            Ok(done) => visit.go(&format!("/operator/models?done={done}")),
            Err(error) => {
                self.not_done(visit, &error, |language, trouble| pages::intend(language, &intent, &form, Some(trouble)))
            }
        }
    }

    /// What a deed is about. Whoever asks for what is not there learns it before he writes a reason.
    async fn intent(&self, wanted: &Wanted) -> Result<Intent, RetrainingError> {
        let registry = &self.members.registry;
        let champion = self.members.retraining.state().await?.serving;
        let serving = champion.as_ref().map(ToString::to_string);
        match wanted {
            Wanted::RollBack => {
                let to = match &champion {
                    Some(champion) => registry.former(registry.manifest(champion)?.family)?,
                    None => None,
                };
                Ok(Intent::RollBack { serving, to: to.map(|version| version.to_string()) })
            }
            Wanted::Shadow(version) => {
                registry.manifest(version)?;
                Ok(Intent::Shadow { version: version.to_string() })
            }
            Wanted::EndShadow(version) => {
                registry.manifest(version)?;
                Ok(Intent::EndShadow { version: version.to_string() })
            }
            Wanted::Promote(version) => {
                registry.manifest(version)?;
                let made = self.members.retraining.training_of(version).await?.and_then(|training| training.made);
                let duel = made.map(|made| duel(&made.comparison)).filter(|duel| duel.champion == serving);
                Ok(Intent::Promote { version: version.to_string(), serving, duel })
            }
        }
    }

    /// The form once more, with why nothing was done.
    fn not_done(
        &self,
        visit: &Visit,
        error: &RetrainingError,
        page: impl FnOnce(Language, ModelTrouble) -> Page,
    ) -> Response {
        match trouble_of(error) {
            Some(trouble) => self.page(visit, StatusCode::CONFLICT, |language| page(language, trouble)),
            None => broken(error),
        }
    }
}

/// Why something was not done, where an operator can do something about it.
fn trouble_of(error: &RetrainingError) -> Option<ModelTrouble> {
    match error {
        RetrainingError::Open => Some(ModelTrouble::OneRuns),
        RetrainingError::NothingOpen => Some(ModelTrouble::NothingRuns),
        RetrainingError::Serves(_) => Some(ModelTrouble::Serves),
        RetrainingError::OtherFamily(_) => Some(ModelTrouble::OtherFamily),
        RetrainingError::NothingServes | RetrainingError::Registry(RegistryError::NoChampion { .. }) => {
            Some(ModelTrouble::NothingServes)
        }
        RetrainingError::Registry(RegistryError::NothingBefore { .. }) => Some(ModelTrouble::NothingBefore),
        RetrainingError::Registry(RegistryError::Unknown(_)) => Some(ModelTrouble::UnknownVersion),
        RetrainingError::Registry(RegistryError::Artefact(_)) => Some(ModelTrouble::Damaged),
        _ => None,
    }
}

/// A page for a version that is not there; an incident for anything else.
fn no_model(error: &RetrainingError) -> Response {
    match error {
        RetrainingError::Registry(RegistryError::Unknown(version)) => {
            Problem::from(Failure::unknown_model(version.as_str())).into_page()
        }
        error => broken(error),
    }
}

fn with_reason_checked(form: Form) -> Form {
    match form.value("reason").trim().chars().count() {
        0 => form.but("reason", Wrong::Missing),
        chars if chars > pages::LONGEST_REASON as usize => form.but("reason", Wrong::TooLong(pages::LONGEST_REASON)),
        _ => form,
    }
}

/// For how many days; 0 where nobody asks for any.
fn with_days_checked(wanted: &Wanted, form: Form) -> (u32, Form) {
    if !matches!(wanted, Wanted::Shadow(_)) {
        return (0, form);
    }
    match form.value("days").trim().parse() {
        Ok(days) if (1..=pages::LONGEST_SHADOW_DAYS).contains(&days) => (days, form),
        _ => (0, form.but("days", Wrong::Between(1, pages::LONGEST_SHADOW_DAYS))),
    }
}

fn done_of(text: &str) -> Option<ModelDone> {
    match text {
        "promoted" => Some(ModelDone::Promoted),
        "rolled-back" => Some(ModelDone::RolledBack),
        "asked" => Some(ModelDone::Asked),
        "stopping" => Some(ModelDone::Stopping),
        "shadowed" => Some(ModelDone::Shadowed),
        "unshadowed" => Some(ModelDone::Unshadowed),
        _ => None,
    }
}

async fn board(forms: &Forms, page: u32, done: Option<ModelDone>) -> Result<pages::ModelBoard, RetrainingError> {
    let retraining = &forms.members.retraining;
    let state = retraining.state().await?;
    let mut events = retraining.events((page - 1) * ROWS, ROWS + 1).await?;
    let has_more = events.len() > ROWS as usize;
    events.truncate(ROWS as usize);
    let trainings = retraining.trainings(0, REMEMBERED).await?;
    let registry = forms.members.registry.clone();
    let (cards, damaged) = on_a_thread(move || {
        let damaged = registry.damaged().into_iter().map(|(version, error)| (version.to_string(), error.to_string()));
        Ok((registry.cards(), damaged.collect::<Vec<_>>()))
    })
    .await?;
    let shown: Vec<&Training> = trainings.iter().take(TRAININGS as usize).collect();
    let actors = events.iter().map(|event| &event.event.actor).chain(shown.iter().map(|training| &training.actor));
    let actors: Vec<&Actor> = actors.collect();
    let people = People::of(forms.members.accounts.store(), &actors).await?;
    let cause = |version: &Version| {
        let made = |training: &&Training| training.made.as_ref().is_some_and(|made| made.version == *version);
        trainings.iter().find(made).map(|training| cause_of(training.cause))
    };
    let models = cards.iter().map(|card| model_line(card, standing(&state, &card.version), cause(&card.version)));
    Ok(pages::ModelBoard {
        serving: state.serving.as_ref().map(ToString::to_string),
        models: models.collect(),
        damaged,
        shadows: state.shadows.iter().map(|(shadow, scored)| shadow_line(shadow, scored)).collect(),
        trainings: shown.into_iter().map(|training| training_line(training, &people)).collect(),
        week: (state.this_week, retraining.settings().most_a_week),
        next: next_of(&state),
        events: events.iter().map(|event| event_of(event, &people)).collect(),
        page,
        has_more,
        done,
    })
}

async fn model_page(forms: &Forms, version: Version) -> Result<pages::ModelPage, RetrainingError> {
    let retraining = &forms.members.retraining;
    let (registry, name) = (forms.members.registry.clone(), version.clone());
    let (card, judged) = on_a_thread(move || {
        let card = registry.card(&name)?;
        let evaluation = registry.evaluation(&name)?;
        let rows = evaluation.map(|evaluation| evaluation.rows).unwrap_or_default();
        let judged: Vec<Row> =
            rows.into_iter().filter(|row| row.model == card.family && row.symbol.is_none()).collect();
        Ok((card, judged))
    })
    .await?;
    let state = retraining.state().await?;
    let training = retraining.training_of(&version).await?;
    let events = retraining.events_of(&version).await?;
    let actors = events.iter().map(|event| &event.event.actor).chain(training.iter().map(|training| &training.actor));
    let actors: Vec<&Actor> = actors.collect();
    let people = People::of(forms.members.accounts.store(), &actors).await?;
    let made = training.as_ref().and_then(|training| training.made.as_ref());
    Ok(pages::ModelPage {
        standing: standing(&state, &card.version),
        card,
        judged,
        features: features(),
        training: training.as_ref().map(|training| training_line(training, &people)),
        log: training.iter().flat_map(|training| &training.log).map(step_of).collect(),
        duel: made.map(|made| duel(&made.comparison)),
        events: events.iter().map(|event| event_of(event, &people)).collect(),
    })
}

async fn compared(forms: &Forms, asked: [String; 2]) -> Result<pages::ComparedModels, RetrainingError> {
    let registry = forms.members.registry.clone();
    let cards = on_a_thread(move || Ok(registry.cards())).await?;
    let [a, b] = asked.map(|text| cards.iter().find(|card| card.version.as_str() == text).cloned());
    let mut found = None;
    if let (Some(a), Some(b)) = (&a, &b) {
        for (new, old) in [(a, b), (b, a)] {
            let made = forms.members.retraining.training_of(&new.version).await?.and_then(|training| training.made);
            let comparison = made.map(|made| made.comparison);
            found = found.or(comparison.filter(|comparison| comparison.champion.as_ref() == Some(&old.version)));
        }
    }
    Ok(pages::ComparedModels {
        versions: cards.iter().map(|card| card.version.to_string()).collect(),
        a,
        b,
        duel: found.as_ref().map(duel),
    })
}

async fn open_training(store: &Store) -> Result<Option<pages::TrainingLine>, StoreError> {
    let Some(open) = store.open_training().await? else { return Ok(None) };
    let people = People::of(store, &[&open.actor]).await?;
    Ok(Some(training_line(&open, &people)))
}

/// Does what touches the disk away from the web runtime's threads.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RetrainingError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| RetrainingError::Broken(error.to_string()))??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_without_a_reason_or_with_a_novel_is_not_done() {
        let sent = |reason: &str| with_reason_checked(Form::default().with("reason", reason));
        assert!(!sent("").is_fine() && !sent("  \t ").is_fine());
        assert!(!sent(&"é".repeat(pages::LONGEST_REASON as usize + 1)).is_fine());
        assert!(sent(&"é".repeat(pages::LONGEST_REASON as usize)).is_fine());
    }

    #[test]
    fn days_in_the_shadow_are_a_number_that_makes_sense() {
        let version = Version::parse("lstm-1").expect("a version");
        let wanted = Wanted::Shadow(version);
        let sent = |days: &str| with_days_checked(&wanted, Form::default().with("days", days));
        assert_eq!(sent(" 14 ").0, 14);
        for wrong in ["", "0", "-3", "366", "a week"] {
            assert!(!sent(wrong).1.is_fine(), "{wrong}");
        }
        assert!(with_days_checked(&Wanted::RollBack, Form::default()).1.is_fine());
    }

    #[test]
    fn the_longest_reason_is_the_one_that_retraining_takes() {
        assert_eq!(pages::LONGEST_REASON as usize, crate::retraining::LONGEST_REASON);
    }
}
