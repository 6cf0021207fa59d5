//! References to definitions of the manifest and to components of the document.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

const PREFIX: &str = "#/components/schemas/";

/// Returns the reference to a component.
pub(super) fn to_component(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Returns the name of the component to which a reference refers.
pub(super) fn component_name(reference: &str) -> Option<&str> {
    reference.strip_prefix(PREFIX)
}

/// Returns the key in `$defs` that a reference names: a JSON pointer in a URI fragment (RFC 6901,
/// sections 3 and 6).
pub(super) fn definition_key(reference: &str) -> Option<String> {
    let pointer = reference.strip_prefix("#/$defs/")?;
    let key = percent_decode_str(pointer).decode_utf8().ok()?;
    Some(key.replace("~1", "/").replace("~0", "~"))
}

/// Returns the reference to the component of a definition.
pub(super) fn component_reference(
    reference: &str,
    names: &BTreeMap<String, String>,
) -> Option<String> {
    let name = names.get(&definition_key(reference)?)?;
    Some(to_component(name))
}
