//! The interface between the render threads and a JavaScript engine.

use std::sync::Arc;

use super::entry_point::EntryPoint;
use super::host::value::JsValue;
use crate::modules::Module;

/// Runs JavaScript on the thread that has entered it. A new engine is entered on the thread that started it.
///
/// An engine evaluates the scripts of `js/`, offers the [host functions](super::host::functions) and
/// `compileModule` to them, and calls the entry points that they return.
pub(crate) trait Engine {
    /// Enters the engine on the calling thread, after [`leave`](Self::leave) returned `true`.
    fn enter(&mut self) {}

    /// Leaves the engine, so that any thread can enter or drop it. Returns `false` if the engine is bound to the
    /// thread that started it.
    fn leave(&mut self) -> bool {
        false
    }

    /// Calls an entry point.
    fn call(
        &mut self,
        entry_point: EntryPoint,
        arguments: &[JsValue],
    ) -> Result<JsValue, EngineError>;

    /// Runs microtasks until none is left.
    fn run_microtasks(&mut self) -> Result<(), EngineError>;

    /// Runs tasks that the engine has deferred, between two renders. These run no JavaScript.
    fn run_idle_tasks(&mut self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Returns the reasons of unhandled promise rejections, in the form of `describeError`.
    fn take_unhandled_rejections(&mut self) -> Vec<String>;

    /// Replaces the realm, so that all globals and modules are in their initial state.
    fn reset_realm(&mut self) -> Result<(), EngineError>;

    /// Returns the modules compiled from source code since the last call, with their compiled code.
    fn take_compiled_modules(&mut self) -> Vec<Arc<Module>>;

    /// Frees the memory of unloaded modules. An engine may skip a slow collection while memory suffices.
    fn collect_garbage(&mut self);

    /// Returns a function that interrupts running code from any thread.
    fn interrupter(&self) -> Interrupter;
}

/// Interrupts running code.
pub(crate) type Interrupter = Arc<dyn Fn() + Send + Sync>;

/// The error of running code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EngineError {
    /// The code threw an exception, in the form of `describeError`.
    Exception(String),
    /// The code was interrupted. The engine must be dropped.
    Interrupted,
    /// The code exceeded the memory limit. The engine must be dropped.
    OutOfMemory,
    /// The engine itself failed.
    Failed(String),
}

/// The message of V8's `RangeError` if array buffers exceed the memory limit.
pub(crate) const BUFFER_LIMIT_MESSAGE: &str = "Array buffer allocation failed";
