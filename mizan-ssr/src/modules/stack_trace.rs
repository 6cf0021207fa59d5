//! Stack traces with locations in the original source files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::module::Module;
use super::package::in_package;

/// A stack trace in terms of the original files.
pub(crate) struct StackTrace {
    pub(crate) text: String,
    /// The file, line and column of the first frame outside of packages.
    pub(crate) location: Option<(PathBuf, u32, u32)>,
}

/// Maps the frames of `stack` to the original files and removes the frames of the renderer itself.
///
/// `module` returns the loaded module with a given id.
pub(crate) fn map_stack(stack: &str, module: impl Fn(&str) -> Option<Arc<Module>>) -> StackTrace {
    let mut lines = Vec::new();
    let mut location = None;
    for line in stack.lines() {
        let Some(frame) = line.trim_start().strip_prefix("at ") else {
            continue;
        };
        if frame.contains("mizan:") || frame.contains("(native)") || frame.ends_with("native") {
            continue;
        }
        let (name, position) = match frame.rsplit_once(" (") {
            Some((name, position)) => (Some(name), position.trim_end_matches(')')),
            None => (None, frame),
        };
        let Some((id, line, column)) = split_position(position) else {
            lines.push(format!("    at {frame}"));
            continue;
        };
        let found = module(id);
        let (line, column) = found
            .as_ref()
            .and_then(|module| module.transformed.map.as_ref())
            .and_then(|map| map.original(line.saturating_sub(1), column.saturating_sub(1)))
            .map_or((line, column), |(line, column)| (line + 1, column + 1));
        if location.is_none() && found.is_some() && !in_package(Path::new(id)) {
            location = Some((PathBuf::from(id), line, column));
        }
        lines.push(match name {
            Some(name) => format!("    at {name} ({id}:{line}:{column})"),
            None => format!("    at {id}:{line}:{column}"),
        });
    }
    StackTrace {
        text: lines.join("\n"),
        location,
    }
}

fn split_position(position: &str) -> Option<(&str, u32, u32)> {
    let (rest, column) = position.rsplit_once(':')?;
    let (id, line) = rest.rsplit_once(':')?;
    Some((id, line.parse().ok()?, column.parse().ok()?))
}
