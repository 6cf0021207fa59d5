//! A timeout that starts no timer for futures that are ready at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// A future that returns `None` if the inner future is still pending after the time limit.
///
/// The timer starts when the inner future first returns `Pending`. Most futures of a request are ready
/// at once; for those, the timer of `tokio::time::timeout` would be a large part of the cost.
pub(crate) struct LazyTimeout<F> {
    future: F,
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F> LazyTimeout<F> {
    pub(crate) fn new(limit: Duration, future: F) -> Self {
        Self {
            future,
            limit,
            timer: None,
        }
    }
}

impl<F: Future + Unpin> Future for LazyTimeout<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        timer.as_mut().poll(cx).map(|()| None)
    }
}
