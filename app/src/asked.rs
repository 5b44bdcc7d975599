//! What a page asks the server for: an answer that is rendered into the page, and asked for again when its key changes.
//!
//! In the browser every kind of answer would bring its own copy of the machinery of [`Resource`], some twenty
//! kilobytes each. Here all of them travel in one kind of parcel, which is opened where it is drawn.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::ssr;

/// What may be asked for: it travels as JSON inside the page.
pub(crate) trait Answerable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Answerable for T {}

/// An answer of the server, or what went wrong.
pub(crate) struct Asked<T> {
    /// The answer, whatever it is an answer to.
    pub(crate) parcel: Resource<Parcel, FromToStringCodec>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Asked<T> {}

impl<T: Answerable> Asked<T> {
    /// Asks now, and again whenever the key changes.
    pub(crate) fn new<K, F>(
        key: impl Fn() -> K + Send + Sync + 'static,
        fetch: impl Fn(K) -> F + Send + Sync + 'static,
    ) -> Self
    where
        K: Hash + 'static,
        F: Future<Output = Result<T, ApiError>> + Send + 'static,
    {
        let key = Arc::new(key);
        let stamp = {
            let key = Arc::clone(&key);
            Arc::new(move || hash(&key()))
        };
        let send = Arc::new(move || -> Sent {
            let answer = fetch(untrack(|| key()));
            Box::pin(async move { Parcel::of(answer.await) })
        });
        Self { parcel: ask(stamp, send), kind: PhantomData }
    }

    /// The answer, when it is here.
    pub(crate) async fn ready(self) -> Result<T, ApiError> {
        self.parcel.await.open()
    }

    /// The answer, if it is here; whoever reads it is told of the next one.
    pub(crate) fn get(self) -> Option<Result<T, ApiError>> {
        self.parcel.get().map(|parcel| parcel.open())
    }

    /// The answer, if it is here.
    pub(crate) fn get_untracked(self) -> Option<Result<T, ApiError>> {
        self.parcel.get_untracked().map(|parcel| parcel.open())
    }

    /// Asks again.
    pub(crate) fn refetch(self) {
        self.parcel.refetch();
    }
}

/// An answer on its way.
type Sent = Pin<Box<dyn Future<Output = Parcel> + Send>>;

/// The one place where the machinery is made.
fn ask(
    stamp: Arc<dyn Fn() -> u64 + Send + Sync>,
    send: Arc<dyn Fn() -> Sent + Send + Sync>,
) -> Resource<Parcel, FromToStringCodec> {
    Resource::new_str(move || stamp(), move |_| send())
}

fn hash(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// An answer as it travels: as JSON in the page, as itself once it is here.
#[derive(Clone)]
pub(crate) struct Parcel {
    json: Arc<str>,
    content: Option<Arc<dyn Any + Send + Sync>>,
}

impl Parcel {
    fn of<T: Answerable>(answer: Result<T, ApiError>) -> Self {
        Self { json: ssr::json(&answer).into(), content: Some(Arc::new(answer)) }
    }

    /// What is inside.
    pub(crate) fn open<T: Answerable>(&self) -> Result<T, ApiError> {
        match self.content.as_ref().and_then(|content| content.downcast_ref::<Result<T, ApiError>>()) {
            Some(answer) => answer.clone(),
            None => serde_json::from_str(&self.json).unwrap_or(Err(ApiError::Transport)),
        }
    }
}

impl fmt::Display for Parcel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.json)
    }
}

impl FromStr for Parcel {
    type Err = Infallible;

    fn from_str(json: &str) -> Result<Self, Infallible> {
        Ok(Self { json: json.into(), content: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_holds_the_same_before_and_after_it_travelled() {
        for answer in [Ok(vec!["é".to_owned()]), Err(ApiError::Transport)] {
            let sent = Parcel::of(answer.clone());
            let Ok(arrived) = Parcel::from_str(&sent.to_string());
            assert_eq!(sent.open::<Vec<String>>(), answer);
            assert_eq!(arrived.open::<Vec<String>>(), answer);
        }
    }

    #[test]
    fn a_parcel_that_was_damaged_is_a_failure() {
        let Ok(damaged) = Parcel::from_str("{");
        assert_eq!(damaged.open::<u32>(), Err(ApiError::Transport));
    }
}
