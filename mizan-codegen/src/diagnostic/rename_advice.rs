//! Advice for resolving a name conflict.

use std::fmt;

use super::item_ref::ItemRef;

/// Suggests which of the conflicting items to rename. Built-in names cannot be renamed.
pub(super) struct RenameAdvice {
    forms: bool,
    types: bool,
    functions: bool,
    channels: bool,
}

impl RenameAdvice {
    pub(super) fn for_items<const N: usize>(items: [&ItemRef; N]) -> Self {
        let any = |matches: fn(&ItemRef) -> bool| items.iter().any(|item| matches(item));
        Self {
            forms: any(|item| matches!(item, ItemRef::Form { .. })),
            types: any(|item| matches!(item, ItemRef::Type(_) | ItemRef::TypeAsInput(_))),
            functions: any(|item| matches!(item, ItemRef::Function { .. } | ItemRef::Input { .. })),
            channels: any(|item| matches!(item, ItemRef::Channel { .. })),
        }
    }
}

impl fmt::Display for RenameAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forms {
            return f.write_str("rename the form");
        }
        if self.channels {
            return f.write_str("rename the channel");
        }
        f.write_str(match (self.types, self.functions) {
            (true, false) => {
                "rename the type, or only its schema with `#[schemars(rename = \"..\")]`"
            }
            (true, true) => {
                "rename the function, or the schema of the type with `#[schemars(rename = \"..\")]`"
            }
            (false, true) => "rename the function",
            (false, false) => "rename the error",
        })
    }
}
