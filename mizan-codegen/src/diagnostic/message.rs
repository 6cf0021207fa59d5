//! The diagnostics and their messages.

use super::affected::AffectedReason;
use super::item_ref::ItemRef;
use super::rename_advice::RenameAdvice;
use super::schema::{SchemaLocation, UnsupportedSchema};
use super::source::DisplaySource;
use crate::manifest::SourceLocation;

/// A part of a manifest that cannot be expressed in TypeScript.
///
/// Each message names the item, its source location, and a way to resolve the problem.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Diagnostic {
    #[error("{location}: {reason}")]
    Schema {
        location: SchemaLocation,
        reason: UnsupportedSchema,
    },
    #[error(
        "{first} and {second} have the same TypeScript name `{name}`: {}",
        RenameAdvice::for_items([first, second])
    )]
    NameConflict {
        name: String,
        first: ItemRef,
        second: ItemRef,
    },
    #[error(
        "{item} has no valid TypeScript name, because a name must start with a letter: {}",
        RenameAdvice::for_items([item])
    )]
    InvalidName { item: ItemRef },
    #[error(
        "{item} has the TypeScript name `{name}`, which has a special meaning on JavaScript \
         objects: {}",
        RenameAdvice::for_items([item])
    )]
    ReservedName { name: String, item: ItemRef },
    #[error(
        "duplicate function `{name}`, declared at {} and at {}: rename one of them",
        DisplaySource(first),
        DisplaySource(second)
    )]
    DuplicateFunction {
        name: String,
        first: Option<SourceLocation>,
        second: Option<SourceLocation>,
    },
    #[error(
        "{function} is a global context with arguments: declare it as a local context or as a query"
    )]
    GlobalContextInput { function: ItemRef },
    #[error(
        "{function} returns a file, which a context or a form cannot: return it from a query or a \
         mutation"
    )]
    Download { function: ItemRef },
    #[error(
        "{function} returns a redirect, which a context cannot: return it from a query or a mutation"
    )]
    Redirect { function: ItemRef },
    #[error(
        "{function} returns a stream, which a context, a form, pages and a file cannot: return it from another \
         query or mutation"
    )]
    Stream { function: ItemRef },
    #[error(
        "{function} is a local context with an argument `{argument}`, which is a prop of every \
         provider: rename the argument"
    )]
    ProviderArgument { function: ItemRef, argument: String },
    #[error(
        "the input of {function} is not an object: declare the arguments as fields of an object"
    )]
    InputNotObject { function: ItemRef },
    #[error("the params of {channel} are not an object: declare them as fields of an object")]
    ParamsNotObject { channel: ItemRef },
    #[error("{function} affects `{query}`{reason}")]
    Affected {
        function: ItemRef,
        query: String,
        reason: AffectedReason,
    },
    #[error(
        "{function} has pages with the cursors `{cursor}` and `{next}`, which must be an argument of \
         a query and a member of its output: correct the names"
    )]
    Pages {
        function: ItemRef,
        cursor: String,
        next: String,
    },
    #[error(
        "{function} returns the error `{name}`, which is not in the manifest: add it to `errors`"
    )]
    UnknownError { function: ItemRef, name: String },
    #[error("{form} has no {kind} `{function}`: register the function together with the form")]
    MissingFormFunction {
        form: ItemRef,
        kind: &'static str,
        function: String,
    },
    #[error("{form} cannot submit anything, because `{function}` has no input: add a field")]
    MissingFormInput { form: ItemRef, function: String },
    #[error(
        "{form} has a field `{path}` that is not in the input of `{function}`: declare the same \
         fields in both"
    )]
    UnknownFormField {
        form: ItemRef,
        path: String,
        function: String,
    },
    #[error(
        "{form} has a field `{path}`, a name that is reserved in forms: rename the field, or only \
         its name on the wire with `#[serde(rename = \"..\")]`"
    )]
    ReservedFieldName { form: ItemRef, path: String },
    #[error("{form} has a {widget} `{path}` without fields: add a field, or choose another widget")]
    EmptyFormGroup {
        form: ItemRef,
        widget: &'static str,
        path: String,
    },
    #[error(
        "error `{error}` has two variants with the code `{code}`: give each variant its own code"
    )]
    DuplicateCode { error: String, code: String },
    #[error("{item} has a code that every function can return: choose another code")]
    ReservedCode { item: ItemRef },
    #[error("the data of {item} is not an object: give the variant named fields")]
    DataNotObject { item: ItemRef },
    #[error("{item} has a field `{member}`, which is a property of every error: rename the field")]
    ReservedDataField { item: ItemRef, member: String },
    #[error(
        "type `{name}` is infinitely recursive: break the cycle with a struct that has a field"
    )]
    InfiniteType { name: String },
}
