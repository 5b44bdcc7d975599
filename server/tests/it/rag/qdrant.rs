//! A Qdrant on loopback: its own gRPC, over an exact engine in memory, with faults on demand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use ::qdrant_client::qdrant::collections_server::{Collections, CollectionsServer};
use ::qdrant_client::qdrant::points_server::{Points, PointsServer};
use ::qdrant_client::qdrant::*;
use server::config::{Secret, VectorEngine, Vectors};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::engine::Engine;

/// The key that it wants.
pub(crate) const KEY: &str = "qdrant-key-of-the-test";

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// Every connection is cut, and no new one is taken.
    Gone,
    /// Every call is refused as unavailable.
    Unavailable,
    /// No call is ever answered.
    Silent,
    /// Searches bring points that nobody put there.
    Foreign,
    /// So many more batches of points are taken, then the disk is full.
    TakesPoints(usize),
    /// One more batch of points is taken, then no call is ever answered.
    TakesOneBatch,
}

/// A running Qdrant; ends with the test.
pub(crate) struct FakeQdrant {
    addr: SocketAddr,
    service: Service,
    _stop: DropGuard,
}

#[derive(Clone)]
struct Service {
    engine: Arc<Mutex<Engine>>,
    mood: watch::Sender<Mood>,
    batches: Arc<AtomicUsize>,
}

impl FakeQdrant {
    pub(crate) async fn start() -> Self {
        let service = Service { engine: Arc::default(), mood: watch::Sender::new(Mood::Well), batches: Arc::default() };
        let stop = CancellationToken::new();
        let inner = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let behind = inner.local_addr().expect("an address");
        let served = Server::builder()
            .add_service(CollectionsServer::new(service.clone()))
            .add_service(PointsServer::new(service.clone()))
            .serve_with_incoming(TcpIncoming::from(inner));
        tokio::spawn(stop.clone().run_until_cancelled_owned(served));
        let line = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = line.local_addr().expect("an address");
        tokio::spawn(stop.clone().run_until_cancelled_owned(connect(line, behind, service.mood.subscribe())));
        Self { addr, service, _stop: stop.drop_guard() }
    }

    /// Settings that lead to it.
    pub(crate) fn vectors(&self) -> Vectors {
        Vectors {
            engine: VectorEngine::Qdrant,
            qdrant_url: Some(format!("http://{}", self.addr)),
            qdrant_key: Some(Secret::new(KEY.to_owned())),
        }
    }

    pub(crate) fn behave(&self, mood: Mood) {
        self.service.mood.send_replace(mood);
    }

    /// What it holds.
    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.service.engine.lock().expect("a lock")
    }

    /// Batches of points that it took.
    pub(crate) fn batches(&self) -> usize {
        self.service.batches.load(Ordering::SeqCst)
    }
}

/// The cable between clients and server, which can be pulled out.
async fn connect(line: TcpListener, behind: SocketAddr, mood: watch::Receiver<Mood>) {
    while let Ok((mut client, _)) = line.accept().await {
        let mut mood = mood.clone();
        if *mood.borrow() == Mood::Gone {
            continue;
        }
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(behind).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                _ = mood.wait_for(|mood| *mood == Mood::Gone) => {}
            }
        });
    }
}

impl Service {
    /// Lets a call through or not.
    async fn admit<T>(&self, request: Request<T>) -> Result<T, Status> {
        if request.metadata().get("api-key").is_none_or(|key| key != KEY) {
            return Err(Status::unauthenticated("Invalid API key or JWT"));
        }
        match *self.mood.borrow() {
            Mood::Unavailable => return Err(Status::unavailable("the cluster has no leader")),
            Mood::Silent => {}
            _ => return Ok(request.into_inner()),
        }
        std::future::pending().await
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().expect("a lock")
    }

    fn upsert(&self, request: UpsertPoints) -> Result<PointsOperationResponse, Status> {
        let mood = *self.mood.borrow();
        match mood {
            Mood::TakesPoints(0) => return Err(Status::resource_exhausted("the disk is full")),
            Mood::TakesPoints(left) => drop(self.mood.send_replace(Mood::TakesPoints(left - 1))),
            Mood::TakesOneBatch => drop(self.mood.send_replace(Mood::Silent)),
            _ => {}
        }
        self.engine().upsert(&request.collection_name, request.points)?;
        self.batches.fetch_add(1, Ordering::SeqCst);
        Ok(completed())
    }

    fn query(&self, request: &QueryPoints) -> Result<QueryResponse, Status> {
        let mut result = self.engine().query(request)?;
        if *self.mood.borrow() == Mood::Foreign {
            for (place, point) in result.iter_mut().enumerate() {
                match place % 3 {
                    0 => point.payload.clear(),
                    1 => point.payload.values_mut().for_each(|value| *value = Value::from(place as i64)),
                    _ => point.payload.values_mut().for_each(|value| *value = Value::from("nobody's passage")),
                }
                point.score = f32::NAN;
            }
        }
        Ok(QueryResponse { result, ..QueryResponse::default() })
    }
}

fn completed() -> PointsOperationResponse {
    PointsOperationResponse {
        result: Some(UpdateResult { operation_id: Some(1), status: UpdateStatus::Completed.into() }),
        ..PointsOperationResponse::default()
    }
}

/// Implements a trait that was generated from Qdrant's protocol: the calls that the product makes, and a refusal for
/// each other one.
macro_rules! speaks {
    (
        $protocol:ident
        serves { $($served:ident($served_request:ty) -> $served_response:ty = $by:expr;)* }
        refuses { $($other:ident($request:ty) -> $response:ty;)* }
    ) => {
        #[tonic::async_trait]
        impl $protocol for Service {
            $(async fn $served(&self, request: Request<$served_request>) -> Result<Response<$served_response>, Status> {
                let request = self.admit(request).await?;
                let answer: fn(&Service, $served_request) -> Result<$served_response, Status> = $by;
                answer(self, request).map(Response::new)
            })*
            $(async fn $other(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented(stringify!($other)))
            })*
        }
    };
}

speaks! {
    Collections
    serves {
        list(ListCollectionsRequest) -> ListCollectionsResponse = |service, _| Ok(service.engine().list());
        create(CreateCollection) -> CollectionOperationResponse = |service, request| service.engine().create(&request);
        delete(DeleteCollection) -> CollectionOperationResponse =
            |service, request| Ok(service.engine().delete(&request.collection_name));
        update_aliases(ChangeAliases) -> CollectionOperationResponse =
            |service, request| service.engine().change_aliases(request);
        list_aliases(ListAliasesRequest) -> ListAliasesResponse = |service, _| Ok(service.engine().list_aliases());
        collection_exists(CollectionExistsRequest) -> CollectionExistsResponse =
            |service, request| Ok(service.engine().exists(&request.collection_name));
    }
    refuses {
        get(GetCollectionInfoRequest) -> GetCollectionInfoResponse;
        update(UpdateCollection) -> CollectionOperationResponse;
        list_collection_aliases(ListCollectionAliasesRequest) -> ListAliasesResponse;
        collection_cluster_info(CollectionClusterInfoRequest) -> CollectionClusterInfoResponse;
        update_collection_cluster_setup(UpdateCollectionClusterSetupRequest) -> UpdateCollectionClusterSetupResponse;
        create_shard_key(CreateShardKeyRequest) -> CreateShardKeyResponse;
        delete_shard_key(DeleteShardKeyRequest) -> DeleteShardKeyResponse;
        list_shard_keys(ListShardKeysRequest) -> ListShardKeysResponse;
    }
}

speaks! {
    Points
    serves {
        upsert(UpsertPoints) -> PointsOperationResponse = Service::upsert;
        // Exact search needs none.
        create_field_index(CreateFieldIndexCollection) -> PointsOperationResponse = |_, _| Ok(completed());
        query(QueryPoints) -> QueryResponse = |service, request| service.query(&request);
    }
    refuses {
        delete(DeletePoints) -> PointsOperationResponse;
        get(GetPoints) -> GetResponse;
        update_vectors(UpdatePointVectors) -> PointsOperationResponse;
        delete_vectors(DeletePointVectors) -> PointsOperationResponse;
        set_payload(SetPayloadPoints) -> PointsOperationResponse;
        overwrite_payload(SetPayloadPoints) -> PointsOperationResponse;
        delete_payload(DeletePayloadPoints) -> PointsOperationResponse;
        clear_payload(ClearPayloadPoints) -> PointsOperationResponse;
        delete_field_index(DeleteFieldIndexCollection) -> PointsOperationResponse;
        create_vector_name(CreateVectorNameRequest) -> PointsOperationResponse;
        delete_vector_name(DeleteVectorNameRequest) -> PointsOperationResponse;
        search(SearchPoints) -> SearchResponse;
        search_batch(SearchBatchPoints) -> SearchBatchResponse;
        search_groups(SearchPointGroups) -> SearchGroupsResponse;
        scroll(ScrollPoints) -> ScrollResponse;
        recommend(RecommendPoints) -> RecommendResponse;
        recommend_batch(RecommendBatchPoints) -> RecommendBatchResponse;
        recommend_groups(RecommendPointGroups) -> RecommendGroupsResponse;
        discover(DiscoverPoints) -> DiscoverResponse;
        discover_batch(DiscoverBatchPoints) -> DiscoverBatchResponse;
        count(CountPoints) -> CountResponse;
        update_batch(UpdateBatchPoints) -> UpdateBatchResponse;
        query_batch(QueryBatchPoints) -> QueryBatchResponse;
        query_groups(QueryPointGroups) -> QueryGroupsResponse;
        facet(FacetCounts) -> FacetResponse;
        search_matrix_pairs(SearchMatrixPoints) -> SearchMatrixPairsResponse;
        search_matrix_offsets(SearchMatrixPoints) -> SearchMatrixOffsetsResponse;
    }
}
