//! Manifests that are damaged, hostile, or of another version.

use std::fs;
use std::path::Path;

use mizan_codegen::{Manifest, generate};
use serde_json::{Value, json};

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    fs::read_to_string(path.join(name).join("manifest.json")).unwrap()
}

fn is_bidi_control(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[test]
fn truncated_manifests_are_errors() {
    let json = case("contexts");
    let json = json.trim_end();
    for end in (0..json.len()).filter(|end| json.is_char_boundary(*end)) {
        let error = Manifest::parse(&json[..end]).unwrap_err();
        assert_eq!(error.to_string(), "not a mizan manifest", "{end}");
    }
}

#[test]
fn other_versions_are_errors_that_name_both() {
    for version in [0, 2, u64::MAX] {
        let mut manifest: Value = serde_json::from_str(&case("blog")).unwrap();
        manifest["mizan"] = version.into();
        let error = Manifest::parse(&manifest.to_string()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "unsupported manifest version {version} (this mizan-codegen reads version 1): use the same mizan release for the app and for mizan-codegen"
            )
        );
    }
}

/// Replaces each value of a manifest in turn with values of other types.
#[test]
fn values_of_wrong_types_never_panic() {
    fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    pointers(member, &format!("{path}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointers(item, &format!("{path}/{index}"), found);
                }
            }
            _ => {}
        }
    }

    let manifest: Value = serde_json::from_str(&case("blog")).unwrap();
    let mut found = Vec::new();
    pointers(&manifest, "", &mut found);
    let wrong = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!("\u{0}"),
        json!([[]]),
        json!({ "": {} }),
    ];
    for (index, pointer) in found.iter().enumerate() {
        let mut changed = manifest.clone();
        // Each value is replaced by one wrong value, because all combinations take too long.
        *changed.pointer_mut(pointer).unwrap() = wrong[index % wrong.len()].clone();
        if let Ok(manifest) = Manifest::parse(&changed.to_string()) {
            let _ = generate(&manifest);
        }
    }
}

#[test]
fn bidirectional_controls_are_escaped_in_the_client() {
    let text = "a\u{202e}\u{2066}// b\u{2069}\u{200f}";
    let manifest = json!({
        "mizan": 1,
        "contract": text,
        "codes": ["invalid"],
        "functions": [{
            "name": "post",
            "kind": "query",
            "docs": text,
            "input": { "type": "object", "properties": { text: { "const": text, "description": text } } },
            "output": { "$ref": "#/$defs/Post" },
        }],
        "errors": {},
        "$defs": {
            "Post": {
                "type": "object",
                "description": text,
                "properties": { text: { "type": "string", "description": text, "pattern": "^[\u{202e}]$" } },
                "required": [text],
            },
        },
    });
    let files = generate(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    for (path, contents) in files.iter().filter(|(path, _)| *path != "manifest.json") {
        assert!(!contents.contains(is_bidi_control), "{path}: {contents}");
    }
}

#[test]
fn bidirectional_controls_in_names_are_no_part_of_identifiers() {
    let manifest = json!({
        "mizan": 1,
        "contract": "c",
        "codes": [],
        "functions": [{ "name": "po\u{202e}st", "kind": "query", "output": true }],
        "errors": {},
        "$defs": {},
    });
    let files = generate(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    let client = files.get("client.ts").unwrap();
    assert!(
        client.contains(r#"query(transport, "po\u202est")"#),
        "{client}"
    );
}
