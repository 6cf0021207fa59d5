//! The scripts that run in every new realm.

/// A script of the folder `js/`: an expression whose value is a function.
pub(super) struct Script {
    /// The property of the object `scripts` that `js/main.js` receives.
    pub(super) name: &'static str,
    /// The file name in stack traces.
    pub(super) file: &'static str,
    pub(super) source: &'static str,
}

macro_rules! script {
    ($name:literal, $file:literal) => {
        Script {
            name: $name,
            file: concat!("mizan:", $file),
            source: include_str!(concat!("../js/", $file)),
        }
    };
}

/// Receives the objects `host` and `scripts`, calls the other scripts, and returns the entry points.
pub(super) const MAIN_SCRIPT: Script = script!("main", "main.js");

/// The scripts that `js/main.js` calls.
pub(super) const SCRIPTS: &[Script] = &[
    script!("globals", "globals.js"),
    script!("console", "console.js"),
    script!("asyncContext", "async_context.js"),
    script!("timers", "timers.js"),
    script!("events", "events.js"),
    script!("textEncoding", "text_encoding.js"),
    script!("url", "url.js"),
    script!("structuredClone", "structured_clone.js"),
    script!("platform", "platform.js"),
    script!("crypto", "crypto.js"),
    script!("serverFunctions", "server_functions.js"),
    script!("globalMutationCheck", "global_mutation_check.js"),
    script!("reactPlatform", "react_platform.js"),
    script!("moduleNamespaces", "module_namespaces.js"),
    script!("moduleLinking", "module_linking.js"),
    script!("moduleEvaluation", "module_evaluation.js"),
    script!("moduleRunner", "module_runner.js"),
    script!("describeError", "describe_error.js"),
    script!("pageOutcome", "page_outcome.js"),
    script!("reactServer", "react_server.js"),
    script!("render", "render.js"),
];

/// The scripts that `js/platform.js` evaluates when a module first needs them.
static LAZY_SCRIPTS: &[Script] = &[
    script!("webStreams", "vendor/web_streams.js"),
    script!("textStreams", "text_streams.js"),
    script!("compressionStreams", "compression_streams.js"),
    script!("subtleCrypto", "subtle_crypto.js"),
    script!("buffer", "vendor/buffer.js"),
    script!("storage", "storage.js"),
    script!("formData", "vendor/form_data.js"),
    script!("headers", "headers.js"),
    script!("body", "body.js"),
    script!("fetchApi", "fetch_api.js"),
    script!("urlPattern", "vendor/url_pattern.js"),
];

/// Returns the script `name` of those that are evaluated on demand.
pub(super) fn lazy_script(name: &str) -> Option<&'static Script> {
    LAZY_SCRIPTS.iter().find(|script| script.name == name)
}
