//! The registry of functions, forms, channels and state.

mod affects;
mod build_error;
mod checks;
mod downloads;
mod live;
mod pages;
mod redirects;
mod schemas;
mod streams;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

pub use self::build_error::BuildError;
use crate::app::App;
use crate::channel::{Channel, ChannelEntry};
use crate::error::{ClientError, Error};
use crate::form_entry::FormEntry;
use crate::function::{AddedLimit, CallLimiter, FunctionEntry, Input, Output, ServerFunction};
use crate::invalidation::{Invalidation, InvalidationObservers, InvalidationPublisher};
use crate::layer::{self, CallLayer, DynCallLayer};
use crate::limits::Limit;
use crate::manifest::{self, Manifest};
use crate::problem::Problem;
use crate::redirect::RedirectOrigins;
use crate::shared_store::{MemorySharedStore, ObservedSharedStore, SharedStore};
use crate::state::{StateKey, StateMap};
use crate::version::{Retired, Versions};

/// The functions, forms, channels and state of an application.
///
/// Clients can call only what is registered here.
///
/// ```
/// use mizan_core::{Error, Registry, client};
///
/// #[client]
/// async fn add(a: i32, b: i32) -> Result<i32, Error> {
///     Ok(a.saturating_add(b))
/// }
///
/// fn main() -> Result<(), mizan_core::BuildError> {
///     let registry = Registry::new().function::<Add>();
///     let manifest = registry.manifest()?; // for the generator of the client
///     let app = registry.build()?; // for the server
///     assert_eq!(app.manifest().contract(), manifest.contract());
///     Ok(())
/// }
/// ```
#[derive(Default)]
#[must_use]
pub struct Registry {
    functions: Vec<FunctionEntry>,
    previous: Vec<FunctionEntry>,
    retired: Vec<Retired>,
    forms: Vec<FormEntry>,
    channels: Vec<ChannelEntry>,
    state: StateMap,
    required_state: Vec<(StateKey, &'static Location<'static>)>,
    layers: Vec<Arc<dyn DynCallLayer>>,
    observers: InvalidationObservers,
    shared_store: Option<Arc<dyn SharedStore>>,
    limits: Vec<AddedLimit>,
    redirect_origins: RedirectOrigins,
    require_policies: bool,
}

impl Registry {
    /// Creates an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function, named by the struct that `#[client]` generates: `function::<Rename>()` for
    /// `async fn rename`.
    #[track_caller]
    pub fn function<F: ServerFunction /* function::<Rename>() for `fn rename` */>(
        mut self,
    ) -> Self {
        self.functions
            .push(FunctionEntry::of::<F>(Location::caller()));
        self
    }

    /// Keeps an earlier version of a function for the clients that were generated from it.
    ///
    /// A client sends the contract that it was generated from with each call. A call of `name` with
    /// the contract of this version is decoded as an `I`, which `to_input` converts to the input of
    /// the current function. The current function runs with its own policy and validation, and
    /// `to_result` converts its result. All other calls of `name` reach the current function.
    ///
    /// If the function itself has another name now, `name` is its former name.
    ///
    /// `I` and `O` are copies of the former types. Their names do not matter, but their fields and
    /// constraints have to be the former ones. The manifest lists the contract of this version under
    /// `previous`: it has to equal the `contract` of the function in the former manifest, or no call
    /// reaches this version.
    ///
    /// ```
    /// use mizan_core::{Error, Registry, client};
    /// use schemars::JsonSchema;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, JsonSchema)]
    /// struct Post {
    ///     id: u32,
    ///     title: String,
    ///     subtitle: Option<String>,
    /// }
    ///
    /// /// Renames a post. Clients of the first version sent a `name`, and know no subtitles.
    /// #[client]
    /// async fn rename(id: u32, title: String, subtitle: Option<String>) -> Result<Post, Error> {
    ///     Ok(Post { id, title, subtitle })
    /// }
    ///
    /// mod v1 {
    ///     use super::*;
    ///
    ///     #[derive(Deserialize, JsonSchema)]
    ///     pub struct Rename {
    ///         pub id: u32,
    ///         pub name: String,
    ///     }
    ///
    ///     #[derive(Serialize, JsonSchema)]
    ///     pub struct Post {
    ///         pub id: u32,
    ///         pub name: String,
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), mizan_core::BuildError> {
    /// let app = Registry::new()
    ///     .function::<Rename>()
    ///     .previous(
    ///         "rename",
    ///         |v1::Rename { id, name }| Ok(Rename { id, title: name, subtitle: None }),
    ///         |result| result.map(|post| v1::Post { id: post.id, name: post.title }),
    ///     )
    ///     .build()?;
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn previous<F, I, O, E>(
        mut self,
        name: &'static str,
        to_input: impl Fn(I) -> Result<F, Error> + Send + Sync + 'static,
        to_result: impl Fn(Result<F::Output, F::Error>) -> Result<O, E> + Send + Sync + 'static,
    ) -> Self
    where
        F: ServerFunction,
        I: Input,
        O: Output,
        E: ClientError,
    {
        let conversion = (to_input, to_result);
        let mut entry = FunctionEntry::previous::<F, I, O, E>(name, Location::caller(), conversion);
        entry.contract = manifest::contract_of(&entry);
        self.previous.push(entry);
        self
    }

    /// Refuses the clients of an earlier version of a function or channel, which cannot use the
    /// current one.
    ///
    /// Calls of `name` with this `contract` fail with [`ErrorCode::OutdatedClient`] before they run,
    /// and subscriptions end with the same code. The client then offers to reload the page.
    ///
    /// The contract is in the former manifest, which the folder of a generated client contains. A
    /// change that only rejects some inputs does not need this: such a call fails, and its error says
    /// that the client is outdated. A change of the output does, because an outdated client could not
    /// read it.
    ///
    /// ```
    /// use mizan_core::{Error, Registry, client};
    ///
    /// #[client(query)]
    /// async fn price() -> Result<Option<f64>, Error> {
    ///     Ok(None) // was always a number
    /// }
    ///
    /// # fn main() -> Result<(), mizan_core::BuildError> {
    /// let app = Registry::new().function::<Price>().retire("price", "3f2a9c1b").build()?;
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`ErrorCode::OutdatedClient`]: crate::ErrorCode::OutdatedClient
    #[track_caller]
    pub fn retire(mut self, name: impl Into<String>, contract: impl Into<String>) -> Self {
        self.retired.push(Retired {
            name: name.into(),
            contract: contract.into(),
            at: Location::caller(),
        });
        self
    }

    /// Adds the description of a form, whose functions are added separately.
    ///
    /// Applications call `form::<Contact>()` of `mizan-forms`, which does both.
    pub fn form_entry(mut self, entry: FormEntry) -> Self {
        self.forms.push(entry);
        self
    }

    /// Adds a channel.
    #[track_caller]
    pub fn channel<C: Channel>(mut self) -> Self {
        self.channels
            .push(ChannelEntry::of::<C>(Location::caller()));
        self
    }

    /// Adds everything from another registry, such as the registry of one part of the application.
    ///
    /// If both have state of the same type or a shared store, the other registry's value replaces this
    /// one's.
    pub fn merge(mut self, mut other: Self) -> Self {
        other.apply_layers();
        self.functions.extend(other.functions);
        self.previous.extend(other.previous);
        self.retired.extend(other.retired);
        self.forms.extend(other.forms);
        self.channels.extend(other.channels);
        self.state.merge(other.state);
        self.required_state.extend(other.required_state);
        self.observers.extend(other.observers);
        self.shared_store = other.shared_store.or(self.shared_store);
        self.limits.extend(other.limits);
        self.redirect_origins.extend(other.redirect_origins);
        self.require_policies |= other.require_policies;
        self
    }

    /// Makes [`build`](Self::build) fail if a function, context or form declares no policy.
    ///
    /// By default, a function without a policy is open to every caller, so a forgotten `auth` goes
    /// unnoticed. With this setting, a function that is open to every caller must declare it:
    /// `#[client(auth = "anyone")]`. The setting also applies to merged registries. Channels always
    /// have a policy, [`authorize`](Channel::authorize).
    ///
    /// ```
    /// use mizan_core::{Error, Registry, client};
    ///
    /// #[client(query)]
    /// async fn prices() -> Result<Vec<u32>, Error> {
    ///     Ok(vec![1, 2])
    /// }
    ///
    /// let registry = Registry::new().require_policies().function::<Prices>();
    /// assert!(registry.build().unwrap_err().to_string().contains("`prices`"));
    /// ```
    pub fn require_policies(mut self) -> Self {
        self.require_policies = true;
        self
    }

    /// Adds application state, which functions read with [`Cx::state`](crate::Cx::state).
    ///
    /// There is one value of each type. A later value replaces an earlier one.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.set(StateKey::of::<T>(), Box::new(value));
        self
    }

    /// Makes [`build`](Self::build) fail if the registry has no state of the type `T`, for state that
    /// helpers, policies, forms or channels read.
    ///
    /// ```
    /// use mizan_core::Registry;
    ///
    /// struct Database;
    ///
    /// /// A part of an application, whose functions share a helper that reads the database.
    /// fn posts() -> Registry {
    ///     Registry::new().require_state::<Database>()
    /// }
    ///
    /// assert!(posts().build().is_err());
    /// assert!(posts().state(Database).build().is_ok());
    /// ```
    #[track_caller]
    pub fn require_state<T: Send + Sync + 'static>(mut self) -> Self {
        self.required_state
            .push((StateKey::of::<T>(), Location::caller()));
        self
    }

    /// Sets the store for the counts of rate limits and the outcomes of operations that run at most once.
    ///
    /// By default they are in the [memory](crate::shared_store::MemorySharedStore) of the process. An
    /// application of several processes needs a store that all of them reach, such as those of the crate
    /// `mizan-store`: otherwise each process counts calls for itself, and a retry that reaches another
    /// process runs again.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use mizan_core::Registry;
    /// use mizan_core::shared_store::MemorySharedStore;
    ///
    /// let store = Arc::new(MemorySharedStore::new());
    /// let registry = Registry::new().shared_store(store);
    /// ```
    pub fn shared_store(mut self, store: Arc<dyn SharedStore>) -> Self {
        self.shared_store = Some(store);
        self
    }

    /// Adds a rate limit to a function, in addition to those that it declares.
    ///
    /// This is for functions of other crates. A limit by a value of the input has to be declared by the
    /// function itself.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mizan_core::limits::{Limit, LimitBy};
    /// use mizan_core::{Error, Registry, client};
    ///
    /// #[client]
    /// async fn export() -> Result<String, Error> {
    ///     Ok("id,name".to_owned())
    /// }
    ///
    /// # fn main() -> Result<(), mizan_core::BuildError> {
    /// let hourly = Limit::new(3, Duration::from_secs(3600), LimitBy::Principal);
    /// let app = Registry::new().function::<Export>().limit("export", hourly).build()?;
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn limit(mut self, function: &'static str, limit: Limit) -> Self {
        self.limits.push(AddedLimit {
            function,
            limit,
            at: Location::caller(),
        });
        self
    }

    /// Allows functions to [redirect](crate::Redirect) to another site, such as that of a payment provider.
    ///
    /// An origin is the scheme, the host and, unless it is the default, the port: `https://pay.example.com`.
    /// Paths of this site are always allowed.
    #[track_caller]
    pub fn redirect_origin(mut self, origin: impl Into<String>) -> Self {
        self.redirect_origins.add(origin.into(), Location::caller());
        self
    }

    /// Adds a layer around the calls of the functions of this registry, including those that are
    /// merged into it. The first layer is the outermost.
    ///
    /// See [`CallLayer`] for an example and the order of layers. Without layers, a call costs nothing
    /// more.
    pub fn layer(mut self, layer: impl CallLayer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Puts the layers around the functions, so that they do not apply to the functions of another
    /// registry.
    fn apply_layers(&mut self) {
        let layers = std::mem::take(&mut self.layers);
        for function in self.functions.iter_mut().chain(&mut self.previous) {
            function.layers = layer::join(&layers, &function.layers);
        }
    }

    /// Adds a function that receives the queries whose results a call of a client made stale, for example to
    /// drop cached pages that contain them.
    ///
    /// The function runs before the reply is sent, and must not block. It receives what the mutation declares
    /// with `affects`, if it succeeded, and what it added with [`Cx::affects`](crate::Cx::affects). Calls of Rust
    /// code with [`Cx::call`](crate::Cx::call) are not reported.
    ///
    /// ```
    /// use mizan_core::Registry;
    ///
    /// let registry = Registry::new().on_invalidation(|invalidation| {
    ///     println!("stale: {invalidation}");
    /// });
    /// ```
    pub fn on_invalidation(
        mut self,
        observer: impl Fn(&Invalidation) + Send + Sync + 'static,
    ) -> Self {
        self.observers.add(observer);
        self
    }

    /// Sets the publisher of the invalidations of live queries.
    ///
    /// Applications call `channels(..)` of `mizan_channels::RegisterChannels`, which sets the channels as the
    /// publisher.
    pub fn invalidation_publisher(mut self, publisher: Arc<dyn InvalidationPublisher>) -> Self {
        self.observers.set_publisher(publisher);
        self
    }

    /// Creates the manifest, from which the client is generated. It does not require application
    /// state.
    ///
    /// # Errors
    ///
    /// Returns all problems with names, policies and types, each with its source location.
    pub fn manifest(&self) -> Result<Manifest, BuildError> {
        let mut problems = Vec::new();
        let manifest = self.describe(&mut problems);
        BuildError::unless_empty(problems)?;
        Ok(manifest)
    }

    /// Builds the application.
    ///
    /// # Errors
    ///
    /// Returns all problems that [`manifest`](Self::manifest) returns, and all types of state that
    /// functions require and the registry lacks.
    #[track_caller]
    pub fn build(mut self) -> Result<App, BuildError> {
        self.apply_layers();
        let mut problems = Vec::new();
        let manifest = self.describe(&mut problems);
        checks::check_state(
            &self.functions,
            &self.channels,
            &self.required_state,
            &self.state,
            Location::caller(),
            &mut problems,
        );
        live::check_publisher(
            &self.functions,
            self.observers.has_publisher(),
            Location::caller(),
            &mut problems,
        );
        BuildError::unless_empty(problems)?;
        self.observers.set_live(live::live_queries(&self.functions));
        let contracts = manifest.function_contracts();
        let functions = self.functions.into_iter().map(|mut function| {
            function.contract = contracts[function.name].to_owned();
            (function.name, function)
        });
        let functions = functions.collect();
        let contracts = manifest.channel_contracts();
        let channels = self.channels.into_iter().map(|mut channel| {
            channel.contract = contracts[channel.name].to_owned();
            (channel.name, channel)
        });
        let channels = channels.collect();
        let mut state = self.state;
        state.set(
            StateKey::of::<InvalidationObservers>(),
            Box::new(self.observers),
        );
        let store = self.shared_store.map_or_else(
            || Arc::new(MemorySharedStore::new()) as _,
            ObservedSharedStore::wrap,
        );
        state.set(
            StateKey::of::<Arc<dyn SharedStore>>(),
            Box::new(Arc::clone(&store)),
        );
        state.set(
            StateKey::of::<CallLimiter>(),
            Box::new(CallLimiter::new(store, self.limits)),
        );
        state.set(
            StateKey::of::<RedirectOrigins>(),
            Box::new(self.redirect_origins),
        );
        let mut versions = Versions::default();
        for function in self.previous {
            versions.add_previous(function);
        }
        for retired in self.retired {
            versions.add_retired(retired);
        }
        Ok(App::new(
            functions,
            versions,
            self.forms
                .into_iter()
                .map(|form| (form.name, form))
                .collect(),
            channels,
            state,
            manifest,
        ))
    }

    fn describe(&self, problems: &mut Vec<Problem>) -> Manifest {
        checks::check_function_names(&self.functions, problems);
        checks::check_channel_names(&self.channels, problems);
        if self.require_policies {
            checks::check_policies(&self.functions, &self.forms, problems);
        }
        checks::check_limits(&self.functions, &self.limits, problems);
        let parts = manifest::Parts {
            functions: &self.functions,
            limits: &self.limits,
            previous: &self.previous,
            retired: &self.retired,
            forms: &self.forms,
            channels: &self.channels,
        };
        let manifest = manifest::describe(parts, problems);
        affects::check_affects(&self.functions, &manifest.as_json()["functions"], problems);
        checks::check_previous(&self.functions, &self.previous, &manifest, problems);
        checks::check_retired(&self.retired, &self.previous, &manifest, problems);
        checks::check_caches(&self.functions, problems);
        downloads::check_downloads(&self.functions, &self.forms, problems);
        redirects::check_redirects(&self.functions, &self.redirect_origins, problems);
        streams::check_streams(&self.functions, &self.forms, problems);
        live::check_live(&self.functions, problems);
        pages::check_pages(&self.functions, manifest.as_json(), problems);
        manifest
    }
}

/// Writes the names of functions, forms and channels, and the types of the state.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions: Vec<_> = self.functions.iter().map(|f| f.name).collect();
        let channels: Vec<_> = self.channels.iter().map(|c| c.name).collect();
        f.debug_struct("Registry")
            .field("functions", &functions)
            .field("forms", &self.forms)
            .field("channels", &channels)
            .field("state", &self.state)
            .finish()
    }
}
