use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::panic::Location;

use crate::dispatch::Function;
use crate::manifest::{self, Manifest};
use crate::{App, ServerFunction, StateKey};

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
    state: State,
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

    /// Adds everything of another registry, such as that of a part of the application. Where both
    /// have state of a type, the other's takes the place of this one's.
    pub fn merge(mut self, other: Self) -> Self {
        self.functions.extend(other.functions);
        for (key, value) in other.state.0 {
            self.state.set(key, value);
        }
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
        let functions = self.by_name(&mut problems);
        let manifest = manifest::describe(&self.functions, &mut problems);
        self.check_affects(&functions, &mut problems);
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
        let built_at = Location::caller();
        let missing = self.functions.iter().flat_map(|function| {
            let required: BTreeMap<_, _> = (function.required_state)()
                .into_iter()
                .map(|key| (key.type_name, key))
                .collect();
            let missing = required
                .into_values()
                .filter(|key| self.state.find(*key).is_none());
            missing.map(|key| Problem::MissingState {
                function: function.name,
                function_at: function.place(),
                type_name: key.type_name,
                built_at: built_at.to_string(),
            })
        });
        let problems = missing.collect();
        let manifest = match (self.manifest(), BuildError::unless_empty(problems)) {
            (Ok(manifest), Ok(())) => manifest,
            (Err(mut error), Err(more)) => {
                error.problems.extend(more.problems);
                return Err(error);
            }
            (Err(error), Ok(())) | (Ok(_), Err(error)) => return Err(error),
        };
        let functions = self.functions.into_iter();
        Ok(App::new(
            functions
                .map(|function| (function.name, function))
                .collect(),
            self.state,
            manifest,
        ))
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

/// The functions' names and the types of the state.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions: Vec<_> = self.functions.iter().map(|f| f.name).collect();
        f.debug_struct("Registry")
            .field("functions", &functions)
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

/// One value of each type. Searched from the front: applications have a handful.
#[derive(Default)]
pub(crate) struct State(Vec<(StateKey, Box<dyn Any + Send + Sync>)>);

impl State {
    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.find(StateKey::of::<T>())?.downcast_ref()
    }

    fn set(&mut self, key: StateKey, value: Box<dyn Any + Send + Sync>) {
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, value));
    }

    fn find(&self, key: StateKey) -> Option<&(dyn Any + Send + Sync)> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == key)?;
        Some(&**value)
    }
}

/// The types alone: values may be secrets.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.0.iter().map(|(key, _)| key.type_name);
        f.debug_list().entries(types).finish()
    }
}

/// Why a [`Registry`] cannot become an [`App`]: every problem at once.
pub struct BuildError {
    problems: Vec<Problem>,
}

impl BuildError {
    fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self { problems })
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registry does not make an application")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// The problems in words, since `main` and `unwrap` print this.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}

pub(crate) enum Problem {
    DuplicateName {
        name: &'static str,
        first: String,
        second: String,
    },
    BadName {
        name: &'static str,
        at: String,
    },
    MissingState {
        function: &'static str,
        function_at: String,
        type_name: &'static str,
        built_at: String,
    },
    UnknownAffects {
        function: &'static str,
        name: &'static str,
        at: String,
    },
    ContextWithInput {
        function: &'static str,
        at: String,
    },
    NotAnObject {
        function: &'static str,
        at: String,
    },
    DuplicateErrorType {
        name: &'static str,
        first: &'static str,
        second: &'static str,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateName {
                name,
                first,
                second,
            } => write!(
                f,
                "two functions are called `{name}`: one at {first}, one at {second}; rename one, \
                 or register it once"
            ),
            Self::BadName { name, at } => write!(
                f,
                "`{name}` ({at}) is not a name for a function: use ASCII letters, digits and `_`, \
                 in words that begin with a letter and are joined by `.`"
            ),
            Self::MissingState {
                function,
                function_at,
                type_name,
                built_at,
            } => write!(
                f,
                "`{function}` ({function_at}) needs state of the type `{type_name}`, which the \
                 registry built at {built_at} does not have; add it with `.state(..)`"
            ),
            Self::UnknownAffects { function, name, at } => write!(
                f,
                "`{function}` ({at}) affects `{name}`, which is no query or context of this \
                 registry; register it, or correct the name"
            ),
            Self::ContextWithInput { function, at } => write!(
                f,
                "the global context `{function}` ({at}) takes arguments, which nobody would give \
                 it; make it a local context"
            ),
            Self::NotAnObject { function, at } => write!(
                f,
                "the input of `{function}` ({at}) is not a struct with named fields; make it one"
            ),
            Self::DuplicateErrorType {
                name,
                first,
                second,
            } => write!(
                f,
                "two error types are called `{name}`: that of `{first}` and that of `{second}`; \
                 give one another name with `#[client_error(name = \"..\")]`"
            ),
        }
    }
}
