//! The hidden fields and buttons that control a form, whose names begin with `__`.

use super::local_path::LocalPath;

/// The control fields of a posted form.
#[derive(Default)]
pub(super) struct ControlFields {
    pub(super) token: Option<String>,
    pub(super) page: Option<LocalPath>,
    pub(super) next: Option<LocalPath>,
    pub(super) row_action: Option<RowAction>,
}

/// A button that changes the rows of a list instead of submitting the form.
pub(super) enum RowAction {
    Add(String),
    Remove(String),
}

impl ControlFields {
    /// Separates the control fields from the other fields of a form. Other names that begin with `__` are
    /// left to the form, which rejects unknown fields.
    pub(super) fn extract(text: Vec<(String, String)>) -> (Self, Vec<(String, String)>) {
        let mut control = Self::default();
        let mut fields = Vec::new();
        for (name, value) in text {
            match &name[..] {
                "__token" => control.token = Some(value).filter(|token| !token.is_empty()),
                "__page" => control.page = LocalPath::new(&value),
                "__next" => control.next = LocalPath::new(&value),
                "__add" => control.row_action = Some(RowAction::Add(value)),
                "__remove" => control.row_action = Some(RowAction::Remove(value)),
                _ => fields.push((name, value)),
            }
        }
        (control, fields)
    }
}
