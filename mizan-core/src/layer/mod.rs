//! Layers: code of the application around the calls of functions.

mod call;
mod call_layer;
mod outcome;

pub use self::call::Call;
pub(crate) use self::call::{DynCallLayer, Layers, join, run_layers};
pub use self::call_layer::CallLayer;
pub use self::outcome::Outcome;
