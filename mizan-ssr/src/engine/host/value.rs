//! Values that are passed between Rust and JavaScript.

/// A value that Rust passes to JavaScript or receives from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JsValue {
    Undefined,
    Bool(bool),
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The exception that a host function throws.
#[derive(Debug)]
pub(crate) struct HostError {
    pub(crate) message: String,
    /// The index of the error of a module, which the exception has as the property `mizanModule`.
    pub(crate) module_error: Option<usize>,
    /// The exception is a `SyntaxError`.
    pub(crate) is_syntax_error: bool,
}

impl HostError {
    pub(crate) fn new(message: String) -> Self {
        Self {
            message,
            module_error: None,
            is_syntax_error: false,
        }
    }
}
