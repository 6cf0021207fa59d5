//! The manifest: a JSON document that describes the functions, forms and channels of an app.

mod channel;
mod document;
mod error_type;
mod form;
mod function;
mod parse_error;
mod source_location;

pub use channel::Channel;
pub use document::{Manifest, VERSION};
pub use error_type::{ErrorType, ErrorVariant};
pub use form::{Choice, Field, Form, RowLimits, Widget};
pub use function::{Affected, AffectedCall, Function, FunctionKind, Pages, Stream};
pub use parse_error::ManifestError;
pub use source_location::SourceLocation;
