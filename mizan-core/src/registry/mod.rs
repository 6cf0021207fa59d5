//! The registry of functions, forms, channels and state.

mod affects;
mod build_error;
mod checks;
mod pages;
mod schemas;

use std::fmt;
use std::panic::Location;

pub use self::build_error::BuildError;
use crate::app::App;
use crate::channel::{Channel, ChannelEntry};
use crate::form_entry::FormEntry;
use crate::function::{FunctionEntry, ServerFunction};
use crate::manifest::{self, Manifest};
use crate::problem::Problem;
use crate::state::{StateKey, StateMap};

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
    forms: Vec<FormEntry>,
    channels: Vec<ChannelEntry>,
    state: StateMap,
    require_policies: bool,
}

impl Registry {
    /// Creates an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function.
    #[track_caller]
    pub fn function<F: ServerFunction>(mut self) -> Self {
        self.functions
            .push(FunctionEntry::of::<F>(Location::caller()));
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
    /// If both have state of the same type, the other registry's value replaces this one's.
    pub fn merge(mut self, other: Self) -> Self {
        self.functions.extend(other.functions);
        self.forms.extend(other.forms);
        self.channels.extend(other.channels);
        self.state.merge(other.state);
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
    pub fn build(self) -> Result<App, BuildError> {
        let mut problems = Vec::new();
        let manifest = self.describe(&mut problems);
        checks::check_state(
            &self.functions,
            &self.state,
            Location::caller(),
            &mut problems,
        );
        BuildError::unless_empty(problems)?;
        Ok(App::new(
            self.functions
                .into_iter()
                .map(|function| (function.name, function))
                .collect(),
            self.forms
                .into_iter()
                .map(|form| (form.name, form))
                .collect(),
            self.channels
                .into_iter()
                .map(|channel| (channel.name, channel))
                .collect(),
            self.state,
            manifest,
        ))
    }

    fn describe(&self, problems: &mut Vec<Problem>) -> Manifest {
        checks::check_function_names(&self.functions, problems);
        checks::check_channel_names(&self.channels, problems);
        if self.require_policies {
            checks::check_policies(&self.functions, &self.forms, problems);
        }
        let manifest = manifest::describe(&self.functions, &self.forms, &self.channels, problems);
        affects::check_affects(&self.functions, &manifest.as_json()["functions"], problems);
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
