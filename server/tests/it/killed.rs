//! Work that is killed while it waits, as a process that ends would leave it.

use std::task::Poll;

use futures::future::poll_fn;

/// Lets a future wait so many times and drops it at the next wait; what it gave where it came to its end before.
pub(crate) async fn killed_after<F: Future>(waits: u32, work: F) -> Option<F::Output> {
    let mut work = Box::pin(work);
    let mut left = waits;
    poll_fn(move |context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}
