//! A built application.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::de::IgnoredAny;

use crate::channel::ChannelEntry;
use crate::cx::Cx;
use crate::error::Error;
use crate::form_entry::FormEntry;
use crate::function::{CallError, FunctionEntry, ServerFunction};
use crate::invalidation::{Invalidation, InvalidationObservers};
use crate::manifest::Manifest;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::shared_store::SharedStore;
use crate::state::StateMap;
use crate::version::{ClientVersion, Versions};

/// An application that servers and tests call. Cloning it is cheap.
///
/// [`Registry::build`](crate::Registry::build) creates it. Every call runs the same steps, whether
/// it comes from HTTP, from a test or from another function: policy, decoding, validation,
/// `authorize`, then the function itself.
///
/// ```
/// use mizan_core::{Error, Identity, Principal, Registry, client};
///
/// #[client(auth = "staff")]
/// async fn report() -> Result<String, Error> {
///     Ok("all is well".to_owned())
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), mizan_core::BuildError> {
///     let app = Registry::new().function::<Report>().build()?;
///     let report = app.call_as(Identity::new("1").staff(), Report {}).await;
///     assert_eq!(report.unwrap(), "all is well");
///     let refused = app.call_as(Principal::anonymous(), Report {}).await.unwrap_err();
///     assert_eq!(refused.code(), "unauthenticated");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    functions: HashMap<&'static str, FunctionEntry>,
    versions: Versions,
    forms: HashMap<&'static str, FormEntry>,
    channels: HashMap<&'static str, ChannelEntry>,
    state: Arc<StateMap>,
    manifest: Manifest,
}

impl App {
    pub(crate) fn new(
        functions: HashMap<&'static str, FunctionEntry>,
        versions: Versions,
        forms: HashMap<&'static str, FormEntry>,
        channels: HashMap<&'static str, ChannelEntry>,
        state: StateMap,
        manifest: Manifest,
    ) -> Self {
        Self(Arc::new(Inner {
            functions,
            versions,
            forms,
            channels,
            state: Arc::new(state),
            manifest,
        }))
    }

    /// Returns the function with this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&FunctionEntry> {
        self.0.functions.get(name)
    }

    /// Returns the function that serves a client, and the relation of the client to it.
    ///
    /// `contract` is the contract that the client sent: the version of the function from which it
    /// was generated. A version that the registry keeps with
    /// [`previous`](crate::Registry::previous) is returned for its contract.
    ///
    /// The result is an error for the client if there is no function with this name, or if the
    /// version of the client is [retired](crate::Registry::retire).
    pub fn resolve(
        &self,
        name: &str,
        contract: Option<&str>,
    ) -> (ClientVersion, Result<&FunctionEntry, Error>) {
        let Inner {
            functions,
            versions,
            ..
        } = &*self.0;
        versions.resolve_function(name, functions.get(name), contract)
    }

    /// Returns the channel that serves a client, and the relation of the client to it.
    ///
    /// `contract` is the contract that the client sent. The result is an error for the client as
    /// in [`resolve`](Self::resolve).
    pub fn resolve_channel(
        &self,
        name: &str,
        contract: Option<&str>,
    ) -> (ClientVersion, Result<&ChannelEntry, Error>) {
        let Inner {
            channels, versions, ..
        } = &*self.0;
        versions.resolve_channel(name, channels.get(name), contract)
    }

    /// Returns the form with this name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&FormEntry> {
        self.0.forms.get(name)
    }

    /// Returns the channel with this name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&ChannelEntry> {
        self.0.channels.get(name)
    }

    /// Returns `true` if the application has a channel.
    #[must_use]
    pub fn has_channels(&self) -> bool {
        !self.0.channels.is_empty()
    }

    /// Returns the manifest, from which the client is generated.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Returns the application state of the type `T`, if it was registered.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.state.get()
    }

    /// Returns the store for the counts of rate limits and the outcomes of operations that run at most
    /// once. [`Registry::shared_store`](crate::Registry::shared_store) sets it.
    #[must_use]
    pub fn shared_store(&self) -> &Arc<dyn SharedStore> {
        self.state()
            .expect("the registry sets the store of every application")
    }

    /// Creates the context of a call that `principal` makes with the request `head`.
    #[must_use]
    pub fn context(&self, principal: Principal, head: Arc<RequestHead>) -> Cx {
        Cx::new(Arc::clone(&self.0.state), principal, head)
    }

    /// Invalidates a query from code that no client called, such as a job or a webhook: in all browsers and processes
    /// for a live query, and for the [observers](crate::Registry::on_invalidation) of this process.
    ///
    /// Call it after the transaction is committed, so that no client reads the old data afterwards. In a function,
    /// use [`Cx::affects`], whose invalidations are published after the call has succeeded.
    ///
    /// ```
    /// use mizan_core::{App, Error, Invalidation, client};
    ///
    /// #[client(query)]
    /// async fn order(id: u64) -> Result<String, Error> {
    ///     Ok(format!("order {id}"))
    /// }
    ///
    /// async fn paid(app: &App, id: u64) -> Result<(), Error> {
    ///     app.invalidate(Invalidation::function::<Order>().with("id", id)).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the application has no such query, or if the query has no argument with a name of the
    /// invalidation. Returns [`ErrorCode::Unavailable`] if the broker is unavailable; the
    /// invalidation is still published when it is available again, unless the process ends before.
    ///
    /// [`ErrorCode::Unavailable`]: crate::ErrorCode::Unavailable
    pub async fn invalidate(&self, invalidation: impl Into<Invalidation>) -> Result<(), Error> {
        let invalidation = invalidation.into();
        self.check_invalidation(&invalidation)?;
        match InvalidationObservers::notify_in(&self.0.state, &[invalidation]) {
            Some(published) => published.await,
            None => Ok(()),
        }
    }

    fn check_invalidation(&self, invalidation: &Invalidation) -> Result<(), Error> {
        let query = invalidation.query();
        let is_query = |function: &FunctionEntry| function.kind().is_safe();
        if query != "*" && !self.function(query).is_some_and(is_query) {
            return Err(Error::internal(format!(
                "there is no query `{query}` to invalidate"
            )));
        }
        let given: BTreeMap<String, IgnoredAny> =
            serde_json::from_str(&invalidation.arguments()).unwrap_or_default();
        let functions = self.manifest().as_json()["functions"].as_array();
        let described = functions
            .into_iter()
            .flatten()
            .find(|it| it["name"] == query);
        let known = described.map(|described| &described["input"]["properties"]);
        match given
            .keys()
            .find(|name| known.is_none_or(|known| known.get(name).is_none()))
        {
            Some(unknown) => Err(Error::internal(format!(
                "the query `{query}` has no argument `{unknown}`"
            ))),
            None => Ok(()),
        }
    }

    /// Calls a function with Rust values as `principal`, without HTTP. Tests use this.
    ///
    /// It returns after the work that the function added with [`Cx::after_reply`] and
    /// [`Cx::after_commit`].
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Refused`] if the policy, the validation or `authorize` rejects the call,
    /// and [`CallError::Failed`] with the error that the function returned.
    pub async fn call_as<F: ServerFunction>(
        &self,
        principal: impl Into<Principal>,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        let head = Arc::new(RequestHead::empty());
        let cx = self.context(principal.into(), head);
        let result = cx.call(input).await;
        let background = cx.take_background(result.is_ok());
        background.run_to_end(F::NAME).await;
        result
    }
}

/// Writes the names of the functions and the types of the state.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions: BTreeSet<_> = self.0.functions.keys().collect();
        f.debug_struct("App")
            .field("functions", &functions)
            .field("state", &self.0.state)
            .finish()
    }
}
