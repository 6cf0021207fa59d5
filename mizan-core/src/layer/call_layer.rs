//! The trait of layers.

use std::future::Future;

use futures_util::future::BoxFuture;

use super::call::{Call, DynCallLayer};
use super::outcome::Outcome;

/// Code that runs around the calls of functions, such as an audit log, a transaction or a switch that
/// turns functions off.
///
/// [`Registry::layer`](crate::Registry::layer) adds it to the functions of a registry. It runs for
/// every call of a client, by whatever way the call comes: alone, in a batch, for a page or as a form.
/// It runs after the policy, the limits, the validation and `authorize`, so that it sees the decoded
/// input of a caller who may make the call. Calls of Rust code with [`Cx::call`](crate::Cx::call) are
/// part of the call that makes them, and pass no layers; neither do the messages of channels.
///
/// [`Call::run`] continues with the next layer, and at last with the function. A layer that does not
/// call it answers instead of the function. A panic of a layer is an internal error of the call. Like
/// the function, a layer is dropped at the deadline of the call, and when the client of a query
/// disconnects.
///
/// ```
/// use mizan_core::layer::{Call, CallLayer, Outcome};
/// use mizan_core::{Error, ErrorCode, Registry, client};
///
/// /// Refuses mutations while the database is being moved.
/// struct ReadOnly;
///
/// impl CallLayer for ReadOnly {
///     async fn call(&self, call: Call<'_>) -> Outcome {
///         if !call.kind().is_safe() {
///             return Outcome::error(Error::new(ErrorCode::Unavailable, "try again in an hour"));
///         }
///         call.run().await
///     }
/// }
///
/// /// Prints who renamed which post.
/// struct Audit;
///
/// impl CallLayer for Audit {
///     async fn call(&self, call: Call<'_>) -> Outcome {
///         let name = call.name();
///         let user = call.cx().principal().id().unwrap_or("anonymous").to_owned();
///         let post = call.input::<Rename>().map(|rename| rename.post);
///         let outcome = call.run().await;
///         match outcome.as_error() {
///             None => println!("{user} called {name} for {post:?}"),
///             Some(error) => println!("{user} failed to call {name}: {}", error.code()),
///         }
///         outcome
///     }
/// }
///
/// #[client]
/// async fn rename(post: u32, title: String) -> Result<String, Error> {
///     Ok(format!("{post}: {title}"))
/// }
///
/// let app = Registry::new()
///     .layer(Audit)
///     .layer(ReadOnly)
///     .function::<Rename>()
///     .build()
///     .unwrap();
/// ```
///
/// # Order
///
/// The first layer of a registry is the outermost: above, `Audit` sees the refusals of `ReadOnly`.
/// The position of a layer among functions does not matter. The layers of a registry that is
/// [merged](crate::Registry::merge) apply only to the functions of this registry, inside the layers of
/// the other one. A layer can therefore apply to one part of an application, or to one function.
pub trait CallLayer: Send + Sync + 'static {
    /// Runs around a call.
    fn call(&self, call: Call<'_>) -> impl Future<Output = Outcome> + Send;
}

impl<L: CallLayer> DynCallLayer for L {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(CallLayer::call(self, call))
    }
}
