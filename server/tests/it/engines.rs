//! Stores that nobody has used, on each engine.

use server::config::Secret;
use server::store::Place;
use tempfile::TempDir;

use crate::mariadb;

/// Makes a test on each engine of each function, which gets a `World` of the folder's own that nobody has used.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                Box::pin(super::$test(super::World::on_sqlite().await)).await;
            })+
        }

        mod on_mariadb {
            $(#[tokio::test]
            async fn $test() {
                Box::pin(super::$test(super::World::on_mariadb().await)).await;
            })+
        }
    };
}

/// A place for a file of this name in a folder of its own.
pub(crate) fn sqlite(file: &str) -> (Place, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    (Place::File(folder.path().join(file)), folder)
}

/// An empty database of a server, and a folder beside it.
pub(crate) async fn mariadb() -> (Place, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    (Place::Server(Secret::new(mariadb::fresh().await)), folder)
}
