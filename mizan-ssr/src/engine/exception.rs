//! The conversion of JavaScript exceptions to render errors.

use serde::Deserialize;

use super::host::Host;
use crate::error::{JsException, RenderError, RenderErrorKind};
use crate::modules::map_stack;
use crate::page::outcome::PageOutcome;

/// The result of `describeError` in `js/describe_error.js`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedError {
    name: String,
    message: String,
    #[serde(default)]
    stack: String,
    module: Option<i64>,
    component_stack: Option<String>,
    #[serde(default)]
    is_rejected_call: bool,
    /// The digest of a [`PageOutcome`].
    outcome: Option<String>,
}

/// The value of [`DescribedError::module`] for a module without a component as its default export.
const NO_DEFAULT_EXPORT: i64 = -1;

/// Converts an exception in the form of `describeError` to an error with mapped locations.
pub(crate) fn exception_error(described: &str, host: &Host) -> RenderError {
    let described: DescribedError = match serde_json::from_str(described) {
        Ok(described) => described,
        Err(_) => return RenderErrorKind::Engine(described.into()).into(),
    };
    if let Some(outcome) = described.outcome.as_deref().and_then(PageOutcome::parse) {
        return RenderErrorKind::Outcome(outcome).into();
    }
    match described.module {
        Some(NO_DEFAULT_EXPORT) => {
            return RenderErrorKind::NoDefaultExport(described.message).into();
        }
        Some(index) => {
            let index = usize::try_from(index).ok();
            if let Some(error) = index.and_then(|index| host.module_error(index)) {
                return RenderErrorKind::Module(error).into();
            }
        }
        None => {}
    }
    let mut stack = map_stack(&described.stack, |id| host.loaded_module(id));
    if let Some(components) = &described.component_stack {
        let components = map_stack(components, |id| host.loaded_module(id));
        stack.location = stack.location.or(components.location);
        stack.text = format!("{}\n  in the component\n{}", stack.text, components.text);
    }
    let hint = missing_global_hint(&described.message);
    RenderErrorKind::Component(JsException {
        hint: hint.or_else(|| duplicate_react_hint(&described.message, host)),
        name: described.name,
        message: described.message,
        stack: stack.text,
        location: stack.location,
        is_rejected_call: described.is_rejected_call,
    })
    .into()
}

/// Returns a hint if a hook failed because several copies of React are loaded.
fn duplicate_react_hint(message: &str, host: &Host) -> Option<String> {
    let is_hook = message.contains("'use") && message.contains("null")
        || message.contains("Invalid hook call");
    let copies = is_hook.then(|| host.loaded_copies_of_react())?;
    (copies.len() > 1).then(|| {
        format!(
            "several copies of React are loaded, and hooks of one copy do not work in components of \
             another: {}; install one version for all packages, for example with `npm dedupe`",
            copies.join(", ")
        )
    })
}

/// Returns a hint if a global of browsers or of Node.js is missing.
fn missing_global_hint(message: &str) -> Option<String> {
    let name = message.strip_suffix(" is not defined")?.trim_matches('\'');
    Some(match name {
        "window"
        | "document"
        | "location"
        | "history"
        | "HTMLElement"
        | "Element"
        | "matchMedia"
        | "requestAnimationFrame" => {
            format!(
                "`{name}` exists only in browsers; use it in an effect or an event handler, or check `typeof {name} !== \"undefined\"`"
            )
        }
        "Buffer" | "__dirname" | "require" => {
            format!("`{name}` exists only in Node.js")
        }
        "XMLHttpRequest" => {
            format!(
                "`{name}` is not available during a render; pass the data as props, or call a server function"
            )
        }
        "Intl" => "QuickJS has no `Intl`; enable the feature `v8` of mizan-ssr".into(),
        _ => return None,
    })
}
