//! `investbuddy operator`: who looks after this server. The first one can only be made here, on the machine.

use clap::Args;
use domain::user::{EmailAddress, Role};

use super::{VerbError, print};
use crate::config::Settings;
use crate::store::Store;

/// Whose account is given the operator's pages, or loses them.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    /// The e-mail address of an account that signed up and confirmed
    #[arg(value_parser = |text: &str| EmailAddress::parse(text).map_err(|_| "must be an e-mail address"))]
    address: EmailAddress,
    /// Make the account a member's again
    #[arg(long)]
    remove: bool,
}

/// Gives an account its role. A running server takes it up with the next request.
///
/// # Errors
/// [`VerbError`] where there is no such account, its address is not confirmed, or the store fails.
pub async fn run(args: OperatorArgs, settings: &Settings) -> Result<(), VerbError> {
    let store = Store::at(&settings.store_place()).await.map_err(VerbError::because)?;
    let done = give(&store, &args).await;
    store.close().await;
    done
}

async fn give(store: &Store, args: &OperatorArgs) -> Result<(), VerbError> {
    let kept = store.account_at(&args.address).await.map_err(VerbError::because)?;
    let Some(kept) = kept else {
        return Err(VerbError::failed(
            "No account has this address.",
            "Sign up with it on the page /account/sign-up first.",
        ));
    };
    if kept.account.confirmed_at.is_none() && !args.remove {
        // Whoever typed somebody else's address must not be given this server.
        return Err(VerbError::failed(
            "This address is not confirmed.",
            "Press the button of the letter that went there first; without SMTP it lies in the data folder, in letters/.",
        ));
    }
    let role = if args.remove { Role::Member } else { Role::Operator };
    store.set_role(&args.address, role).await.map_err(VerbError::because)?;
    print(if args.remove {
        "The account is a member's now."
    } else {
        "The account is an operator's now: see /operator."
    });
    Ok(())
}
