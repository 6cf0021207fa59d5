//! The problems that keep the application from being up to date, for the terminal and for the browser.

use std::collections::BTreeMap;
use std::path::Path;

use console::{strip_ansi_codes, style};
use serde::Serialize;
use tokio::sync::watch;

/// The maximum number of bytes of a message in the browser.
const MAX_MESSAGE_BYTES: usize = 16_384;

/// The part of the development server that has a problem. Each has at most one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Cargo and rustc.
    Build,
    /// The manifest and the generated client.
    Client,
    /// The server of the application.
    Server,
    /// `package.json` and the npm packages.
    Packages,
    /// Vite's development server.
    Vite,
    /// The TypeScript compiler.
    TypeScript,
}

/// A problem with its location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// Plain text with the reason and the way out.
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loc: Option<Location>,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Location {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Problem {
    /// Creates a problem without a location. Colours are removed.
    pub(super) fn new(message: &str) -> Self {
        let mut message = strip_ansi_codes(message).trim().to_owned();
        if message.len() > MAX_MESSAGE_BYTES {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
            message.push('…');
        }
        Self { message, loc: None }
    }

    /// Sets the location. A relative path is in `folder`.
    pub(super) fn at(mut self, folder: &Path, file: &str, line: usize, column: usize) -> Self {
        let file = folder.join(file).to_string_lossy().into_owned();
        self.loc = Some(Location { file, line, column });
        self
    }
}

/// The state that the browser shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    problems: BTreeMap<Part, Problem>,
    /// The number of reloads that were requested.
    pub(super) reloads: u64,
}

impl Shown {
    /// Returns all problems as one, or `None` if there are none.
    pub(super) fn problem(&self) -> Option<Problem> {
        let messages: Vec<_> = self
            .problems
            .values()
            .map(|it| it.message.as_str())
            .collect();
        let mut problem = Problem::new(&messages.join("\n\n"));
        problem.loc = self.problems.values().find_map(|it| it.loc.clone());
        (!messages.is_empty()).then_some(problem)
    }

    /// Returns whether the server cannot be started, as opposed to an outdated one.
    pub(super) fn has(&self, part: Part) -> bool {
        self.problems.contains_key(&part)
    }
}

/// Records problems. Clones share them.
#[derive(Clone)]
pub(super) struct Problems(watch::Sender<Shown>);

impl Problems {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Shown::default()))
    }

    /// Returns a receiver of all changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<Shown> {
        self.0.subscribe()
    }

    /// Returns whether a part has a problem.
    pub(super) fn has(&self, part: Part) -> bool {
        self.0.borrow().has(part)
    }

    /// Prints a problem, and shows it in the browser. A problem that is already shown is not printed again.
    pub(super) fn report(&self, part: Part, problem: &Problem) {
        if self.show(part, problem) {
            let place = problem.loc.as_ref();
            let place = place.map(|it| format!("{}:{}:{}: ", it.file, it.line, it.column));
            let is_in_message = problem
                .message
                .contains(place.as_deref().unwrap_or_default());
            let place = place.filter(|_| !is_in_message).unwrap_or_default();
            eprintln!(
                "{} {place}{}",
                style("error:").red().bold(),
                problem.message
            );
        }
    }

    /// Shows a problem in the browser that was printed already. Returns whether it is new.
    pub(super) fn show(&self, part: Part, problem: &Problem) -> bool {
        self.0.send_if_modified(|shown| {
            let known = shown.problems.insert(part, problem.clone());
            known.as_ref() != Some(problem)
        })
    }

    /// Removes the problem of a part. The page reloads if it was the last one.
    pub(super) fn resolve(&self, part: Part) {
        self.0.send_if_modified(|shown| {
            let is_resolved = shown.problems.remove(&part).is_some();
            shown.reloads += u64::from(is_resolved && shown.problems.is_empty());
            is_resolved
        });
    }

    /// Reloads the pages that are open.
    pub(super) fn reload(&self) {
        self.0.send_modify(|shown| shown.reloads += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Problem, Problems};

    #[test]
    fn the_page_reloads_after_the_last_problem() {
        let problems = Problems::new();
        let shown = problems.subscribe();
        problems.show(Part::Build, &Problem::new("\u{1b}[31mone\u{1b}[0m"));
        problems.show(Part::TypeScript, &Problem::new("two"));
        let both = shown.borrow().problem().expect("two problems");
        assert_eq!(both.message, "one\n\ntwo");
        problems.resolve(Part::Build);
        assert_eq!(shown.borrow().reloads, 0);
        problems.resolve(Part::TypeScript);
        problems.resolve(Part::TypeScript);
        assert_eq!(shown.borrow().reloads, 1);
        assert!(shown.borrow().problem().is_none());
    }

    #[test]
    fn long_messages_are_cut() {
        let problem = Problem::new(&"é".repeat(100_000));
        assert!(problem.message.len() < 17_000);
    }
}
