//! References to manifest items in diagnostics.

use std::fmt;

use super::source::ParenthesizedSource;
use crate::manifest::{Channel, Form, Function, Manifest, SourceLocation};

/// A reference to an item of the manifest, or to a name that every client exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemRef {
    Function {
        name: String,
        source: Option<SourceLocation>,
    },
    Input {
        name: String,
        source: Option<SourceLocation>,
    },
    Output {
        name: String,
        source: Option<SourceLocation>,
    },
    Form {
        name: String,
        source: Option<SourceLocation>,
    },
    Channel {
        name: String,
        source: Option<SourceLocation>,
    },
    /// A part of a channel, such as its params or its messages.
    ChannelPart {
        part: &'static str,
        name: String,
        source: Option<SourceLocation>,
    },
    Type(String),
    /// A type whose schema as an input differs from that as an output, by its name in Rust.
    TypeAsInput(String),
    Error(String),
    Variant {
        error: String,
        code: String,
    },
    /// A name that every generated client exports.
    BuiltIn(String),
}

impl ItemRef {
    /// Returns the reference to a definition. The schema `PostIn` is that of the type `Post` as an
    /// input, if there is also a schema `Post`.
    pub(crate) fn definition(key: &str, manifest: &Manifest) -> Self {
        let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
        ["Input", "In"]
            .iter()
            .filter_map(|suffix| name.strip_suffix(suffix))
            .find(|name| manifest.defs.contains_key(*name))
            .map_or_else(
                || Self::Type(key.to_owned()),
                |name| Self::TypeAsInput(name.to_owned()),
            )
    }

    pub(crate) fn function(function: &Function) -> Self {
        Self::Function {
            name: function.name.clone(),
            source: function.source.clone(),
        }
    }

    pub(crate) fn form(form: &Form) -> Self {
        Self::Form {
            name: form.name.clone(),
            source: form.source.clone(),
        }
    }

    pub(crate) fn input(function: &Function) -> Self {
        Self::Input {
            name: function.name.clone(),
            source: function.source.clone(),
        }
    }

    pub(crate) fn output(function: &Function) -> Self {
        Self::Output {
            name: function.name.clone(),
            source: function.source.clone(),
        }
    }

    pub(crate) fn channel(channel: &Channel) -> Self {
        Self::Channel {
            name: channel.name.clone(),
            source: channel.source.clone(),
        }
    }

    pub(crate) fn channel_part(channel: &Channel, part: &'static str) -> Self {
        Self::ChannelPart {
            part,
            name: channel.name.clone(),
            source: channel.source.clone(),
        }
    }
}

impl fmt::Display for ItemRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { name, source } => {
                write!(f, "function `{name}`{}", ParenthesizedSource(source))
            }
            Self::Input { name, source } => {
                write!(
                    f,
                    "the input of function `{name}`{}",
                    ParenthesizedSource(source)
                )
            }
            Self::Output { name, source } => {
                write!(
                    f,
                    "the output of function `{name}`{}",
                    ParenthesizedSource(source)
                )
            }
            Self::Form { name, source } => {
                write!(f, "form `{name}`{}", ParenthesizedSource(source))
            }
            Self::Channel { name, source } => {
                write!(f, "channel `{name}`{}", ParenthesizedSource(source))
            }
            Self::ChannelPart { part, name, source } => {
                write!(
                    f,
                    "the {part} of channel `{name}`{}",
                    ParenthesizedSource(source)
                )
            }
            Self::Type(name) => write!(f, "type `{name}`"),
            Self::TypeAsInput(name) => write!(f, "type `{name}` as an input"),
            Self::Error(name) => write!(f, "error `{name}`"),
            Self::Variant { error, code } => write!(f, "variant `{code}` of error `{error}`"),
            Self::BuiltIn(name) => write!(f, "the built-in `{name}`"),
        }
    }
}
