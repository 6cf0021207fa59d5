//! Conversion of wire names and Rust type names to TypeScript names.

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// Returns the member of the generated `Api` for a function: `rename_post` becomes `renamePost`.
///
/// Returns `None` if the result is not an identifier; such a function has no client.
///
/// ```
/// use mizan_codegen::function_name;
///
/// assert_eq!(function_name("rename_post").as_deref(), Some("renamePost"));
/// ```
#[must_use]
pub fn function_name(wire: &str) -> Option<String> {
    Some(wire.to_lower_camel_case()).filter(|name| is_identifier(name))
}

/// The prefix of a function's types, hooks and components: `rename_post` becomes `RenamePost`.
pub(crate) fn component_name(wire: &str) -> String {
    wire.to_upper_camel_case()
}

/// The name of the type for a key of `$defs` or `errors`.
///
/// A name in upper camel case, such as `HTTPRoute`, stays unchanged. The parts of the name that
/// schemars writes for a generic type are joined: `Page_for_Post` and `Page<Post>` become
/// `PageForPost` and `PagePost`. Returns `None` if the result is not an identifier.
pub(crate) fn type_name(key: &str) -> Option<String> {
    let name: String = key
        .split(|letter: char| letter == '_' || !is_xid_continue(letter))
        .map(capitalized)
        .collect();
    Some(name).filter(|name| is_identifier(name))
}

/// The name of a type's Zod schema: `RenameInput` becomes `renameInputSchema`.
pub(crate) fn schema_name(type_name: &str) -> String {
    format!("{}Schema", type_name.to_lower_camel_case())
}

/// Returns whether a property name can be written without quotes.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| is_xid_start(first) || matches!(first, '_' | '$'))
        && letters.all(|letter| is_xid_continue(letter) || letter == '$')
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
    fn converts_functions_to_camel_case() {
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
    fn keeps_capitals_of_types() {
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
