use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::panic::Location;

use crate::build_error::Problem;
use crate::channel_entry::ChannelEntry;
use crate::dispatch::Function;
use crate::state::State;
use crate::{
    App, BuildError, Channel, FormEntry, Manifest, Policy, ServerFunction, StateKey, manifest,
};

/// Everything that an application offers to its clients, before it is put to work.
///
/// There is no other list: what is not registered here cannot be called.
///
/// ```
/// use mizan_core::{Error, Registry, client};
///
/// #[client]
/// async fn add(a: i32, b: i32) -> Result<i32, Error> {
///     Ok(a.saturating_add(b))
/// }
///
/// let registry = Registry::new().function::<Add>();
/// let manifest = registry.manifest()?;   // what `cargo xtask codegen` reads
/// let app = registry.build()?;           // what a server dispatches to
/// assert_eq!(app.manifest().contract(), manifest.contract());
/// # Ok::<(), mizan_core::BuildError>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct Registry {
    functions: Vec<Function>,
    forms: Vec<FormEntry>,
    channels: Vec<ChannelEntry>,
    state: State,
    require_policies: bool,
}

impl Registry {
    /// A registry with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function.
    #[track_caller]
    pub fn function<F: ServerFunction>(mut self) -> Self {
        self.functions.push(Function::of::<F>(Location::caller()));
        self
    }

    /// Tells servers and the manifest of a form whose functions are added besides. What a user
    /// calls is `form::<Contact>()` of `mizan-forms`.
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

    /// Adds everything of another registry, such as that of a part of the application. Where both
    /// have state of a type, the other's takes the place of this one's.
    pub fn merge(mut self, other: Self) -> Self {
        self.functions.extend(other.functions);
        self.forms.extend(other.forms);
        self.channels.extend(other.channels);
        self.state.merge(other.state);
        self.require_policies |= other.require_policies;
        self
    }

    /// Refuses to build while a function, context or form does not name its policy.
    ///
    /// Without this, a function that names none is open to all callers, so that a forgotten `auth` goes
    /// unnoticed. With this, what is meant for all callers says so: `#[client(auth = "anyone")]`. It holds for
    /// merged registries too. Channels name their policy in any case, in
    /// [`authorize`](Channel::authorize).
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

    /// Adds application state, which functions find with [`Cx::state`](crate::Cx::state).
    ///
    /// There is one value of each type; a later one takes the place of an earlier one.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.set(StateKey::of::<T>(), Box::new(value));
        self
    }

    /// Describes the application to the generator of its client. Needs no state.
    ///
    /// # Errors
    ///
    /// Names that clash or mean nothing, each with the place that it comes from.
    pub fn manifest(&self) -> Result<Manifest, BuildError> {
        let mut problems = Vec::new();
        let manifest = self.describe(&mut problems);
        BuildError::unless_empty(problems)?;
        Ok(manifest)
    }

    /// Makes the application that a server dispatches to.
    ///
    /// # Errors
    ///
    /// What [`manifest`](Self::manifest) refuses, and state that a function asks for and that was
    /// not given.
    #[track_caller]
    pub fn build(self) -> Result<App, BuildError> {
        let mut problems = Vec::new();
        let manifest = self.describe(&mut problems);
        self.check_state(Location::caller(), &mut problems);
        BuildError::unless_empty(problems)?;
        let functions = self.functions.into_iter();
        let functions = functions.map(|function| (function.name, function));
        let forms = self.forms.into_iter().map(|form| (form.name, form));
        let channels = self.channels.into_iter();
        let channels = channels.map(|channel| (channel.name, channel));
        Ok(App::new(
            functions.collect(),
            forms.collect(),
            channels.collect(),
            self.state,
            manifest,
        ))
    }

    fn describe(&self, problems: &mut Vec<Problem>) -> Manifest {
        let functions = self.by_name(problems);
        self.check_channels(problems);
        self.check_policies(problems);
        let manifest = manifest::describe(&self.functions, &self.forms, &self.channels, problems);
        self.check_affects(&functions, problems);
        manifest
    }

    fn check_state(&self, built_at: &Location<'_>, problems: &mut Vec<Problem>) {
        for function in &self.functions {
            let required: BTreeMap<_, _> = (function.required_state)()
                .into_iter()
                .map(|key| (key.type_name(), key))
                .collect();
            let missing = required
                .into_iter()
                .filter(|(_, key)| self.state.find(*key).is_none());
            problems.extend(missing.map(|(type_name, _)| Problem::MissingState {
                function: function.name,
                function_at: function.place(),
                type_name,
                built_at: built_at.to_string(),
            }));
        }
    }

    fn by_name(&self, problems: &mut Vec<Problem>) -> HashMap<&'static str, &Function> {
        let mut functions = HashMap::<_, &Function>::new();
        for function in &self.functions {
            if !is_name(function.name) {
                problems.push(Problem::BadName {
                    name: function.name,
                    at: function.place(),
                });
            }
            if let Some(first) = functions.insert(function.name, function) {
                let [first, second] = places_of(first, function);
                problems.push(Problem::DuplicateName {
                    name: function.name,
                    first,
                    second,
                });
            }
        }
        functions
    }

    fn check_channels(&self, problems: &mut Vec<Problem>) {
        let mut channels = HashMap::<_, &ChannelEntry>::new();
        for channel in &self.channels {
            if !is_name(channel.name) {
                problems.push(Problem::BadChannelName {
                    name: channel.name,
                    at: channel.place(),
                });
            }
            if let Some(first) = channels.insert(channel.name, channel) {
                problems.push(Problem::DuplicateChannel {
                    name: channel.name,
                    first: first.registered_at.to_string(),
                    second: channel.registered_at.to_string(),
                });
            }
        }
    }

    /// A form is named once, by the mutation that takes its values.
    fn check_policies(&self, problems: &mut Vec<Problem>) {
        if !self.require_policies {
            return;
        }
        let reads_a_form = |name| {
            let mut forms = self.forms.iter();
            forms.any(|form| {
                form.schema == name || form.state == Some(name) || form.validate == Some(name)
            })
        };
        for function in &self.functions {
            if matches!(function.policy, Policy::Unspecified) && !reads_a_form(function.name) {
                problems.push(Problem::NoPolicy {
                    function: function.name,
                    at: function.place(),
                });
            }
        }
    }

    fn check_affects(
        &self,
        functions: &HashMap<&'static str, &Function>,
        problems: &mut Vec<Problem>,
    ) {
        for function in &self.functions {
            for &name in function.affects {
                let safe = |function: &&Function| function.kind.is_safe();
                if name != "*" && !functions.get(name).is_some_and(safe) {
                    problems.push(Problem::UnknownAffects {
                        function: function.name,
                        name,
                        at: function.place(),
                    });
                }
            }
        }
    }
}

/// The names of functions, forms and channels, and the types of the state.
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

/// Where two functions are written, or where one was registered twice.
fn places_of(first: &Function, second: &Function) -> [String; 2] {
    let written = [first, second].map(Function::place);
    if written[0] == written[1] {
        [first, second].map(|function| function.registered_at.to_string())
    } else {
        written
    }
}

/// Letters, digits and `_` in words that are joined by `.`, so that a name is a path segment, a
/// word of the generated client and nothing else.
fn is_name(name: &str) -> bool {
    name.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
