//! The steps of every call: policy, rate limits, decoding, validation, `authorize`, then the function
//! itself.
//!
//! Futures are pinned where they are created: a future that is an argument of another one is copied into it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::BoxStream;
use tracing::Instrument;

use super::affected::invalidations;
use super::call_limiter::CallLimiter;
use super::{CallError, Input, Output, ServerFunction};
use crate::background::BackgroundWork;
use crate::cx::Cx;
use crate::download::Download;
use crate::error::{ClientError, Error};
use crate::invalidation::{Invalidation, InvalidationObservers, Published};
use crate::json;
use crate::layer::{Layers, run_layers};
use crate::principal::Principal;
use crate::redirect::Redirect;
use crate::reply_head::ReplyHead;
use crate::stream::CallStream;
use crate::trace::{CallObserver, CallOrigin, CallTimings, Step, StepRecorder, StreamObserver};

/// The reply to a dispatched call.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallReply {
    /// The output as JSON, or the error. Empty if the output is a [`download`](Self::download) or a
    /// [`stream`](Self::stream).
    pub result: Result<Bytes, Error>,
    /// The file that the function returned, for a function whose output is a [`Download`].
    pub download: Option<Box<Download>>,
    /// The parts that the function streams. The invalidations and the work that the call leaves behind come with
    /// the [end](CallStream::finish) of the stream.
    pub stream: Option<Box<CallStream>>,
    /// The cookies, headers and invalidations that the function added.
    pub head: ReplyHead,
    /// The work that the function left behind the reply. The adapter runs it.
    pub background: BackgroundWork,
    /// The durations of the steps, if the request [wants them](crate::RequestHead::with_timings) or their spans
    /// are enabled.
    pub timings: Option<Box<CallTimings>>,
}

impl CallReply {
    /// Creates a reply with an empty head.
    #[must_use]
    pub fn new(result: Result<Bytes, Error>) -> Self {
        Self {
            result,
            download: None,
            stream: None,
            head: ReplyHead::default(),
            background: BackgroundWork::default(),
            timings: None,
        }
    }

    /// Sets the head.
    #[must_use]
    pub fn with_head(mut self, head: ReplyHead) -> Self {
        self.head = head;
        self
    }
}

impl Cx {
    /// Calls another function with Rust values on behalf of the same caller.
    ///
    /// The call runs the same steps as one from a client, except for decoding: policy, rate limits,
    /// validation, `authorize`, then the function itself.
    ///
    /// ```
    /// use mizan_core::{Cx, Error, client};
    ///
    /// #[client(query, auth = "staff")]
    /// async fn open_tickets() -> Result<u32, Error> {
    ///     Ok(3)
    /// }
    ///
    /// #[client(query)]
    /// async fn status(cx: &Cx) -> Result<String, Error> {
    ///     let tickets = cx.call(OpenTickets {}).await?;
    ///     Ok(format!("{tickets} open tickets"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Refused`] if the policy, the validation or `authorize` rejects the call,
    /// and [`CallError::Failed`] with the error that the function returned.
    pub async fn call<F: ServerFunction>(
        &self,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        let observer = CallObserver::start::<F>(self, CallOrigin::Internal);
        let result = run(self, input, observer.steps())
            .instrument(observer.span())
            .await;
        observer.finish(match &result {
            Ok(_) => Ok(()),
            Err(CallError::Refused(error)) => Err(error.code()),
            Err(CallError::Failed(_)) => Err(FAILED),
        });
        result
    }

    /// Calls another function with Rust values on behalf of `principal`.
    ///
    /// The call has the same application state and request head. Cookies, headers and invalidations
    /// that it adds to its reply are dropped.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`call`](Self::call).
    pub async fn call_as<F: ServerFunction>(
        &self,
        principal: impl Into<Principal>,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        let state = Arc::clone(self.shared_state());
        let head = Arc::clone(self.shared_head());
        let cx = Self::new(state, principal.into(), head);
        let result = cx.call(input).await;
        self.append_background(cx.take_background(result.is_ok()));
        result
    }
}

/// The code of an error that another function received as a Rust value.
const FAILED: &str = "failed";

/// Runs all steps of a call of Rust code, which passes no layers.
async fn run<F: ServerFunction>(
    cx: &Cx,
    input: F,
    steps: &StepRecorder,
) -> Result<F::Output, CallError<F::Error>> {
    let input = admit(cx, None, || Ok(input), steps).await?;
    let output = steps.time_async(Step::Run, input.call(cx)).await;
    output.map_err(CallError::Failed)
}

/// Runs the steps before the function, and returns its input.
async fn admit<F: ServerFunction>(
    cx: &Cx,
    document: Option<&[u8]>,
    input: impl FnOnce() -> Result<F, Error>,
    steps: &StepRecorder,
) -> Result<F, Error> {
    let decision = steps.time_async(Step::Policy, F::POLICY.decide(cx)).await?;
    decision.into_result(cx.principal())?;
    let is_limited = CallLimiter::is_limited(cx, F::NAME, F::LIMITS);
    if is_limited {
        // Boxed, so that the futures of calls without limits stay small.
        let check = CallLimiter::check_caller(cx, F::NAME, F::LIMITS).boxed();
        steps.time_async(Step::Limit, check).await?;
    }
    let input = steps.time(Step::Decode, input)?;
    if is_limited {
        let check = CallLimiter::check_input(cx, &input).boxed();
        steps.time_async(Step::Limit, check).await?;
    }
    let valid = steps.time(Step::Validate, || match document {
        Some(document) => input.validate_document(document),
        None => input.validate(),
    });
    valid.map_err(Error::invalid_fields)?;
    let decision = steps
        .time_async(Step::Authorize, input.authorize(cx))
        .await?;
    decision.into_result(cx.principal())?;
    Ok(input)
}

/// Calls a function with its input as JSON.
pub(super) async fn dispatch<F: ServerFunction>(cx: Cx, input: Bytes, layers: Layers) -> CallReply {
    let observer = CallObserver::start::<F>(&cx, cx.head().origin());
    let reply = {
        let result = pin!(async {
            let decode = || cx.uploads().decoding(|| json::decode_input(&input));
            let steps = observer.steps();
            let decoded = admit::<F>(&cx, Some(&input), decode, steps).await?;
            let output = pin!(async {
                match layers {
                    None => into_wire(decoded.call(&cx).await),
                    Some(layers) => run_layers(F::NAME, &layers, &cx, decoded, into_wire).await,
                }
            });
            steps.time_async(Step::Run, output).await
        });
        let reply = pin!(encode::<F, _>(F::NAME, &cx, result));
        reply.instrument(observer.span()).await
    };
    let reply = observed(observer, reply);
    let (reply, published) = complete(&cx, reply, || invalidations(F::AFFECTS, &input));
    wait_until(published).await;
    reply
}

/// Checks the policy and `authorize` of a function for an input of the type `I`, as JSON.
pub(super) async fn check_access<F: ServerFunction, I: Input>(
    cx: &Cx,
    input: &[u8],
    convert: impl Fn(I) -> Result<F, Error> + Send + Sync,
) -> Result<(), Error> {
    let access = AssertUnwindSafe(async {
        let decision = F::POLICY.decide(cx).await?;
        decision.into_result(cx.principal())?;
        let input = convert(cx.uploads().decoding(|| json::decode_input(input))?)?;
        input.authorize(cx).await?.into_result(cx.principal())
    });
    let access = access.catch_unwind().await;
    access.unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

fn into_wire<O, E: ClientError>(result: Result<O, E>) -> Result<O, Error> {
    result.map_err(E::into_error)
}

/// The conversion of the calls of an earlier version of a function.
pub(crate) trait Conversion<F: ServerFunction, I, O, E>: Send + Sync + 'static {
    /// Converts an input.
    fn input(&self, input: I) -> Result<F, Error>;
    /// Converts a result.
    fn result(&self, result: Result<F::Output, F::Error>) -> Result<O, E>;
}

impl<F, I, O, E, ToInput, ToResult> Conversion<F, I, O, E> for (ToInput, ToResult)
where
    F: ServerFunction,
    ToInput: Fn(I) -> Result<F, Error> + Send + Sync + 'static,
    ToResult: Fn(Result<F::Output, F::Error>) -> Result<O, E> + Send + Sync + 'static,
{
    fn input(&self, input: I) -> Result<F, Error> {
        self.0(input)
    }

    fn result(&self, result: Result<F::Output, F::Error>) -> Result<O, E> {
        self.1(result)
    }
}

/// Calls a function with the input of an earlier version as JSON.
pub(super) async fn dispatch_previous<F, I, O, E>(
    cx: Cx,
    input: Bytes,
    layers: Layers,
    name: &'static str,
    conversion: Arc<impl Conversion<F, I, O, E>>,
) -> CallReply
where
    F: ServerFunction,
    I: Input,
    O: Output,
    E: ClientError,
{
    let observer = CallObserver::start::<F>(&cx, cx.head().origin());
    let reply = {
        let result = pin!(async {
            let decode = || {
                let input = cx.uploads().decoding(|| json::decode_input(&input))?;
                conversion.input(input)
            };
            let steps = observer.steps();
            let decoded = admit::<F>(&cx, None, decode, steps).await?;
            let convert = |result| into_wire(conversion.result(result));
            let output = pin!(async {
                match layers {
                    None => convert(decoded.call(&cx).await),
                    Some(layers) => run_layers(name, &layers, &cx, decoded, convert).await,
                }
            });
            steps.time_async(Step::Run, output).await
        });
        let reply = pin!(encode::<F, _>(name, &cx, result));
        reply.instrument(observer.span()).await
    };
    let reply = observed(observer, reply);
    // The arguments and the output have other names and types than the queries of this client.
    let affected = F::AFFECTS.iter();
    let affected = affected.map(|query| Invalidation::of(query.name()));
    let (reply, published) = complete(&cx, reply, || affected.collect());
    wait_until(published).await;
    reply
}

/// Waits until invalidations are published, so that a mutation whose client has the reply is not forgotten if the
/// process ends. The publisher logs its errors.
async fn wait_until(published: Option<Published>) {
    if let Some(published) = published {
        let _ = published.await;
    }
}

/// Ends the observation of a call, and adds the durations of its steps to the reply.
fn observed(observer: CallObserver<'_>, reply: CallReply) -> CallReply {
    let outcome = match &reply.result {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code()),
    };
    CallReply {
        timings: observer.finish(outcome),
        ..reply
    }
}

/// Adds the head to a reply, with the invalidations that a function declares if it succeeded, and notifies the
/// observers of invalidations.
fn complete(
    cx: &Cx,
    mut reply: CallReply,
    declared: impl FnOnce() -> Vec<Invalidation>,
) -> (CallReply, Option<Published>) {
    let mut head = cx.take_reply_head();
    if let Some(stream) = &mut reply.stream {
        let mut affects = declared();
        affects.append(&mut head.affects);
        stream.set_declared(affects);
        return (reply.with_head(head), None);
    }
    reply.background = cx.take_background(reply.result.is_ok());
    if reply.result.is_ok() {
        head.affects.splice(..0, declared());
    }
    let published = InvalidationObservers::notify_in(cx.shared_state(), &head.affects);
    (reply.with_head(head), published)
}

/// The encoded output of a call.
enum Encoded {
    Json(Bytes),
    Download(Box<Download>),
    Stream(BoxStream<'static, Result<Bytes, Error>>),
}

/// Encodes the output of a call as JSON, unless it is a download or a stream. Catches panics, and logs errors
/// with the name of the function.
async fn encode<F: ServerFunction, O: Output>(
    name: &str,
    cx: &Cx,
    result: impl Future<Output = Result<O, Error>>,
) -> CallReply {
    let encoded = pin!(async {
        let output = match into_stream::<F, O>(result.await?) {
            Ok(parts) => return Ok(Encoded::Stream(parts)),
            Err(output) => output,
        };
        Redirect::check_output(&output, cx)?;
        Ok(match Download::from_output(output, F::CONTENT_TYPE) {
            Ok(download) => Encoded::Download(Box::new(download)),
            Err(output) => Encoded::Json(Bytes::from(json::encode_json(&output)?)),
        })
    });
    let encoded = AssertUnwindSafe(encoded)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)));
    match encoded {
        Ok(Encoded::Json(json)) => CallReply::new(Ok(json)),
        Ok(Encoded::Download(download)) => CallReply {
            download: Some(download),
            ..CallReply::new(Ok(Bytes::new()))
        },
        Ok(Encoded::Stream(parts)) => {
            let observer = StreamObserver::start(
                F::NAME,
                F::KIND.as_str(),
                cx.principal().clone(),
                Arc::clone(cx.shared_head()),
            );
            let stream = CallStream::new(parts, cx.share(), F::NAME, observer);
            CallReply {
                stream: Some(Box::new(stream)),
                ..CallReply::new(Ok(Bytes::new()))
            }
        }
        Err(error) => CallReply::new(Err(error.logged_in(name, cx.head()))),
    }
}

/// Returns the parts of an output that is the stream of the function, or the output.
fn into_stream<F: ServerFunction, O: Output>(
    output: O,
) -> Result<BoxStream<'static, Result<Bytes, Error>>, O> {
    let Some(stream) = F::stream() else {
        return Err(output);
    };
    // The output of an earlier version can have another type.
    let mut output = Some(output);
    let any: &mut dyn Any = &mut output;
    match any
        .downcast_mut::<Option<F::Output>>()
        .and_then(Option::take)
    {
        Some(parts) => Ok((stream.encode)(parts)),
        None => Err(output.expect("only a stream was taken")),
    }
}
