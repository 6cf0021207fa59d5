use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// A future that ends without an answer once it has waited for longer than its limit.
///
/// The clock is read when the future waits for the first time: most of what a request needs is
/// there at once, and then `tokio::time::timeout` would be a good part of the work.
pub(crate) struct Within<F> {
    future: F,
    limit: Duration,
    end: Option<Pin<Box<Sleep>>>,
}

impl<F> Within<F> {
    pub(crate) fn new(limit: Duration, future: F) -> Self {
        Self {
            future,
            limit,
            end: None,
        }
    }
}

impl<F: Future + Unpin> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        let limit = self.limit;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(limit)));
        end.as_mut().poll(cx).map(|()| None)
    }
}
