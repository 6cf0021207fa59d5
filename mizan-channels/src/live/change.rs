//! Invalidations in the log that all processes share.

use bytes::Bytes;
use mizan_core::Invalidation;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;

/// The maximum size of the arguments of an invalidation. Above it, the query is invalidated for every input.
const MAX_ARGUMENTS_BYTES: usize = 1_000;

/// The message that the result of a query may have changed.
pub(super) const CHANGED: Bytes = Bytes::from_static(b"null");

/// An invalidation of a query, for the inputs that contain its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The name of the query; `*` means all.
    pub(super) query: Box<str>,
    pub(super) arguments: Arguments,
}

impl Change {
    /// The change that affects every query.
    fn of_everything() -> Self {
        Self {
            query: "*".into(),
            arguments: Arguments::default(),
        }
    }

    /// Returns the size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.query.len() + self.arguments.size() + 64
    }
}

/// A pending invalidation, as text: equal ones are published once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PendingChange {
    pub(super) query: Box<str>,
    arguments: Box<str>,
}

impl PendingChange {
    pub(super) fn new(invalidation: &Invalidation) -> Self {
        let mut arguments = invalidation.arguments();
        if arguments.len() > MAX_ARGUMENTS_BYTES {
            "{}".clone_into(&mut arguments);
        }
        Self {
            query: invalidation.query().into(),
            arguments: arguments.into(),
        }
    }

    /// Removes the arguments, so that the change affects every input.
    pub(super) fn without_arguments(self) -> Self {
        Self {
            arguments: "{}".into(),
            ..self
        }
    }
}

/// Encodes changes as a message of the log: pairs of a name and arguments.
pub(super) fn encode(changes: &[PendingChange]) -> Bytes {
    let pairs: Vec<_> = changes
        .iter()
        .map(|change| format!("[{},{}]", json!(change.query), change.arguments))
        .collect();
    format!("[{}]", pairs.join(",")).into()
}

/// Decodes a message of the log. A message that another version of the server wrote in another format affects every
/// query.
pub(super) fn decode(message: &[u8]) -> Vec<Change> {
    match serde_json::from_slice::<Vec<(Box<str>, Map<String, Value>)>>(message) {
        Ok(pairs) => pairs
            .into_iter()
            .map(|(query, arguments)| Change {
                query,
                arguments: arguments.into(),
            })
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "unknown invalidation; all live queries are invalidated");
            vec![Change::of_everything()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(invalidation: &Invalidation) -> Vec<Change> {
        decode(&encode(&[PendingChange::new(invalidation)]))
    }

    #[test]
    fn decodes_what_it_encodes() {
        let invalidation = Invalidation::of("po\"st").with("id", 7).with("tag", "a,b");
        let arguments = Arguments::parse(br#"{"tag":"a,b","id":7}"#).unwrap();
        let query = "po\"st".into();
        assert_eq!(decoded(&invalidation), [Change { query, arguments }]);
    }

    #[test]
    fn long_arguments_and_unknown_formats_affect_more() {
        let long = Invalidation::of("post").with("text", "x".repeat(2_000));
        assert_eq!(decoded(&long)[0].arguments, Arguments::default());
        for unknown in ["", "{}", r#"["post"]"#, r#"[["post",7]]"#] {
            assert_eq!(
                decode(unknown.as_bytes()),
                [Change::of_everything()],
                "{unknown}"
            );
        }
    }
}
