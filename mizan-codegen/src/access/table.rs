//! The table of a manifest's functions, forms, contexts and channels, and of their callers.

use std::fmt;

use similar::TextDiff;

use super::policy::{Access, Caller, Policy};
use crate::manifest::{Function, FunctionKind, Manifest};

/// The callers who may call each function, form, context and channel of an app.
///
/// It is displayed as Markdown with one row for each item, sorted by name, so that a change of a policy changes one
/// line of the file.
///
/// ```
/// use mizan_codegen::Manifest;
/// use mizan_codegen::access::AccessTable;
///
/// # fn main() -> Result<(), mizan_codegen::ManifestError> {
/// let manifest = Manifest::parse(
///     r#"{ "mizan": 1, "contract": "", "codes": [], "functions": [
///         { "name": "rename", "kind": "mutation", "policy": "or(staff, permission posts.rename)", "output": true }
///     ] }"#,
/// )?;
/// let table = AccessTable::new(&manifest).to_string();
/// let row = "| `rename` | no | permission posts.rename | yes | yes | `or(staff, permission posts.rename)` |";
/// assert!(table.contains(row));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTable {
    functions: Vec<AccessRow>,
    contexts: Vec<AccessRow>,
    forms: Vec<AccessRow>,
    channels: Vec<AccessRow>,
}

/// The callers who may call one function, form, context or channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    name: String,
    access: [Access; 4],
    policy: String,
    unspecified: bool,
}

impl AccessTable {
    /// Reads the policies of a manifest.
    #[must_use]
    pub fn new(manifest: &Manifest) -> Self {
        let mut table = Self {
            functions: Vec::new(),
            contexts: Vec::new(),
            forms: form_rows(manifest),
            channels: Vec::new(),
        };
        for function in &manifest.functions {
            if is_of_form(manifest, function) {
                continue;
            }
            let rows = match function.kind {
                FunctionKind::Query | FunctionKind::Mutation => &mut table.functions,
                FunctionKind::GlobalContext | FunctionKind::LocalContext => &mut table.contexts,
            };
            rows.push(AccessRow::of_function(function));
        }
        table.channels = manifest
            .channels
            .iter()
            .map(|channel| AccessRow {
                name: channel.name.clone(),
                access: Caller::ALL.map(|_| Access::Yes.and_check("authorize")),
                policy: "`authorize`".to_owned(),
                unspecified: false,
            })
            .collect();
        for (_, rows) in table.sections_mut() {
            rows.sort_by(|left, right| left.name.cmp(&right.name));
        }
        table
    }

    /// Returns the names of the functions, contexts and forms that declare no policy and are therefore open to every
    /// caller.
    pub fn unspecified(&self) -> impl Iterator<Item = &str> {
        [&self.functions, &self.contexts, &self.forms]
            .into_iter()
            .flatten()
            .filter(|row| row.unspecified)
            .map(|row| row.name.as_str())
    }

    /// Compares the table with a committed one, and returns the lines that differ, or `None` if nothing differs.
    #[must_use]
    pub fn difference(&self, committed: &str) -> Option<String> {
        // Git may have changed the ends of the lines.
        let committed = committed.replace("\r\n", "\n");
        let current = self.to_string();
        if committed == current {
            return None;
        }
        let difference = TextDiff::from_lines(&committed, &current);
        let difference = difference.unified_diff().context_radius(0).to_string();
        let changed = difference.lines().filter(|line| !line.starts_with("@@"));
        Some(changed.collect::<Vec<_>>().join("\n"))
    }

    /// Returns the functions, contexts, forms and channels, each with a title and sorted by name.
    #[must_use]
    pub fn sections(&self) -> [(&str, &[AccessRow]); 4] {
        [
            ("Functions", &self.functions),
            ("Contexts", &self.contexts),
            ("Forms", &self.forms),
            ("Channels", &self.channels),
        ]
    }

    fn sections_mut(&mut self) -> [(&str, &mut Vec<AccessRow>); 4] {
        [
            ("Functions", &mut self.functions),
            ("Contexts", &mut self.contexts),
            ("Forms", &mut self.forms),
            ("Channels", &mut self.channels),
        ]
    }
}

impl AccessRow {
    /// Returns the name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the access of anonymous callers, signed-in callers, staff and superusers: `yes`, `no`, or what a caller
    /// of this kind needs.
    #[must_use]
    pub fn callers(&self) -> [String; 4] {
        self.access.each_ref().map(ToString::to_string)
    }

    /// Returns the policy, as Markdown.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns `true` if no policy is declared, so that every caller is allowed.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        self.unspecified
    }

    fn of_function(function: &Function) -> Self {
        let declared = function.policy.as_deref();
        let policy = declared.map_or(Policy::Anyone, Policy::parse);
        let unspecified = function.unspecified_policy || declared.is_none();
        let mut text = if unspecified {
            "no policy".to_owned()
        } else {
            format!("`{}`", declared.unwrap_or_default().replace('|', r"\|"))
        };
        if function.authorize {
            text.push_str(", then `authorize`");
        }
        Self {
            name: function.name.clone(),
            access: Caller::ALL.map(|caller| {
                let access = policy.access(caller);
                if function.authorize {
                    access.and_check("authorize")
                } else {
                    access
                }
            }),
            policy: text,
            unspecified,
        }
    }
}

/// Returns a row for each form, or for each of its functions if their policies differ.
fn form_rows(manifest: &Manifest) -> Vec<AccessRow> {
    let mut rows = Vec::new();
    for form in &manifest.forms {
        let functions = manifest.functions.iter();
        let functions: Vec<_> = functions
            .filter(|function| form_of(function) == Some(&*form.name))
            .map(AccessRow::of_function)
            .collect();
        // A form declares its policy once, on the mutation.
        let submit = functions.iter().find(|row| row.name.ends_with(".submit"));
        match submit {
            Some(submit) if functions.iter().all(|row| row.access == submit.access) => {
                rows.push(AccessRow {
                    name: form.name.clone(),
                    ..submit.clone()
                });
            }
            _ => rows.extend(functions),
        }
    }
    rows
}

fn is_of_form(manifest: &Manifest, function: &Function) -> bool {
    let form = form_of(function);
    manifest.forms.iter().any(|it| Some(&*it.name) == form)
}

/// Returns the name of the form that the function would belong to.
fn form_of(function: &Function) -> Option<&str> {
    let (form, part) = function.name.rsplit_once('.')?;
    matches!(part, "schema" | "state" | "validate" | "submit").then_some(form)
}

impl fmt::Display for AccessTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADING)?;
        for (title, rows) in self.sections() {
            if rows.is_empty() {
                continue;
            }
            writeln!(f, "\n## {title}\n")?;
            writeln!(
                f,
                "| name | anonymous | signed in | staff | superuser | policy |"
            )?;
            writeln!(f, "|---|---|---|---|---|---|")?;
            for row in rows {
                write!(f, "| `{}` |", row.name)?;
                for access in &row.access {
                    write!(f, " {} |", access.to_string().replace('|', r"\|"))?;
                }
                writeln!(f, " {} |", row.policy)?;
            }
        }
        Ok(())
    }
}

const HEADING: &str = "\
# Access

The callers of each function, as the policies declare them. mizan writes this file from the manifest. A commit that
changes a line changes the callers: review it.

An entry other than `yes` and `no` is what a caller of this kind needs: a permission, a group, a recent authentication
(`recent`), or the consent of a check, which is decided by code (`code` with the name of the check). `authorize` is a
check that also receives the input of the call, or the params of a channel.
";
