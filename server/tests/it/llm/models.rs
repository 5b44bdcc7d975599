//! The models that tests need, fetched once by the product's own code into the target directory.

use std::path::{Path, PathBuf};

use server::llm::files::{DEFAULT_INDEX, FetchEvent, Part, fetch};

/// The folder of fetched models. A test that needs one fails where it cannot be had.
pub(crate) async fn fetched(part: Part) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let dir = target.join("models");
    #[expect(
        clippy::disallowed_methods,
        reason = "where packages come from is the machine's business, no setting of ours"
    )]
    let index = std::env::var("PIP_INDEX_URL").unwrap_or_else(|_| DEFAULT_INDEX.to_owned());
    // The fetch locks the folder, so that tests beside each other wait for the first one.
    let tell = |_: FetchEvent<'_>| {};
    fetch(part, &dir, &index, &tell).await.expect("the model can be fetched");
    dir
}
