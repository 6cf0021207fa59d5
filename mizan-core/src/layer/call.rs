//! A call that passes layers.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::outcome::Outcome;
use crate::cx::Cx;
use crate::error::Error;
use crate::function::{FunctionKind, Output, ServerFunction};

/// A layer behind a pointer.
pub(crate) trait DynCallLayer: Send + Sync {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Outcome>;
}

/// The layers of a function, the outermost first; `None` without layers.
pub(crate) type Layers = Option<Arc<[Arc<dyn DynCallLayer>]>>;

/// Returns the layers of `outer`, and inside them those of `inner`.
pub(crate) fn join(outer: &[Arc<dyn DynCallLayer>], inner: &Layers) -> Layers {
    if outer.is_empty() {
        return inner.clone();
    }
    let inner = inner.iter().flat_map(|layers| layers.iter());
    Some(outer.iter().chain(inner).cloned().collect())
}

/// A call on its way through the layers to the function.
pub struct Call<'a> {
    name: &'static str,
    cx: &'a Cx,
    /// The layers that follow.
    layers: &'a [Arc<dyn DynCallLayer>],
    function: Box<dyn TypedCall + 'a>,
}

impl<'a> Call<'a> {
    /// Returns the name that the client called. It differs from the name of the function for an
    /// [earlier version](crate::Registry::previous) of a function that was renamed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the kind of the function.
    #[must_use]
    pub fn kind(&self) -> FunctionKind {
        self.function.kind()
    }

    /// Returns the context: the caller, the state, the head of the request, and the reply.
    #[must_use]
    pub fn cx(&self) -> &'a Cx {
        self.cx
    }

    /// Returns the decoded and validated input, if it has the type `T`: the struct that `#[client]`
    /// generates for a function.
    ///
    /// For an earlier version of a function, it is the input of the current one.
    #[must_use]
    pub fn input<T: 'static>(&self) -> Option<&T> {
        self.function.input().downcast_ref()
    }

    /// Runs the following layers, and then the function.
    pub async fn run(self) -> Outcome {
        match self.layers.split_first() {
            Some((layer, layers)) => layer.call(Call { layers, ..self }).await,
            None => self.function.run(self.cx).await,
        }
    }
}

/// Writes the name, but not the input, which may contain passwords.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.name)
    }
}

/// A function with its input, behind a pointer.
trait TypedCall: Send {
    fn kind(&self) -> FunctionKind;

    fn input(&self) -> &dyn Any;

    fn run<'a>(self: Box<Self>, cx: &'a Cx) -> BoxFuture<'a, Outcome>
    where
        Self: 'a;
}

/// The input of a function, and the conversion of its result into the one that the client receives.
struct PreparedCall<F, C> {
    input: F,
    convert: C,
}

impl<F, O, C> TypedCall for PreparedCall<F, C>
where
    F: ServerFunction,
    O: Output,
    C: FnOnce(Result<F::Output, F::Error>) -> Result<O, Error> + Send,
{
    fn kind(&self) -> FunctionKind {
        F::KIND
    }

    fn input(&self) -> &dyn Any {
        &self.input
    }

    /// Catches panics, so that the layers see them as errors.
    fn run<'a>(self: Box<Self>, cx: &'a Cx) -> BoxFuture<'a, Outcome>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let Self { input, convert } = *self;
            let result = async { convert(input.call(cx).await) };
            Outcome(match AssertUnwindSafe(result).catch_unwind().await {
                Ok(Ok(output)) => Ok(Box::new(output)),
                Ok(Err(error)) => Err(error),
                Err(panic) => Err(Error::from_panic(&*panic)),
            })
        })
    }
}

/// Calls a function through its layers. `convert` returns the result for the client.
pub(crate) async fn run_layers<F: ServerFunction, O: Output>(
    name: &'static str,
    layers: &[Arc<dyn DynCallLayer>],
    cx: &Cx,
    input: F,
    convert: impl FnOnce(Result<F::Output, F::Error>) -> Result<O, Error> + Send,
) -> Result<O, Error> {
    let call = Call {
        name,
        cx,
        layers,
        function: Box::new(PreparedCall { input, convert }),
    };
    let output = call.run().await.0?;
    match output.downcast() {
        Ok(output) => Ok(*output),
        Err(_) => Err(Error::internal(
            "a layer returned the outcome of another call",
        )),
    }
}
