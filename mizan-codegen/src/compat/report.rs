//! The report of a comparison.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, Serializer};

use super::change::{Change, Handled, Item, ItemKind};
use super::effect::Effect;

/// The changes between two manifests.
///
/// Its `Display` output groups the changes by their effects, with a way out for each breaking one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    changes: Vec<Change>,
}

impl Comparison {
    pub(super) fn new(mut changes: Vec<Change>) -> Self {
        // The sort is stable, so the changes of an item stay together.
        changes.sort_by_key(|change| change.effect);
        Self { changes }
    }

    /// Returns all changes: first those that are breaking for readers, then those that are breaking for
    /// writers, then the others.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Iterates over the breaking changes that the new server does not handle.
    pub fn unhandled(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_unhandled())
    }

    /// Returns whether old clients keep working, or the new server refuses them in a way that they
    /// understand.
    #[must_use]
    pub fn is_compatible(&self) -> bool {
        self.unhandled().next().is_none()
    }

    fn count(&self, effect: Effect) -> usize {
        let changes = self.changes.iter();
        changes.filter(|change| change.effect == effect).count()
    }
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct WithAdvice<'a>(&'a Change);

        impl Serialize for WithAdvice<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Ok(serde_json::Value::Object(members)) = serde_json::to_value(self.0) else {
                    return Err(serde::ser::Error::custom("a change is an object"));
                };
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in members {
                    map.serialize_entry(&name, &value)?;
                }
                map.serialize_entry("message", &self.0.to_string())?;
                if self.0.is_unhandled() {
                    let mut advice: Vec<_> =
                        self.0.advice().map(str::to_owned).into_iter().collect();
                    advice.push(advice_for_item(&self.0.item));
                    map.serialize_entry("ways_out", &advice)?;
                }
                map.end()
            }
        }

        let changes: Vec<_> = self.changes.iter().map(WithAdvice).collect();
        let mut comparison = serializer.serialize_struct("Comparison", 2)?;
        comparison.serialize_field("compatible", &self.is_compatible())?;
        comparison.serialize_field("changes", &changes)?;
        comparison.end()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (effect, title) in [
            (
                Effect::BreakingForReaders,
                "Breaking for readers: the server may send values that old clients cannot read",
            ),
            (
                Effect::BreakingForWriters,
                "Breaking for writers: the server refuses requests of old clients",
            ),
            (Effect::Compatible, "Compatible: old clients work as before"),
            (Effect::Note, "Notes: the interface is the same"),
        ] {
            let changes: Vec<_> = self
                .changes
                .iter()
                .filter(|change| change.effect == effect)
                .collect();
            if changes.is_empty() {
                continue;
            }
            writeln!(f, "{title}\n")?;
            for changes in changes.chunk_by(|first, second| first.item == second.item) {
                write_item(f, changes)?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "{} breaking for readers, {} breaking for writers, {} compatible",
            self.count(Effect::BreakingForReaders),
            self.count(Effect::BreakingForWriters),
            self.count(Effect::Compatible),
        )?;
        match self.unhandled().count() {
            0 => f.write_str(": old clients are safe"),
            1 => f.write_str(": 1 breaking change is not handled"),
            count => write!(f, ": {count} breaking changes are not handled"),
        }
    }
}

/// Writes the changes of an item that have the same effect.
fn write_item(f: &mut fmt::Formatter<'_>, changes: &[&Change]) -> fmt::Result {
    let Some(first) = changes.first() else {
        return Ok(());
    };
    writeln!(f, "  {}", first.item)?;
    for change in changes {
        writeln!(f, "    {change}")?;
        if let Some(advice) = change.advice().filter(|_| change.is_unhandled()) {
            writeln!(f, "      way out: {advice}")?;
        }
    }
    match first.handled {
        Some(Handled::Previous) => {
            writeln!(f, "    handled: `Registry::previous` keeps the old version")
        }
        Some(Handled::Retired) => writeln!(
            f,
            "    handled: `Registry::retire` refuses the old clients, which offer to reload the page"
        ),
        None if first.effect.is_breaking() => {
            writeln!(f, "    or {}", advice_for_item(&first.item))
        }
        None => Ok(()),
    }
}

/// Returns the ways to handle the clients of the old version of an item.
fn advice_for_item(item: &Item) -> String {
    let Item {
        kind,
        name,
        contract,
        ..
    } = item;
    let Some(contract) = contract else {
        return "deploy the server, and reload the open pages: the old manifest has no contract, \
                by which the server could tell old clients apart"
            .to_owned();
    };
    let retire = format!(
        "refuse old clients with `.retire(\"{name}\", \"{contract}\")`, so that they reload"
    );
    match kind {
        ItemKind::Function => {
            format!("keep the old shape with `Registry::previous(\"{name}\", ..)`, or {retire}")
        }
        ItemKind::App | ItemKind::Channel | ItemKind::Form => retire,
    }
}
