//! `investbuddy backup` and `investbuddy restore`: the whole store into one file, and back.

use std::path::PathBuf;

use clap::Args;

use super::{VerbError, print};
use crate::config::Settings;
use crate::store::{Place, Store};

/// Where the copy goes.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Which copy comes back.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `backup` has made, of whichever engine
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put it in the place of everything that the store holds
    #[arg(long)]
    replace: bool,
}

/// Copies the whole store of this install into a file. A server may go on serving from the same store.
///
/// # Errors
/// [`VerbError`], a sentence for the person at the terminal.
pub async fn back_up(args: BackupArgs, settings: &Settings) -> Result<(), VerbError> {
    let place = settings.store_place();
    // Opening would make one.
    if let Place::File(path) = &place
        && !path.exists()
    {
        return Err(VerbError::failed(
            format!("There is no store at {}.", path.display()),
            "Set INVESTBUDDY_DATA_DIR or INVESTBUDDY_DATABASE_URL as the server has it.",
        ));
    }
    let store = Store::at(&place).await.map_err(VerbError::because)?;
    let copied = Box::pin(store.back_up(&args.file)).await;
    store.close().await;
    let bytes = copied.map_err(VerbError::because)?;
    print(&format!(
        "{} holds the whole store ({bytes} bytes). Keep it private: it has addresses and the hashes of passwords in it.",
        args.file.display()
    ));
    Ok(())
}

/// Puts a copy into the store of this install, in the place of what is there.
///
/// # Errors
/// [`VerbError`], a sentence for the person at the terminal; the store is as it was then.
pub async fn restore(args: RestoreArgs, settings: &Settings) -> Result<(), VerbError> {
    let store = Store::at(&settings.store_place()).await.map_err(VerbError::because)?;
    let restored = Box::pin(store.restore(&args.file, &settings.data_dir, args.replace)).await;
    store.close().await;
    let rows = restored.map_err(VerbError::because)?;
    let plural = if rows == 1 { "" } else { "s" };
    print(&format!("{} is restored ({rows} row{plural}). Now start the server.", args.file.display()));
    Ok(())
}
