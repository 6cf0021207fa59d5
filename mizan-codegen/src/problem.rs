use std::fmt;

use crate::manifest::{Channel, Form, Function, Source};

/// Something in a manifest that has no TypeScript, with where it is and the way out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{place}: {reason}")]
    Schema { place: Place, reason: Unsupported },
    #[error(
        "{first} and {second} would both be `{name}` in TypeScript: {}",
        Rename::among([first, second])
    )]
    SameName {
        name: String,
        first: Origin,
        second: Origin,
    },
    #[error("{origin} has no name in TypeScript, where a name starts with a letter: {}", Rename::among([origin]))]
    NoName { origin: Origin },
    #[error(
        "{origin} would be `{name}` in TypeScript, which every JavaScript object gives a meaning: rename the function"
    )]
    MeaningfulName { name: String, origin: Origin },
    #[error(
        "two functions are named `{name}`: {} and {}: rename one",
        At(first),
        At(second)
    )]
    SameFunction {
        name: String,
        first: Option<Source>,
        second: Option<Source>,
    },
    #[error(
        "{function} is a global context and takes arguments: make it a local context, or a query"
    )]
    GlobalContextInput { function: Origin },
    #[error(
        "{function} is a local context with an argument `{argument}`, which React or the \
         provider takes for itself: rename the argument"
    )]
    ProviderArgument { function: Origin, argument: String },
    #[error(
        "the input of {function} is not an object: describe the arguments as the fields of an object"
    )]
    InputNotObject { function: Origin },
    #[error("the params of {channel} are not an object: describe them as the fields of an object")]
    ParamsNotObject { channel: Origin },
    #[error(
        "{function} affects `{name}`, which is no query or context: register it, or remove it \
         from `affects`"
    )]
    UnknownAffected { function: Origin, name: String },
    #[error(
        "{function} fails with `{name}`, which the manifest does not describe: add it to `errors`"
    )]
    UnknownError { function: Origin, name: String },
    #[error("{form} has no {kind} `{function}`: register it together with the form")]
    FormFunction {
        form: Origin,
        kind: &'static str,
        function: String,
    },
    #[error("{form} takes nothing, as `{function}` has no input: give it a field")]
    FormInput { form: Origin, function: String },
    #[error(
        "{form} has a field `{path}`, and `{function}` takes none: have both describe the same fields"
    )]
    FormField {
        form: Origin,
        path: String,
        function: String,
    },
    #[error(
        "{form} has a field `{path}`, whose name means something else in a form in TypeScript: \
         rename the field, or only on the wire with `#[serde(rename = \"..\")]`"
    )]
    FormFieldName { form: Origin, path: String },
    #[error("{form} has a {widget} `{path}` without fields: give it some, or another widget")]
    FormGroup {
        form: Origin,
        widget: &'static str,
        path: String,
    },
    #[error("error `{error}` has two variants with the code `{code}`: give each its own code")]
    SameCode { error: String, code: String },
    #[error("{origin} has a code that every function can fail with: give it a code of its own")]
    TakenCode { origin: Origin },
    #[error("the data of {origin} is not an object: give the variant named fields")]
    DataNotObject { origin: Origin },
    #[error(
        "{origin} carries a field `{member}`, which every error has for itself: rename the field"
    )]
    DataMember { origin: Origin, member: String },
    #[error("type `{name}` is made of nothing but itself: put a struct with a field in between")]
    EndlessType { name: String },
}

/// Why a schema has no TypeScript.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Unsupported {
    #[error(
        "integers of 64 bits and more (`{0}`) are not generated yet, because JavaScript would \
         silently round those above 2^53: use a 32-bit integer or an f64, or send a string with \
         `#[serde(with = \"..\")]` and `#[schemars(with = \"String\")]`"
    )]
    WideInteger(String),
    #[error(
        "the width of this integer is unknown, and JavaScript would silently round one above \
         2^53: give its schema the format of a 32-bit integer, or a minimum and a maximum"
    )]
    UnboundedInteger,
    #[error("the number {0} is not exact in JavaScript: use a string")]
    InexactLiteral(String),
    #[error(
        "the schema keyword `{0}` is not supported: describe the type with `#[schemars(with = \"..\")]`"
    )]
    Keyword(String),
    #[error("the schema keyword `{0}` has a value that JSON Schema does not allow there")]
    Malformed(String),
    #[error("the schema type `{0}` does not exist")]
    TypeName(String),
    #[error("type `{0}` is not in the manifest: add it to `$defs`")]
    UnknownRef(String),
    #[error("a list whose first items differ needs as many items as it describes: use a tuple")]
    PartialTuple,
    #[error("keys of a map with different patterns hold different types: use a struct or an enum")]
    MixedPatterns,
    #[error("only structs, maps and enums can be flattened: remove `#[serde(flatten)]`")]
    Flattened,
}

/// Something that the manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Function {
        name: String,
        source: Option<Source>,
    },
    Input {
        name: String,
        source: Option<Source>,
    },
    Output {
        name: String,
        source: Option<Source>,
    },
    Form {
        name: String,
        source: Option<Source>,
    },
    Channel {
        name: String,
        source: Option<Source>,
    },
    /// The params, a message or the like of a channel.
    ChannelPart {
        part: &'static str,
        name: String,
        source: Option<Source>,
    },
    Type(String),
    Error(String),
    Variant {
        error: String,
        code: String,
    },
    /// Something that every generated client has.
    Client(String),
}

impl Origin {
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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { name, source } => write!(f, "function `{name}`{}", InBrackets(source)),
            Self::Input { name, source } => {
                write!(f, "the input of function `{name}`{}", InBrackets(source))
            }
            Self::Output { name, source } => {
                write!(f, "the output of function `{name}`{}", InBrackets(source))
            }
            Self::Form { name, source } => write!(f, "form `{name}`{}", InBrackets(source)),
            Self::Channel { name, source } => write!(f, "channel `{name}`{}", InBrackets(source)),
            Self::ChannelPart { part, name, source } => {
                write!(f, "the {part} of channel `{name}`{}", InBrackets(source))
            }
            Self::Type(name) => write!(f, "type `{name}`"),
            Self::Error(name) => write!(f, "error `{name}`"),
            Self::Variant { error, code } => write!(f, "variant `{code}` of error `{error}`"),
            Self::Client(name) => write!(f, "the client's own `{name}`"),
        }
    }
}

/// A place inside the schema of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) origin: Origin,
    /// `author.tags[]`, say; empty at the top.
    pub(crate) path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if !self.path.is_empty() {
            write!(f, ", field `{}`", self.path)?;
        }
        Ok(())
    }
}

struct At<'a>(&'a Option<Source>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("an unknown place"),
            Some(Source { file, line: None }) => f.write_str(file),
            Some(Source {
                file,
                line: Some(line),
            }) => write!(f, "{file}:{line}"),
        }
    }
}

struct InBrackets<'a>(&'a Option<Source>);

impl fmt::Display for InBrackets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            source => write!(f, " ({})", At(source)),
        }
    }
}

/// How to give the user's own things other names.
struct Rename {
    forms: bool,
    types: bool,
    functions: bool,
    channels: bool,
}

impl Rename {
    fn among<const N: usize>(origins: [&Origin; N]) -> Self {
        Self {
            forms: origins
                .iter()
                .any(|origin| matches!(origin, Origin::Form { .. })),
            types: origins
                .iter()
                .any(|origin| matches!(origin, Origin::Type(_))),
            functions: origins
                .iter()
                .any(|origin| matches!(origin, Origin::Function { .. } | Origin::Input { .. })),
            channels: origins
                .iter()
                .any(|origin| matches!(origin, Origin::Channel { .. })),
        }
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forms {
            return f.write_str("rename the form");
        }
        if self.channels {
            return f.write_str("rename the channel");
        }
        f.write_str(match (self.types, self.functions) {
            (true, false) => {
                "rename the type, or only its schema with `#[schemars(rename = \"..\")]`"
            }
            (true, true) => {
                "rename the function, or the schema of the type with `#[schemars(rename = \"..\")]`"
            }
            (false, true) => "rename the function",
            (false, false) => "rename the error",
        })
    }
}
