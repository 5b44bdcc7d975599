//! The bell: how many entries an account has not read yet, told while it changes.
//!
//! Another replica may ring it, so the store is asked every few seconds, for all who listen in one question, and not at
//! all while nobody does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::user::AccountId;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::store::{Store, StoreError};

/// How often the store is asked while somebody listens.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Tells listeners how many entries they have not read. Cheap to clone.
#[derive(Clone)]
pub struct Bell {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    listeners: Mutex<HashMap<AccountId, watch::Sender<u32>>>,
    wake: Notify,
}

impl Bell {
    /// Starts the bell. It goes on in a task of `tracker` until `stop` is cancelled, which ends every listener's
    /// channel. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(store: Store, stop: CancellationToken, tracker: &TaskTracker) -> Self {
        let shared = Arc::new(Shared { store, listeners: Mutex::default(), wake: Notify::new() });
        let keeper = Arc::clone(&shared);
        tracker.spawn(async move {
            stop.run_until_cancelled(keeper.keep()).await;
            keeper.listeners().clear();
        });
        Self { shared }
    }

    /// How many entries of an account are unread, now and whenever that changes. Drop it to stop listening.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listen(&self, account: &AccountId) -> Result<watch::Receiver<u32>, StoreError> {
        let unread = self.shared.store.unread(account).await?;
        let receiver = {
            let mut listeners = self.shared.listeners();
            let sender = listeners.entry(account.clone()).or_insert_with(|| watch::Sender::new(unread));
            tell(sender, unread);
            sender.subscribe()
        };
        self.shared.wake.notify_one();
        Ok(receiver)
    }

    /// Looks at once: an entry was made or read here.
    pub fn ring(&self) {
        self.shared.wake.notify_one();
    }
}

impl Shared {
    async fn keep(&self) {
        let mut has_failed = false;
        loop {
            let accounts = self.heard_by();
            if accounts.is_empty() {
                self.wake.notified().await;
                continue;
            }
            match self.store.unread_of_many(&accounts).await {
                Ok(counts) => {
                    has_failed = false;
                    let listeners = self.listeners();
                    for account in &accounts {
                        if let Some(sender) = listeners.get(account) {
                            tell(sender, counts.get(account).copied().unwrap_or(0));
                        }
                    }
                }
                // The same trouble is told once, not every three seconds.
                Err(cause) if !has_failed => {
                    has_failed = true;
                    warn!(error = %cause, "Could not look at the bell");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// Whom somebody listens for; those nobody listens for any more are forgotten.
    fn heard_by(&self) -> Vec<AccountId> {
        let mut listeners = self.listeners();
        listeners.retain(|_, sender| sender.receiver_count() > 0);
        listeners.keys().cloned().collect()
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<AccountId, watch::Sender<u32>>> {
        // A panic in another thread leaves whole entries behind.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(sender: &watch::Sender<u32>, unread: u32) {
    sender.send_if_modified(|told| {
        let is_new = *told != unread;
        *told = unread;
        is_new
    });
}
