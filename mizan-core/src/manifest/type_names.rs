//! Names for types that share a name: `PageOfPost` and `PageOfUser` instead of `Page` and `Page2`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::SchemaGenerator;

/// The types of a generator: the name of each schema, and the id of its type.
pub(super) type TypeIds = BTreeMap<String, String>;

/// Returns the ids of the types that a generator has named.
///
/// schemars numbers the names of types in the order in which it meets them, and does not expose their
/// ids otherwise than in its `Debug` output. If that changes, the numbered names stay.
pub(super) fn type_ids(schemas: &SchemaGenerator) -> TypeIds {
    let text = format!("{schemas:?}");
    let mut ids = TypeIds::new();
    let Some((_, mut rest)) = text.split_once("schema_id_to_name: {") else {
        return ids;
    };
    while let Some(entry) = rest.trim_start_matches(", ").strip_prefix("SchemaUid(") {
        let Some((id, after_id)) = quoted(entry) else {
            break;
        };
        let name = after_id
            .split_once("): ")
            .and_then(|(_, name)| quoted(name));
        let Some((name, after_name)) = name else {
            break;
        };
        ids.insert(name, id);
        rest = after_name;
    }
    ids
}

/// Reads a quoted string at the start of the output of `Debug`. Returns it, and the rest.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    Some((text[..end].replace("\\\"", "\""), &text[end + 1..]))
}

/// Returns the new names of the types that share a name with others, for each of the generators.
///
/// The instances of a generic type are named by their parameters, and types of the same name by their
/// modules, so that the names do not depend on the order of registration.
pub(super) fn rename_shared_names<const N: usize>(
    generators: [&TypeIds; N],
) -> [HashMap<String, String>; N] {
    let known: BTreeSet<&str> = generators
        .iter()
        .flat_map(|ids| ids.values())
        .map(String::as_str)
        .collect();
    let mut by_base = BTreeMap::<&str, BTreeSet<&str>>::new();
    for id in &known {
        by_base.entry(base_name(id)).or_default().insert(id);
    }
    let mut taken: BTreeSet<String> = generators
        .iter()
        .flat_map(|ids| ids.keys().cloned())
        .collect();
    let mut names = HashMap::<&str, String>::new();
    for (base, ids) in by_base {
        for (id, name) in new_names(base, &ids, &known) {
            let name = std::iter::once(name.clone())
                .chain((2..).map(|number| format!("{name}{number}")))
                .find(|name| !taken.contains(name) || (ids.len() == 1 && name == base));
            if let Some(name) = name {
                taken.insert(name.clone());
                names.insert(id, name);
            }
        }
    }
    generators.map(|ids| {
        ids.iter()
            .filter(|(name, id)| is_numbered(name, base_name(id)))
            .filter_map(|(name, id)| Some((name.clone(), names.get(id.as_str())?.clone())))
            .filter(|(old, new)| old != new)
            .collect()
    })
}

/// Returns the names of the types that share the name `base`.
fn new_names<'a>(
    base: &str,
    ids: &BTreeSet<&'a str>,
    known: &BTreeSet<&str>,
) -> Vec<(&'a str, String)> {
    if ids.len() == 1 {
        return ids.iter().map(|id| (*id, base.to_owned())).collect();
    }
    let paths: BTreeSet<_> = ids.iter().map(|id| path(id)).collect();
    let named = ids.iter().map(|id| {
        let module = if paths.len() == 1 {
            String::new()
        } else {
            module_prefix(path(id), &paths)
        };
        let parameters = parameters(id).map(|parameters| format!("Of{}", join(parameters, known)));
        let parameters = parameters.unwrap_or_default();
        (*id, format!("{module}{base}{parameters}"))
    });
    named.collect()
}

/// Returns the id without its parameters, such as `app::Page`.
fn path(id: &str) -> &str {
    id.split('<').next().unwrap_or(id)
}

/// Returns the parameters in an id, such as `app::Post` of `app::Page<app::Post>`.
fn parameters(id: &str) -> Option<&str> {
    let (_, parameters) = id.split_once('<')?;
    parameters.strip_suffix('>')
}

/// Returns the name of the type in Rust.
fn base_name(id: &str) -> &str {
    path(id).rsplit("::").next().unwrap_or(id)
}

/// Returns `true` if schemars made `name` of `base`, maybe with a number.
fn is_numbered(name: &str, base: &str) -> bool {
    name.strip_prefix(base)
        .is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
}

/// Returns the shortest end of a type's module path that no other type has, in `UpperCamelCase`.
fn module_prefix(path: &str, all: &BTreeSet<&str>) -> String {
    let modules = |path: &str| -> Vec<String> {
        let mut modules: Vec<_> = path.split("::").map(str::to_owned).collect();
        modules.pop();
        modules
    };
    let own = modules(path);
    let others: Vec<_> = all
        .iter()
        .filter(|other| **other != path)
        .map(|other| modules(other))
        .collect();
    let end = (1..=own.len())
        .map(|length| &own[own.len() - length..])
        .find(|end| others.iter().all(|other| !other.ends_with(end)))
        .unwrap_or(&own);
    end.iter().map(|module| upper_camel_case(module)).collect()
}

/// Returns the names of parameters. schemars writes several parameters without a separator.
fn join(parameters: &str, known: &BTreeSet<&str>) -> String {
    let start = known
        .iter()
        .copied()
        .chain(PRIMITIVES.iter().map(|(id, _)| *id))
        .filter(|id| parameters.len() > id.len() && parameters.starts_with(id))
        .max_by_key(|id| id.len());
    match start {
        Some(first) => {
            let rest = &parameters[first.len()..];
            format!("{}And{}", type_name(first), join(rest, known))
        }
        None => type_name(parameters),
    }
}

const PRIMITIVES: &[(&str, &str)] = &[
    ("string", "String"),
    ("boolean", "Bool"),
    ("null", "Unit"),
    ("float", "F32"),
    ("double", "F64"),
    ("int8", "I8"),
    ("int16", "I16"),
    ("int32", "I32"),
    ("int64", "I64"),
    ("int128", "I128"),
    ("int", "Isize"),
    ("uint8", "U8"),
    ("uint16", "U16"),
    ("uint32", "U32"),
    ("uint64", "U64"),
    ("uint128", "U128"),
    ("uint", "Usize"),
];

/// Returns the name of a parameter: `Post`, `PostList`, `OptionalPost`, `PageOfPost`.
fn type_name(id: &str) -> String {
    if let Some((_, name)) = PRIMITIVES.iter().find(|(primitive, _)| *primitive == id) {
        return (*name).to_owned();
    }
    if let Some(item) = id.strip_prefix('[').and_then(|id| id.strip_suffix(']')) {
        return format!("{}List", type_name(item));
    }
    let name = upper_camel_case(base_name(id));
    match parameters(id) {
        Some(item) if path(id) == "Option" => format!("Optional{}", type_name(item)),
        Some(item) => format!("{name}Of{}", type_name(item)),
        None => name,
    }
}

fn upper_camel_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words
        .filter_map(|word| {
            let mut chars = word.chars();
            let first = chars.next()?;
            Some(first.to_uppercase().chain(chars).collect::<String>())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(types: &[(&str, &str)]) -> Vec<String> {
        let ids: TypeIds = types
            .iter()
            .map(|(name, id)| ((*name).to_owned(), (*id).to_owned()))
            .collect();
        let [renamed] = rename_shared_names([&ids]);
        let renamed: BTreeMap<_, _> = renamed.into_iter().collect();
        renamed
            .into_iter()
            .map(|(old, new)| format!("{old} -> {new}"))
            .collect()
    }

    #[test]
    fn instances_are_named_by_their_parameters() {
        assert_eq!(
            names(&[
                ("Page", "app::Page<app::Tree>"),
                ("Page2", "app::Page<app::User>"),
                ("Page3", "app::Page<[Option<uint32>]>"),
                ("Page4", "app::Page<app::Page<string>>"),
                ("Tree", "app::Tree"),
                ("User", "app::User"),
                ("Pair", "app::Pair<app::Treeapp::User>"),
                ("Pair2", "app::Pair<stringstring>"),
            ]),
            [
                "Page -> PageOfTree",
                "Page2 -> PageOfUser",
                "Page3 -> PageOfOptionalU32List",
                "Page4 -> PageOfPageOfString",
                "Pair -> PairOfTreeAndUser",
                "Pair2 -> PairOfStringAndString",
            ]
        );
    }

    #[test]
    fn types_of_one_name_are_named_by_their_modules() {
        assert_eq!(
            names(&[
                ("Post", "app::mail::Post"),
                ("Post2", "app::blog::models::Post")
            ]),
            ["Post -> MailPost", "Post2 -> ModelsPost"]
        );
    }

    #[test]
    fn other_names_stay() {
        let types = [
            ("Page", "app::Page<app::Tree>"),
            ("Address", "app::Address"),
            ("Address2", "app::Address2"),
            ("UserPage", "app::{T}Page<app::User>"),
        ];
        assert_eq!(names(&types), Vec::<String>::new());
    }
}
