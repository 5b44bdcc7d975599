//! Search in a Qdrant server or cluster.
//!
//! A collection for each content and embedder; the alias [`ALIAS`] points at the one that is complete. Only what the
//! alias points at is searched. The collection that served before stays until the next switch, for replicas that have
//! not noticed yet.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::future::BoxFuture;
use qdrant_client::qdrant::{
    Condition, CreateAliasBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, Distance, FieldType,
    Filter, PointStruct, QueryPointsBuilder, ScoredPoint, SearchParamsBuilder, UpsertPointsBuilder, Value,
    VectorParamsBuilder, value::Kind,
};
use qdrant_client::{Qdrant, QdrantError};

use super::VectorIndex;
use crate::config::Vectors;
use crate::rag::RagError;
use crate::rag::corpus::Corpus;
use crate::rag::items::{Item, Part};
use crate::rag::vectors::KeptVectors;

/// Points at the collection that serves.
const ALIAS: &str = "investbuddy";

/// Every collection of ours begins with it.
const PREFIX: &str = "investbuddy-";

/// The field of a point that names its passage.
const PASSAGE: &str = "passage";

/// The field of a point that says what of the passage it is.
const PART: &str = "part";

/// Points in one request: with 384 numbers each, half a megabyte.
const POINTS_AT_ONCE: usize = 256;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a question waits for what is near it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A complete collection.
pub(super) struct Collection {
    client: Qdrant,
    name: String,
    places: HashMap<String, u32>,
}

/// Opens a collection that is complete; none where it is not.
///
/// # Errors
/// [`RagError::VectorStore`] where Qdrant does not answer.
pub(super) async fn open(settings: &Vectors, name: &str, corpus: &Corpus) -> Result<Option<Collection>, RagError> {
    let client = client(settings)?;
    if serving(&client).await?.as_deref() != Some(name) {
        return Ok(None);
    }
    let places = corpus.passages().iter().map(|passage| passage.id.clone()).zip(0..).collect();
    Ok(Some(Collection { client, name: name.to_owned(), places }))
}

/// Makes a collection, fills it and lets the alias point at it.
///
/// # Errors
/// [`RagError::VectorStore`] where Qdrant does not answer or refuses; the alias then stays where it was.
pub(super) async fn fill(
    settings: &Vectors,
    name: &str,
    items: &[Item],
    kept: &KeptVectors,
    corpus: &Corpus,
    dimensions: usize,
) -> Result<(), RagError> {
    let client = client(settings)?;
    let before = serving(&client).await?;
    if client.collection_exists(name).await.map_err(failed)? {
        // What an interrupted run left; points have the same names again, so that filling it goes over it.
        tracing::info!(collection = name, "Going on with a half-built collection");
    } else {
        let vectors = VectorParamsBuilder::new(dimensions as u64, Distance::Cosine);
        client.create_collection(CreateCollectionBuilder::new(name).vectors_config(vectors)).await.map_err(failed)?;
    }
    // A strict Qdrant filters by indexed fields only; making the index again changes nothing.
    let index = CreateFieldIndexCollectionBuilder::new(name, PART, FieldType::Keyword).wait(true);
    client.create_field_index(index).await.map_err(failed)?;
    for (batch, first) in items.chunks(POINTS_AT_ONCE).zip((0_u64..).step_by(POINTS_AT_ONCE)) {
        let points = batch.iter().zip(first..).map(|(item, number)| point(item, number, kept, corpus));
        let points = points.collect::<Result<Vec<_>, RagError>>()?;
        client.upsert_points(UpsertPointsBuilder::new(name, points).wait(true)).await.map_err(failed)?;
    }
    point_alias_at(&client, name, before.as_deref()).await
}

fn point(item: &Item, number: u64, kept: &KeptVectors, corpus: &Corpus) -> Result<PointStruct, RagError> {
    let vector = kept.read(&item.digest()).map_err(|error| RagError::VectorStore(error.to_string()))?;
    let payload: HashMap<String, Value> = HashMap::from([
        (PASSAGE.to_owned(), Value::from(corpus.passage(item.passage).id.clone())),
        (PART.to_owned(), Value::from(item.part.name())),
    ]);
    Ok(PointStruct::new(number, vector, payload))
}

async fn point_alias_at(client: &Qdrant, name: &str, before: Option<&str>) -> Result<(), RagError> {
    // An alias that is created where it already is moves in one step.
    client.create_alias(CreateAliasBuilder::new(name, ALIAS)).await.map_err(failed)?;
    let in_use = HashSet::from([Some(name), before]);
    let all = client.list_collections().await.map_err(failed)?.collections;
    for other in all.iter().map(|collection| collection.name.as_str()) {
        if other.starts_with(PREFIX)
            && !in_use.contains(&Some(other))
            && let Err(error) = client.delete_collection(other).await
        {
            tracing::warn!(collection = other, %error, "Could not remove a collection that nobody uses");
        }
    }
    Ok(())
}

/// The collection that the alias points at.
async fn serving(client: &Qdrant) -> Result<Option<String>, RagError> {
    let aliases = client.list_aliases().await.map_err(failed)?.aliases;
    Ok(aliases.into_iter().find(|alias| alias.alias_name == ALIAS).map(|alias| alias.collection_name))
}

fn client(settings: &Vectors) -> Result<Qdrant, RagError> {
    let url = settings.qdrant_url.as_deref().unwrap_or("http://127.0.0.1:6334");
    let key = settings.qdrant_key.as_ref().map(|key| key.expose().to_owned());
    Qdrant::from_url(url)
        .api_key(key)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .skip_compatibility_check()
        .build()
        .map_err(failed)
}

/// Says what Qdrant says, without what was sent along: the metadata of an answer is nobody's business.
fn failed(error: QdrantError) -> RagError {
    RagError::VectorStore(match error {
        QdrantError::ResponseError { status } => format!("{}: {}", status.code(), status.message()),
        other => other.to_string(),
    })
}

impl VectorIndex for Collection {
    fn search<'a>(
        &'a self,
        part: Part,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u32, f32)>, RagError>> {
        Box::pin(async move {
            // Exact: a library is small enough, and what is not found cannot be cited.
            let query = QueryPointsBuilder::new(&self.name)
                .query(vector.to_vec())
                .filter(Filter::must([Condition::matches(PART, part.name().to_owned())]))
                .limit(limit as u64)
                .params(SearchParamsBuilder::default().exact(true))
                .with_payload(true);
            // The client tries again after its own time-out; whoever asked is better served by words alone.
            let answer = tokio::time::timeout(PATIENCE, self.client.query(query)).await;
            let answer = answer.map_err(|_| RagError::VectorStore("it does not answer in time".to_owned()))?;
            let points = answer.map_err(failed)?.result;
            Ok(points.iter().filter_map(|point| Some((self.place(point)?, point.score))).collect())
        })
    }
}

impl Collection {
    fn place(&self, point: &ScoredPoint) -> Option<u32> {
        match &point.payload.get(PASSAGE)?.kind {
            Some(Kind::StringValue(passage)) => self.places.get(passage).copied(),
            _ => None,
        }
    }
}
