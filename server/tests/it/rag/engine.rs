//! What a Qdrant keeps: collections of points, aliases, and exact search by cosine.

use std::collections::{BTreeMap, HashMap};

use ::qdrant_client::qdrant::alias_operations::Action;
use ::qdrant_client::qdrant::*;
use tonic::Status;

/// Collections and the aliases of some.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(crate) collections: BTreeMap<String, Stored>,
    pub(crate) aliases: BTreeMap<String, String>,
}

/// A collection.
#[derive(Debug)]
pub(crate) struct Stored {
    dimensions: usize,
    pub(crate) points: BTreeMap<u64, (Vec<f32>, HashMap<String, Value>)>,
}

impl Engine {
    pub(super) fn list(&self) -> ListCollectionsResponse {
        let collections = self.collections.keys().map(|name| CollectionDescription { name: name.clone() }).collect();
        ListCollectionsResponse { collections, time: 0.0 }
    }

    pub(super) fn list_aliases(&self) -> ListAliasesResponse {
        let described = |(alias_name, collection_name): (&String, &String)| AliasDescription {
            alias_name: alias_name.clone(),
            collection_name: collection_name.clone(),
        };
        ListAliasesResponse { aliases: self.aliases.iter().map(described).collect(), time: 0.0 }
    }

    pub(super) fn exists(&self, name: &str) -> CollectionExistsResponse {
        let exists = self.collections.contains_key(name);
        CollectionExistsResponse { result: Some(CollectionExists { exists }), time: 0.0 }
    }

    pub(super) fn create(&mut self, request: &CreateCollection) -> Result<CollectionOperationResponse, Status> {
        let name = &request.collection_name;
        let Some(vectors_config::Config::Params(vectors)) =
            request.vectors_config.as_ref().and_then(|config| config.config.as_ref())
        else {
            return Err(Status::invalid_argument("a collection needs one kind of vectors"));
        };
        if vectors.distance != i32::from(Distance::Cosine) {
            return Err(Status::invalid_argument("this engine knows cosines only"));
        }
        if self.collections.contains_key(name) || self.aliases.contains_key(name) {
            return Err(Status::already_exists(format!("Collection `{name}` already exists!")));
        }
        self.collections.insert(name.clone(), Stored::empty(vectors.size as usize));
        Ok(done(true))
    }

    /// Aliases of a collection go with it.
    pub(super) fn delete(&mut self, name: &str) -> CollectionOperationResponse {
        self.aliases.retain(|_, collection| collection != name);
        done(self.collections.remove(name).is_some())
    }

    /// An alias that is created where it already is moves.
    pub(super) fn change_aliases(&mut self, request: ChangeAliases) -> Result<CollectionOperationResponse, Status> {
        for action in request.actions.into_iter().filter_map(|operation| operation.action) {
            let Action::CreateAlias(CreateAlias { collection_name, alias_name }) = action else {
                return Err(Status::unimplemented("other changes of aliases"));
            };
            if !self.collections.contains_key(&collection_name) {
                return Err(missing(&collection_name));
            }
            self.aliases.insert(alias_name, collection_name);
        }
        Ok(done(true))
    }

    pub(super) fn upsert(&mut self, name: &str, points: Vec<PointStruct>) -> Result<(), Status> {
        let stored = self.collections.get_mut(name).ok_or_else(|| missing(name))?;
        for point in points {
            let Some(point_id::PointIdOptions::Num(number)) = point.id.and_then(|id| id.point_id_options) else {
                return Err(Status::invalid_argument("a point needs a number"));
            };
            let Some(vectors::VectorsOptions::Vector(Vector { vector: Some(vector::Vector::Dense(vector)), .. })) =
                point.vectors.and_then(|vectors| vectors.vectors_options)
            else {
                return Err(Status::invalid_argument("a point needs a vector"));
            };
            stored.points.insert(number, (stored.at_length_one(vector.data)?, point.payload));
        }
        Ok(())
    }

    pub(super) fn query(&self, request: &QueryPoints) -> Result<Vec<ScoredPoint>, Status> {
        let name = self.aliases.get(&request.collection_name).unwrap_or(&request.collection_name);
        let stored = self.collections.get(name).ok_or_else(|| missing(name))?;
        let Some(Query { variant: Some(query::Variant::Nearest(VectorInput { variant: Some(variant) })) }) =
            request.query.clone()
        else {
            return Err(Status::unimplemented("other queries than the nearest"));
        };
        let vector_input::Variant::Dense(vector) = variant else {
            return Err(Status::unimplemented("other vectors than dense ones"));
        };
        let vector = stored.at_length_one(vector.data)?;
        let with_payload = request.with_payload.as_ref().and_then(|with| with.selector_options.as_ref())
            == Some(&with_payload_selector::SelectorOptions::Enable(true));
        let scored = |(number, (point, payload)): (&u64, &(Vec<f32>, HashMap<String, Value>))| ScoredPoint {
            id: Some(PointId::from(*number)),
            payload: if with_payload { payload.clone() } else { HashMap::new() },
            score: point.iter().zip(&vector).map(|(a, b)| a * b).sum(),
            ..ScoredPoint::default()
        };
        let matching = |(_, (_, payload)): &(&u64, &(Vec<f32>, HashMap<String, Value>))| {
            request.filter.as_ref().is_none_or(|filter| filter.must.iter().all(|condition| holds(condition, payload)))
        };
        let mut points: Vec<ScoredPoint> = stored.points.iter().filter(matching).map(scored).collect();
        points.sort_by(|a, b| b.score.total_cmp(&a.score));
        points.truncate(request.limit.unwrap_or(10) as usize);
        Ok(points)
    }

    /// The collection that an alias points at, and how many points are in it.
    pub(crate) fn serving(&self) -> Option<(String, usize)> {
        let name = self.aliases.get("investbuddy")?;
        Some((name.clone(), self.collections.get(name)?.points.len()))
    }
}

impl Stored {
    pub(crate) fn empty(dimensions: usize) -> Self {
        Self { dimensions, points: BTreeMap::new() }
    }

    fn at_length_one(&self, vector: Vec<f32>) -> Result<Vec<f32>, Status> {
        if vector.len() != self.dimensions {
            let (expected, got) = (self.dimensions, vector.len());
            return Err(Status::invalid_argument(format!(
                "Wrong input: Vector dimension error: expected dim: {expected}, got {got}"
            )));
        }
        let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        Ok(vector.into_iter().map(|value| value / norm).collect())
    }
}

/// Whether a point holds the keyword that a condition wants; conditions of other kinds are none of the product's.
fn holds(condition: &Condition, payload: &HashMap<String, Value>) -> bool {
    let Some(condition::ConditionOneOf::Field(FieldCondition { key, r#match: Some(wanted), .. })) =
        &condition.condition_one_of
    else {
        return false;
    };
    match (payload.get(key).and_then(|value| value.kind.as_ref()), &wanted.match_value) {
        (Some(value::Kind::StringValue(held)), Some(r#match::MatchValue::Keyword(wanted))) => held == wanted,
        _ => false,
    }
}

fn done(result: bool) -> CollectionOperationResponse {
    CollectionOperationResponse { result, time: 0.0 }
}

fn missing(name: &str) -> Status {
    Status::not_found(format!("Not found: Collection `{name}` doesn't exist!"))
}
