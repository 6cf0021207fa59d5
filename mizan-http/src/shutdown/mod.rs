//! The end of a server process: signals, readiness, and the order in which its work finishes.

mod phases;
mod process;
mod signals;

pub use process::{EXIT_DEADLINE_EXCEEDED, Shutdown, StopSignal};
pub use signals::shutdown_signal;
