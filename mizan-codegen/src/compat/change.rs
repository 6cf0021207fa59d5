//! A change between two manifests.

use std::fmt;

use serde::Serialize;

use super::effect::Effect;
use crate::manifest::SourceLocation;

/// A change between two manifests, and its effect on the clients of the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The function, channel or form that has changed.
    pub item: Item,
    /// The part of the item, such as `input`, `output`, `server message` or the data of an error; empty
    /// for the item itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// The path of the field, such as `author.tags[]` or `state(published).by`; empty for the part
    /// itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The kind of change.
    pub change: ChangeKind,
    /// The effect on old clients.
    pub effect: Effect,
    /// A description of the old type or value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// A description of the new type or value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The way in which the new server handles old clients in spite of a breaking change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<Handled>,
}

/// The item of a manifest that has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// The kind of item.
    pub kind: ItemKind,
    /// The name on the wire; empty for the application.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The contract of the old version, which [`Handled`] refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The location in the Rust source, as `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The kind of an [`Item`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// The whole application.
    App,
    /// A query, mutation or context, also one of a form.
    Function,
    /// A channel.
    Channel,
    /// The description of a form. Its functions are items of their own.
    Form,
}

/// The kind of a [`Change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// An item, part or field is new. A field that is new in an input may be absent.
    Added,
    /// A field is new and required.
    AddedRequired,
    /// An item, part or field is gone.
    Removed,
    /// An optional field is required now.
    Required,
    /// A required field is optional now.
    Optional,
    /// The type or its constraints are different.
    Type,
    /// An enum has a new variant.
    VariantAdded,
    /// A variant of an enum is gone.
    VariantRemoved,
    /// A function can fail with a new code.
    CodeAdded,
    /// A function cannot fail with a code any more.
    CodeRemoved,
    /// A query is a mutation now, or a function returns a stream now, or the reverse.
    Kind,
    /// The authorization policy is different.
    Policy,
    /// A mutation invalidates other queries.
    Affects,
    /// A query has other cursors.
    Pages,
    /// A field of a form is displayed in another way.
    Display,
}

/// The way in which a server handles the clients of an old version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Handled {
    /// `Registry::previous` keeps the old version.
    Previous,
    /// `Registry::retire` refuses the old clients, which then offer to reload the page.
    Retired,
}

impl Change {
    /// Returns whether old clients can fail, and the server does not handle them.
    #[must_use]
    pub fn is_unhandled(&self) -> bool {
        self.effect.is_breaking() && self.handled.is_none()
    }

    /// Returns the advice for the field, if there is any.
    pub(super) fn advice(&self) -> Option<&'static str> {
        use ChangeKind::{
            AddedRequired, Kind, Optional, Removed, Required, Type, VariantAdded, VariantRemoved,
        };
        Some(match (self.effect, self.change) {
            (Effect::BreakingForWriters, AddedRequired | Required) => {
                "make it optional with `Option<..>` or `#[serde(default)]`"
            }
            (Effect::BreakingForWriters, Removed) if self.path.is_empty() => "keep it",
            (Effect::BreakingForWriters, Removed) => "keep the field as an optional one",
            (Effect::BreakingForWriters, VariantRemoved) => {
                "keep the variant; after a rename, add `#[serde(alias = \"..\")]`"
            }
            (Effect::BreakingForWriters, Type) => "accept the old values as well",
            (Effect::BreakingForWriters, Kind) => "keep it a query",
            (Effect::BreakingForReaders, Removed) => "keep sending it",
            (Effect::BreakingForReaders, Optional) => "always send it",
            (Effect::BreakingForReaders, Type) => {
                "send the old type, and add a field for the new one"
            }
            (Effect::BreakingForReaders, VariantAdded) => {
                "send an old variant, and add a field for the new one"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.part)?;
        if !self.path.is_empty() {
            write!(f, " `{}`", self.path)?;
        }
        if !self.part.is_empty() || !self.path.is_empty() {
            f.write_str(": ")?;
        }
        let old = self.old.as_deref().unwrap_or("nothing");
        let new = self.new.as_deref().unwrap_or("nothing");
        match self.change {
            ChangeKind::Added => f.write_str("added")?,
            ChangeKind::AddedRequired => f.write_str("added, and required")?,
            ChangeKind::Removed => f.write_str("removed")?,
            ChangeKind::Required => f.write_str("was optional, is required")?,
            ChangeKind::Optional => f.write_str("was required, is optional")?,
            ChangeKind::Type => write!(f, "was {old}, is {new}")?,
            ChangeKind::VariantAdded => write!(f, "new variant {new}")?,
            ChangeKind::VariantRemoved => write!(f, "variant {old} removed")?,
            ChangeKind::CodeAdded => write!(
                f,
                "new error {new}, which old clients handle as any other error"
            )?,
            ChangeKind::CodeRemoved => write!(f, "error {old} removed")?,
            ChangeKind::Kind => write!(f, "was a {old}, is a {new}")?,
            ChangeKind::Policy => write!(f, "policy was {old}, is {new}")?,
            ChangeKind::Affects => write!(f, "affected {old}, affects {new}")?,
            ChangeKind::Pages => write!(f, "pages were {old}, are {new}")?,
            ChangeKind::Display => write!(f, "displayed in another way")?,
        }
        match self.change {
            ChangeKind::Added | ChangeKind::AddedRequired => match &self.new {
                Some(new) => write!(f, " ({new})"),
                None => Ok(()),
            },
            ChangeKind::Removed => match &self.old {
                Some(old) => write!(f, " ({old})"),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl Item {
    pub(super) fn new(
        kind: ItemKind,
        name: &str,
        contract: Option<&String>,
        source: Option<&SourceLocation>,
    ) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            contract: contract.cloned(),
            source: source.map(|source| match source.line {
                Some(line) => format!("{}:{line}", source.file),
                None => source.file.clone(),
            }),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ItemKind::App => f.write_str("the application")?,
            ItemKind::Function => write!(f, "function `{}`", self.name)?,
            ItemKind::Channel => write!(f, "channel `{}`", self.name)?,
            ItemKind::Form => write!(f, "form `{}`", self.name)?,
        }
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}
