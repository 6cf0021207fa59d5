//! The path of a field during validation.

/// The path of a field, as a linked list on the stack. It is formatted only if the field has an
/// error.
#[derive(Clone, Copy)]
pub(super) struct FieldPath<'a> {
    parent: Option<&'a FieldPath<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Row(usize),
}

impl<'a> FieldPath<'a> {
    pub(super) fn field(parent: Option<&'a Self>, name: &'a str) -> Self {
        Self {
            parent,
            step: Step::Field(name),
        }
    }

    pub(super) fn row(list: &'a Self, index: usize) -> Self {
        Self {
            parent: Some(list),
            step: Step::Row(index),
        }
    }

    /// Formats the path, such as `phones.0.number`.
    pub(super) fn to_path(self) -> String {
        let name = match self.step {
            Step::Field(name) => name.to_owned(),
            Step::Row(index) => index.to_string(),
        };
        match self.parent {
            Some(parent) => format!("{}.{name}", parent.to_path()),
            None => name,
        }
    }
}
