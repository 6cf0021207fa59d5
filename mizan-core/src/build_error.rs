use std::fmt;

/// Why a [`Registry`](crate::Registry) cannot become an [`App`](crate::App): every problem at once.
pub struct BuildError {
    problems: Vec<Problem>,
}

impl BuildError {
    pub(crate) fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
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
    DuplicateChannel {
        name: &'static str,
        first: String,
        second: String,
    },
    BadChannelName {
        name: &'static str,
        at: String,
    },
    ParamsNotAnObject {
        channel: &'static str,
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
    NoPolicy {
        function: &'static str,
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
            Self::DuplicateChannel {
                name,
                first,
                second,
            } => write!(
                f,
                "two channels are called `{name}`: one registered at {first}, one at {second}; \
                 rename one, or register it once"
            ),
            Self::BadChannelName { name, at } => write!(
                f,
                "`{name}` ({at}) is not a name for a channel: use ASCII letters, digits and `_`, \
                 in words that begin with a letter and are joined by `.`"
            ),
            Self::ParamsNotAnObject { channel, at } => write!(
                f,
                "the params of the channel `{channel}` ({at}) are not a struct with named fields; \
                 make them one"
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
            Self::NoPolicy { function, at } => write!(
                f,
                "`{function}` ({at}) names no policy, and the registry requires one; add `auth`, or \
                 `auth = \"anyone\"` if everybody may call it"
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
