//! JavaScript engines, and the host functions that they offer to scripts.

mod entry_point;
mod exception;
mod host;
mod interface;
mod kind;
#[cfg(any(feature = "quickjs", feature = "v8"))]
mod module_function;
#[cfg(feature = "quickjs")]
mod quickjs;
#[cfg(any(feature = "quickjs", feature = "v8"))]
mod scripts;
#[cfg(feature = "v8")]
mod v8;

pub(crate) use entry_point::EntryPoint;
pub(crate) use exception::exception_error;
pub(crate) use host::Host;
pub(crate) use host::value::JsValue;
pub(crate) use interface::{BUFFER_LIMIT_MESSAGE, Engine, EngineError, Interrupter};
pub use kind::EngineKind;
