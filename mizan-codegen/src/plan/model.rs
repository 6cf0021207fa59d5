//! The parts of a plan.

use super::conversions::Conversions;
use super::definitions::{Definition, Definitions};
use crate::manifest;
use crate::naming::COMMON_ERROR;
use crate::options::Dates;
use crate::schema::{Docs, Type};

/// A client that is ready to be printed.
pub(crate) struct Plan<'m> {
    pub(crate) contract: &'m str,
    pub(crate) dates: Dates,
    pub(crate) codes: &'m [String],
    /// The functions that do not belong to forms, sorted by their names on the wire.
    pub(crate) functions: Vec<Function<'m>>,
    /// The forms, sorted by their names on the wire.
    pub(crate) forms: Vec<Form<'m>>,
    /// The channels, sorted by their names on the wire.
    pub(crate) channels: Vec<Channel<'m>>,
    pub(crate) types: Definitions,
    pub(crate) conversions: Conversions,
    pub(crate) errors: Vec<ErrorUnion<'m>>,
}

impl<'m> Plan<'m> {
    /// Returns `true` if the client has live queries.
    pub(crate) fn has_live_queries(&self) -> bool {
        self.functions.iter().any(|function| function.manifest.live)
    }

    /// Iterates over all functions, including the functions of forms, sorted by their names on the
    /// wire.
    pub(crate) fn all_functions(&self) -> impl Iterator<Item = &Function<'m>> {
        let forms = self.forms.iter();
        let mut all: Vec<_> = forms
            .flat_map(|form| [&form.state, &form.submit, &form.validate])
            .chain(&self.functions)
            .collect();
        all.sort_by_key(|function| &function.manifest.name);
        all.into_iter()
    }
}

/// A query, mutation or context.
pub(crate) struct Function<'m> {
    pub(crate) manifest: &'m manifest::Function,
    /// The name of its property in `Api`.
    pub(crate) name: String,
    /// The prefix of its types and components, and of its hook after `use`.
    pub(crate) component: String,
    pub(crate) input: Option<Definition>,
    pub(crate) output: Type,
    /// The type of the output as far as it is converted, if it is more precise than `output`.
    pub(crate) converted: Option<Type>,
    /// The name of its error type.
    pub(crate) error: String,
    /// The name of the error type of its parts, if the function returns a stream and the name differs from `error`.
    pub(crate) part_error: Option<String>,
    pub(crate) affects: Affects,
    /// Sends the input of a query in the body, because it may be secret and URLs are logged.
    pub(crate) uses_post: bool,
}

impl Function<'_> {
    /// Iterates over the names of its error types. The others include the common one.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &str> {
        let names = [Some(&self.error), self.part_error.as_ref()];
        let names = names.into_iter().flatten();
        let is_common_only = self.part_error.is_none();
        names
            .map(String::as_str)
            .filter(move |name| is_common_only || *name != COMMON_ERROR)
    }
}

/// The queries that a function invalidates, as paths in `Api` with the arguments that must match:
/// `posts`, `post({ id })` or `forms.contact.state`.
#[derive(Default)]
pub(crate) struct Affects {
    pub(crate) all: bool,
    pub(crate) queries: Vec<String>,
    /// The queries whose new data the function returns.
    pub(crate) returned: Vec<String>,
}

/// The failures of the functions that share an error type.
pub(crate) struct ErrorUnion<'m> {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) variants: Vec<Variant<'m>>,
}

/// A variant of an error type.
pub(crate) struct Variant<'m> {
    pub(crate) code: &'m str,
    pub(crate) docs: Docs,
    pub(crate) data: Option<Type>,
}

/// A form. Its values are the input of its `submit` function.
pub(crate) struct Form<'m> {
    pub(crate) manifest: &'m manifest::Form,
    /// The name of its property in `Api["forms"]`.
    pub(crate) name: String,
    /// The name of the constant with its definition: `contactForm`.
    pub(crate) constant: String,
    /// The prefix of its types, and of its hook after `use`: `ContactForm`.
    pub(crate) component: String,
    /// The query `contact.state`.
    pub(crate) state: Function<'m>,
    pub(crate) submit: Function<'m>,
    pub(crate) validate: Function<'m>,
    pub(crate) fields: Vec<Field<'m>>,
    /// The paths of all fields, with `*` for the index of a row.
    pub(crate) paths: Vec<String>,
    pub(crate) lists: Vec<FormList>,
}

/// A field with the properties that its type implies.
pub(crate) struct Field<'m> {
    pub(crate) manifest: &'m manifest::Field,
    pub(crate) value: FieldValue,
    pub(crate) is_nullable: bool,
    pub(crate) fields: Vec<Field<'m>>,
    /// The single field of each row.
    pub(crate) item: Option<Box<Field<'m>>>,
}

/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValue {
    Text,
    Number,
    BigInt,
    Boolean,
    /// A moment, as a `Date`.
    Date,
    /// A value of this class of `Temporal`.
    Temporal(&'static str),
}

/// A list of rows in a form.
pub(crate) struct FormList {
    /// The path of the list, with `*` for the index of a row.
    pub(crate) path: String,
    /// The paths of the fields, relative to a row.
    pub(crate) fields: Vec<String>,
}

/// A channel. A missing part is `None`.
pub(crate) struct Channel<'m> {
    pub(crate) manifest: &'m manifest::Channel,
    /// The prefix of its definition, before `Channel`.
    pub(crate) name: String,
    /// The prefix of its type, and of its hook after `use`, before `Channel`.
    pub(crate) component: String,
    pub(crate) params: Option<Type>,
    pub(crate) message: Option<Type>,
    pub(crate) send: Option<Type>,
    pub(crate) reply: Option<Type>,
    pub(crate) snapshot: Option<Type>,
    pub(crate) member: Option<Type>,
}

impl Channel<'_> {
    /// Iterates over the types of a channel, with the names of the parts in diagnostics.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, &Type)> {
        [
            ("params", &self.params),
            ("server message", &self.message),
            ("client message", &self.send),
            ("reply", &self.reply),
            ("snapshot", &self.snapshot),
            ("member", &self.member),
        ]
        .into_iter()
        .filter_map(|(part, ty)| Some((part, ty.as_ref()?)))
    }
}
