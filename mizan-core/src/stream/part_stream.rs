//! A stream of typed parts, and the future that produces them.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use parking_lot::Mutex;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::cx::Cx;
use crate::error::{ClientError, Error, ErrorDeclaration};
use crate::function::Output;
use crate::json;

/// The output of a function that returns `impl Stream`: its parts, or the error that ends them.
///
/// [`#[client]`](macro@crate::client) creates it for a function that returns a stream. The stream may borrow
/// the context of the call. A function is a query or a mutation; contexts and the functions of forms return no
/// streams.
///
/// ```
/// use futures_util::{Stream, StreamExt, stream};
/// use mizan_core::{Cx, Error, Principal, Registry, client};
///
/// /// Counts down to zero.
/// #[client(query)]
/// async fn countdown(cx: &Cx, from: u32) -> Result<impl Stream<Item = Result<u32, Error>>, Error> {
///     if from > 100 {
///         return Err(Error::invalid("from", "Must be at most 100."));
///     }
///     Ok(stream::iter((0..=from).rev()).map(|number| {
///         let _caller = cx.principal();
///         Ok(number)
///     }))
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let app = Registry::new().function::<Countdown>().build()?;
///     let parts = app.call_as(Principal::anonymous(), Countdown { from: 2 }).await.unwrap();
///     let parts: Vec<_> = parts.map(Result::unwrap).collect().await;
///     assert_eq!(parts, [2, 1, 0]);
///     Ok(())
/// }
/// ```
///
/// Nothing runs until the stream is polled, and dropping it drops the function. The first error ends it.
pub struct PartStream<T, E> {
    /// Runs the function. `None` after its end.
    run: Option<BoxFuture<'static, ()>>,
    slot: Arc<Mutex<Option<Result<T, E>>>>,
    cx: Cx,
    ending: Option<BoxFuture<'static, ()>>,
    has_failed: bool,
    /// The name of the function, for the log.
    function: &'static str,
    leaves_background: bool,
}

impl<T, E> PartStream<T, E> {
    fn poll_part(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<T, E>>> {
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        let is_done = run.as_mut().poll(task).is_ready();
        let part = self.slot.lock().take();
        if is_done || matches!(part, Some(Err(_))) {
            // Drops what the function holds as early as possible.
            self.run = None;
        }
        match part {
            Some(part) => {
                self.has_failed = part.is_err();
                Poll::Ready(Some(part))
            }
            None if is_done => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Runs the work that the function left behind, unless a call or an adapter does.
    fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if self.leaves_background || self.cx.has_other_holders() {
            return Poll::Ready(());
        }
        let ending = self.ending.get_or_insert_with(|| {
            let work = self.cx.take_background(!self.has_failed);
            let function = self.function;
            async move { work.run_to_end(function).await }.boxed()
        });
        ready!(ending.as_mut().poll(task));
        self.leaves_background = true;
        Poll::Ready(())
    }
}

impl<T, E> Unpin for PartStream<T, E> {}

impl<T, E> Stream for PartStream<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(self.poll_part(task)) {
            Some(part) => Poll::Ready(Some(part)),
            None => self.poll_end(task).map(|()| None),
        }
    }
}

/// Passes the parts of a function's stream to a [`PartStream`]. The output of `#[client]` uses it.
pub struct PartSender<T, E, S> {
    cx: Cx,
    start: Arc<Mutex<Option<Result<(), S>>>>,
    slot: Arc<Mutex<Option<Result<T, E>>>>,
}

impl<T, E, S> PartSender<T, E, S> {
    /// Returns the context of the call, which lives as long as the stream.
    #[must_use]
    pub fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Passes on the parts of `stream`, one each time that the [`PartStream`] is polled.
    pub async fn forward(&self, stream: Result<impl Stream<Item = Result<T, E>>, S>) {
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                *self.start.lock() = Some(Err(error));
                return;
            }
        };
        *self.start.lock() = Some(Ok(()));
        suspend().await;
        let mut stream = pin!(stream);
        while let Some(part) = stream.next().await {
            let is_last = part.is_err();
            *self.slot.lock() = Some(part);
            if is_last {
                return;
            }
            suspend().await;
        }
    }
}

impl<T, E, S> fmt::Debug for PartSender<T, E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartSender")
    }
}

/// Returns control to the poll that takes the part. No wake-up is necessary, because that poll is ready.
async fn suspend() {
    let mut is_resumed = false;
    poll_fn(|_| {
        if std::mem::replace(&mut is_resumed, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Runs a function until it has returned its stream, or an error instead.
///
/// # Errors
///
/// Returns the error of the function.
pub async fn start_stream<T, E, S, F>(
    cx: &Cx,
    function: &'static str,
    run: impl FnOnce(PartSender<T, E, S>) -> F,
) -> Result<PartStream<T, E>, S>
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Arc::new(Mutex::new(None));
    let slot = Arc::new(Mutex::new(None));
    let mut run = run(PartSender {
        cx: cx.share(),
        start: Arc::clone(&start),
        slot: Arc::clone(&slot),
    })
    .boxed();
    let mut is_done = false;
    let started = poll_fn(|task| {
        is_done = run.as_mut().poll(task).is_ready();
        match start.lock().take() {
            Some(started) => Poll::Ready(started),
            None => Poll::Pending,
        }
    });
    started.await?;
    Ok(PartStream {
        run: (!is_done).then_some(run),
        slot,
        cx: cx.share(),
        ending: None,
        has_failed: false,
        function,
        leaves_background: false,
    })
}

/// The conversion of the output of a function into a stream for clients.
///
/// [`ServerFunction::stream`](crate::ServerFunction::stream) returns it for a function whose output is a
/// [`PartStream`].
pub struct StreamOutput<O> {
    pub(crate) encode: fn(O) -> BoxStream<'static, Result<Bytes, Error>>,
    pub(crate) error: fn(&mut SchemaGenerator) -> Option<ErrorDeclaration>,
}

impl<T: Output, E: ClientError> StreamOutput<PartStream<T, E>> {
    /// Creates the conversion.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            encode: encode::<T, E>,
            error: E::declaration,
        }
    }
}

impl<T: Output, E: ClientError> Default for StreamOutput<PartStream<T, E>> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> Clone for StreamOutput<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for StreamOutput<O> {}

impl<O> fmt::Debug for StreamOutput<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamOutput")
    }
}

fn encode<T: Output, E: ClientError>(
    mut parts: PartStream<T, E>,
) -> BoxStream<'static, Result<Bytes, Error>> {
    parts.leaves_background = true;
    let encoded = parts.map(|part| match part {
        Ok(part) => Ok(Bytes::from(json::encode_json(&part)?)),
        Err(error) => Err(error.into_error()),
    });
    encoded.boxed()
}

/// Writes that it is a stream.
impl<T, E> fmt::Debug for PartStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartStream")
            .field("function", &self.function)
            .field("has_ended", &self.run.is_none())
            .finish_non_exhaustive()
    }
}

/// Always fails, because JSON cannot contain a stream.
impl<T, E> Serialize for PartStream<T, E> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(
            "a `PartStream` is not a value in JSON: return it as the whole output of a function, whose \
             `ServerFunction::stream` returns `StreamOutput::new()`",
        ))
    }
}

/// Has the schema of a part.
impl<T: JsonSchema, E> JsonSchema for PartStream<T, E> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
