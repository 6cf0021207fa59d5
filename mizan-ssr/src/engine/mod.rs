use std::rc::Rc;
use std::sync::Arc;

use crate::host::{Host, Value};
use crate::loader::Module;
use crate::transform::{Kind, Transformed};

#[cfg(feature = "quickjs")]
mod quickjs;
#[cfg(feature = "v8")]
mod v8;

/// Runs JavaScript on the thread that made it.
///
/// What an engine has to do is small: run the scripts of `js/` with `host` and `mizan`, offer the
/// operations of [`Host`] and `compile` as functions of `host`, and call functions of `mizan`.
pub(crate) trait Engine {
    /// Calls the function `name` of `mizan`.
    fn call(&mut self, name: &'static str, arguments: &[Value]) -> Result<Value, Fault>;

    /// Runs the microtasks until none is left.
    fn run_jobs(&mut self) -> Result<(), Fault>;

    /// Does what the engine itself has put off, which runs no code of modules. A render is over.
    fn rest(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// The promises that were rejected and that nobody handled, as `describe` puts it.
    fn take_rejections(&mut self) -> Vec<String>;

    /// Replaces the realm: every global and every module is as in the beginning.
    fn renew(&mut self) -> Result<(), Fault>;

    /// The modules that were compiled from their source, which now hold what spares it the next time.
    fn take_compiled(&mut self) -> Vec<Arc<Module>>;

    /// Collects what modules that were replaced have left, where that is worth the time.
    fn collect(&mut self);

    /// What ends the code under way, from any thread.
    fn interrupter(&self) -> Interrupter;
}

/// Ends the code under way.
pub(crate) type Interrupter = Arc<dyn Fn() + Send + Sync>;

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The code threw; as `describe` puts it.
    Thrown(String),
    /// The interrupter ended it. The engine is to be thrown away.
    Interrupted,
    /// It would not fit into the memory that it may have. The engine is to be thrown away.
    OutOfMemory,
    /// The engine itself does not work.
    Broken(String),
}

/// What V8's `RangeError` says once array buffers have all the memory that they may have.
pub(crate) const BUFFER_REFUSED: &str = "Array buffer allocation failed";

/// Which engine renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// V8, the one to deploy.
    #[cfg(feature = "v8")]
    V8,
    /// QuickJS, which builds anywhere. It renders the same bytes, slower, and has no `Intl`.
    #[cfg(feature = "quickjs")]
    QuickJs,
}

impl EngineKind {
    /// V8 where it is built in, else QuickJS.
    pub(crate) const BEST: Self = {
        #[cfg(feature = "v8")]
        {
            Self::V8
        }
        #[cfg(not(feature = "v8"))]
        {
            Self::QuickJs
        }
    };

    /// Prepares the process. Call before threads are started that will run JavaScript.
    pub(crate) fn initialize(self) {
        match self {
            #[cfg(feature = "v8")]
            Self::V8 => v8::initialize(),
            #[cfg(feature = "quickjs")]
            Self::QuickJs => {}
        }
    }

    /// A new engine, for the calling thread.
    pub(crate) fn start(self, host: &Rc<Host>, heap: usize) -> Result<Box<dyn Engine>, Fault> {
        Ok(match self {
            #[cfg(feature = "v8")]
            Self::V8 => Box::new(v8::V8Engine::start(host, heap)?),
            #[cfg(feature = "quickjs")]
            Self::QuickJs => Box::new(quickjs::QuickJsEngine::start(host, heap)?),
        })
    }
}

/// What runs in every new realm, in this order. Each is the body of a function of `host` and `mizan`.
const SCRIPTS: [(&str, &str); 11] = [
    ("mizan:globals.js", include_str!("../js/globals.js")),
    ("mizan:console.js", include_str!("../js/console.js")),
    ("mizan:timers.js", include_str!("../js/timers.js")),
    ("mizan:events.js", include_str!("../js/events.js")),
    ("mizan:text.js", include_str!("../js/text.js")),
    ("mizan:url.js", include_str!("../js/url.js")),
    ("mizan:clone.js", include_str!("../js/clone.js")),
    ("mizan:streams.js", include_str!("../js/streams.js")),
    ("mizan:functions.js", include_str!("../js/functions.js")),
    ("mizan:guard.js", include_str!("../js/guard.js")),
    (
        "mizan:runner.js",
        concat!(
            include_str!("../js/runner.js"),
            include_str!("../js/react.js"),
            include_str!("../js/render.js")
        ),
    ),
];

const ES_MODULE: [&str; 6] = [
    "__vite_ssr_exports__",
    "__vite_ssr_import__",
    "__vite_ssr_dynamic_import__",
    "__vite_ssr_exportAll__",
    "__vite_ssr_import_meta__",
    crate::transform::ELEMENTS,
];
const COMMON_JS: [&str; 6] = [
    "exports",
    "require",
    "module",
    "__filename",
    "__dirname",
    "__vite_ssr_dynamic_import__",
];
/// As a CommonJS module, with what `js/react.js` has for it.
const REACT_SERVER: [&str; 13] = [
    "exports",
    "require",
    "module",
    "__filename",
    "__dirname",
    "__vite_ssr_dynamic_import__",
    "Buffer",
    "Bun",
    "queueMicrotask",
    "setTimeout",
    "ReadableStream",
    "Set",
    "Map",
];

/// The parameters and the body of a module's function. No line is added above the code.
fn function_of(transformed: &Transformed) -> (&'static [&'static str], String) {
    match transformed.kind {
        Kind::CommonJs => (&COMMON_JS, transformed.code.clone()),
        Kind::ReactServer => (&REACT_SERVER, transformed.code.clone()),
        Kind::EsModule { awaits: false } => (&ES_MODULE, transformed.code.clone()),
        Kind::EsModule { awaits: true } => (
            &ES_MODULE,
            format!("return (async () => {{{}\n}})();", transformed.code),
        ),
    }
}
