//! The path of an error within a value that serde buffers, because it is flattened or tagged.

use serde::de::{DeserializeOwned, Unexpected};
use serde_json::Value;

/// The maximum size of an input that is searched.
const MAX_BYTES: usize = 64 << 10;

/// The maximum number of values that are tried.
const MAX_CANDIDATES: usize = 16;

/// The text that replaces a value. No client sends it by accident.
const PROBE: &str = "\u{0}mizan\u{0}";

/// Extends the path of an object or a list by the path of the value at fault within it.
///
/// serde loses the path of a buffered value, but its error describes the value. If the error describes
/// the replacement after a value was replaced, that value is at fault.
pub(super) fn extend_path<T: DeserializeOwned>(bytes: &[u8], error: &str, path: &mut Vec<String>) {
    if bytes.len() > MAX_BYTES {
        return;
    }
    let Ok(mut document) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let Some(container) = document.pointer(&pointer(path)) else {
        return;
    };
    // The error if the same place has a list.
    let expected = error.rfind(", expected ").map(|start| &error[start..]);
    let error_about_list = expected.map(|expected| format!("invalid type: sequence{expected}"));
    let mut candidates = Vec::new();
    collect_candidates(container, error, &mut path.clone(), &mut candidates);
    for candidate in candidates {
        let mut error_with = |probe: &Value| {
            let place = document.pointer_mut(&pointer(&candidate))?;
            let value = std::mem::replace(place, probe.clone());
            let found = T::deserialize(&document).err();
            *document.pointer_mut(&pointer(&candidate))? = value;
            found.map(|found| found.to_string())
        };
        let is_at_fault = error_with(&Value::from(PROBE))
            .is_some_and(|found| mentions_probe(&found))
            || error_with(&Value::from(vec![PROBE])) == error_about_list;
        if is_at_fault {
            *path = candidate;
            return;
        }
    }
}

fn mentions_probe(error: &str) -> bool {
    error.contains(PROBE) || error.contains(&format!("{PROBE:?}"))
}

/// Collects the paths of the values below `value` that the error may describe.
fn collect_candidates(
    value: &Value,
    error: &str,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) {
    let mut visit = |name: String, value: &Value| {
        if found.len() == MAX_CANDIDATES {
            return;
        }
        path.push(name);
        if describes(error, value) {
            found.push(path.clone());
        }
        collect_candidates(value, error, path, found);
        path.pop();
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(index.to_string(), item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                visit(name.clone(), member);
            }
        }
        _ => {}
    }
}

/// Returns `true` if an error about a wrong type, value or variant may be about `value`.
fn describes(error: &str, value: &Value) -> bool {
    if let (Some(rest), Value::String(text)) = (error.strip_prefix("unknown variant `"), value) {
        return rest.starts_with(text.as_str());
    }
    let Some(found) = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|start| error.strip_prefix(start))
    else {
        return false;
    };
    let description = match value {
        Value::Null => return found.starts_with("null"),
        Value::Bool(value) => Unexpected::Bool(*value).to_string(),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), _, _) => Unexpected::Unsigned(number).to_string(),
            (_, Some(number), _) => Unexpected::Signed(number).to_string(),
            (_, _, Some(number)) => Unexpected::Float(number).to_string(),
            _ => return false,
        },
        Value::String(text) => Unexpected::Str(text).to_string(),
        Value::Array(_) => Unexpected::Seq.to_string(),
        Value::Object(_) => Unexpected::Map.to_string(),
    };
    found.starts_with(&description)
}

fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
        .collect()
}
