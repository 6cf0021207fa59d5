use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::Host;
use crate::loader::{Module, in_package};

/// A stack with the places of the files as they were written.
pub(crate) struct Stack {
    pub(crate) text: String,
    /// The first place that is in none of the packages.
    pub(crate) place: Option<(PathBuf, u32, u32)>,
}

/// Maps the frames of `stack` back, and leaves out the renderer's own.
pub(crate) fn map(stack: &str, host: &Host) -> Stack {
    map_with(stack, |id| host.loaded(id))
}

fn map_with(stack: &str, module: impl Fn(&str) -> Option<Arc<Module>>) -> Stack {
    let mut lines = Vec::new();
    let mut first = None;
    for line in stack.lines() {
        let Some(frame) = line.trim_start().strip_prefix("at ") else {
            continue;
        };
        if frame.contains("mizan:") || frame.contains("(native)") || frame.ends_with("native") {
            continue;
        }
        let (name, place) = match frame.rsplit_once(" (") {
            Some((name, place)) => (Some(name), place.trim_end_matches(')')),
            None => (None, frame),
        };
        let Some((id, line, column)) = split(place) else {
            lines.push(format!("    at {frame}"));
            continue;
        };
        let found = module(id);
        let (line, column) = found
            .as_ref()
            .and_then(|module| module.transformed.map.as_ref())
            .and_then(|map| map.source(line.saturating_sub(1), column.saturating_sub(1)))
            .map_or((line, column), |(line, column)| (line + 1, column + 1));
        if first.is_none() && found.is_some() && !in_package(Path::new(id)) {
            first = Some((PathBuf::from(id), line, column));
        }
        lines.push(match name {
            Some(name) => format!("    at {name} ({id}:{line}:{column})"),
            None => format!("    at {id}:{line}:{column}"),
        });
    }
    Stack {
        text: lines.join("\n"),
        place: first,
    }
}

fn split(place: &str) -> Option<(&str, u32, u32)> {
    let (rest, column) = place.rsplit_once(':')?;
    let (id, line) = rest.rsplit_once(':')?;
    Some((id, line.parse().ok()?, column.parse().ok()?))
}
