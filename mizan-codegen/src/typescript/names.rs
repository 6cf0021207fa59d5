//! Names: what Rust and the wire call something, and what TypeScript calls it.

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// The member of `Api` for a function: `rename_post` becomes `renamePost`.
///
/// Nothing when no identifier comes out.
pub(crate) fn function_name(wire: &str) -> Option<String> {
    Some(wire.to_lower_camel_case()).filter(|name| is_identifier(name))
}

/// How the types, hooks and components of a function begin: `rename_post` becomes `RenamePost`.
pub(crate) fn component_name(wire: &str) -> String {
    wire.to_upper_camel_case()
}

/// The type for a key of `$defs` or `errors`.
///
/// A name that is upper camel case already stays as it is, `HTTPRoute` among them. The names that
/// schemars makes for generics are joined: `Page_for_Post` and `Page<Post>` become `PageForPost`
/// and `PagePost`. Nothing when no identifier comes out.
pub(crate) fn type_name(key: &str) -> Option<String> {
    let name: String = key
        .split(|letter: char| letter == '_' || !is_xid_continue(letter))
        .map(capitalized)
        .collect();
    Some(name).filter(|name| is_identifier(name))
}

/// The Zod schema of a type: `RenameInput` becomes `renameInputSchema`.
pub(crate) fn schema_name(type_name: &str) -> String {
    format!("{}Schema", type_name.to_lower_camel_case())
}

/// Whether a property can be written without quotes.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| is_xid_start(first) || matches!(first, '_' | '$'))
        && letters.all(|letter| is_xid_continue(letter) || letter == '$')
}

/// Members of every JavaScript object, and `then`, which makes an object a promise to `await`.
///
/// A function of such a name would change what the language does with the api, and an error does
/// not let its data replace one.
pub(crate) fn has_meaning_in_javascript(name: &str) -> bool {
    matches!(
        name,
        "__defineGetter__"
            | "__defineSetter__"
            | "__lookupGetter__"
            | "__lookupSetter__"
            | "__proto__"
            | "constructor"
            | "hasOwnProperty"
            | "isPrototypeOf"
            | "propertyIsEnumerable"
            | "then"
            | "toLocaleString"
            | "toString"
            | "valueOf"
    )
}

/// Whether forms have another meaning for a field of this name: a part of a path, the index of a row,
/// what the form itself sends or says, or what JavaScript does not let be set.
pub(crate) fn has_meaning_in_forms(name: &str) -> bool {
    name.is_empty()
        || name.starts_with("__")
        || name.contains(|letter| {
            matches!(
                letter,
                '.' | '[' | ']' | ',' | '"' | '\'' | '|' | '`' | '\\' | '$'
            )
        })
        || name.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(name, "constructor" | "prototype" | "root")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{component_name, function_name, schema_name, type_name};

    #[test]
    fn functions_become_camel_case() {
        for (wire, name) in [
            ("echo", Some("echo")),
            ("current_user", Some("currentUser")),
            ("admin/users.list", Some("adminUsersList")),
            ("delete", Some("delete")),
            ("größe_messen", Some("größeMessen")),
            ("2fa_enable", None),
            ("_", None),
            ("", None),
        ] {
            assert_eq!(function_name(wire).as_deref(), name, "{wire}");
        }
        assert_eq!(component_name("current_user"), "CurrentUser");
    }

    #[test]
    fn types_keep_their_capitals() {
        for (key, name) in [
            ("Post", Some("Post")),
            ("HTTPRoute", Some("HTTPRoute")),
            ("Post2", Some("Post2")),
            ("Page_for_Post", Some("PageForPost")),
            ("Page<Post>", Some("PagePost")),
            ("Result_of_int32_or_string", Some("ResultOfInt32OrString")),
            ("lower", Some("Lower")),
            ("Größe", Some("Größe")),
            ("2d", None),
            ("<>", None),
        ] {
            assert_eq!(type_name(key).as_deref(), name, "{key}");
        }
        assert_eq!(schema_name("RenameInput"), "renameInputSchema");
    }
}
