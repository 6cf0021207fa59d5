//! The choice of an engine.

use std::rc::Rc;

use super::host::Host;
use super::interface::{Engine, EngineError};
#[cfg(feature = "quickjs")]
use super::quickjs::QuickJsEngine;
#[cfg(feature = "v8")]
use super::v8::V8Engine;

/// A JavaScript engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// V8, the engine for production.
    #[cfg(feature = "v8")]
    #[cfg_attr(docsrs, doc(cfg(feature = "v8")))]
    V8,
    /// QuickJS, which builds anywhere. It renders the same bytes, is slower, and has no `Intl`.
    #[cfg(feature = "quickjs")]
    #[cfg_attr(docsrs, doc(cfg(feature = "quickjs")))]
    QuickJs,
}

impl EngineKind {
    /// Returns V8 if it is compiled in, otherwise QuickJS; `None` without both features.
    pub(crate) const fn preferred() -> Option<Self> {
        #[cfg(feature = "v8")]
        return Some(Self::V8);
        #[cfg(all(feature = "quickjs", not(feature = "v8")))]
        return Some(Self::QuickJs);
        #[cfg(not(any(feature = "quickjs", feature = "v8")))]
        return None;
    }

    /// Returns whether threads can use an engine one after the other.
    pub(crate) fn changes_threads(self) -> bool {
        match self {
            #[cfg(feature = "v8")]
            Self::V8 => true,
            #[cfg(feature = "quickjs")]
            Self::QuickJs => false,
        }
    }

    /// Initializes the engine for the process, before threads that run JavaScript are started.
    pub(crate) fn initialize(self) {
        match self {
            #[cfg(feature = "v8")]
            Self::V8 => super::v8::initialize(),
            #[cfg(feature = "quickjs")]
            Self::QuickJs => {}
        }
    }

    /// Returns the tag of code that the initialized engine compiles; `None` if code cannot be stored.
    pub(crate) fn code_tag(self) -> Option<u32> {
        match self {
            #[cfg(feature = "v8")]
            Self::V8 => Some(super::v8::code_tag()),
            #[cfg(feature = "quickjs")]
            Self::QuickJs => None,
        }
    }

    /// Starts an engine for the calling thread.
    #[cfg_attr(
        not(any(feature = "quickjs", feature = "v8")),
        expect(unused_variables, reason = "no engine is compiled in")
    )]
    pub(crate) fn start(
        self,
        host: &Rc<Host>,
        heap_limit_bytes: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        match self {
            #[cfg(feature = "v8")]
            Self::V8 => Ok(Box::new(V8Engine::start(host, heap_limit_bytes)?)),
            #[cfg(feature = "quickjs")]
            Self::QuickJs => Ok(Box::new(QuickJsEngine::start(host, heap_limit_bytes)?)),
        }
    }
}
