//! The table of callers.

use mizan_codegen::access::{AccessRow, AccessTable};
use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::explored::Explored;

/// The functions, contexts, forms or channels of the application.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccessSection {
    /// The title.
    title: String,
    /// The lines, sorted by name.
    lines: Vec<AccessLine>,
}

/// The callers of one function, context, form or channel.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccessLine {
    /// The name on the wire.
    name: String,
    /// The access of anonymous callers: `yes`, `no`, or what they need.
    anonymous: String,
    /// The access of signed-in callers.
    signed_in: String,
    /// The access of staff.
    staff: String,
    /// The access of superusers.
    superuser: String,
    /// The policy, as Markdown.
    policy: String,
    /// True if no policy is declared.
    is_unspecified: bool,
}

/// Returns who may call what, as `cargo mizan access` writes it.
#[client(query, auth = "anyone")]
pub(crate) async fn access(cx: &Cx) -> Result<Vec<AccessSection>, Error> {
    let table = AccessTable::new(&cx.state::<Explored>().manifest);
    let sections = table.sections().into_iter();
    let sections = sections.filter(|(_, rows)| !rows.is_empty());
    let sections = sections.map(|(title, rows)| AccessSection {
        title: title.to_owned(),
        lines: rows.iter().map(AccessLine::new).collect(),
    });
    Ok(sections.collect())
}

impl AccessLine {
    fn new(row: &AccessRow) -> Self {
        let [anonymous, signed_in, staff, superuser] = row.callers();
        Self {
            name: row.name().to_owned(),
            anonymous,
            signed_in,
            staff,
            superuser,
            policy: row.policy().to_owned(),
            is_unspecified: row.is_unspecified(),
        }
    }
}
