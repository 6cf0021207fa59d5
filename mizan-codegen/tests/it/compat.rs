//! The comparison of two manifests.

use mizan_codegen::Manifest;
use mizan_codegen::compat::{Change, ChangeKind, Comparison, Effect, Handled, compare};
use serde_json::{Map, Value, json};

use ChangeKind::{
    Added, AddedRequired, Affects, CodeAdded, CodeRemoved, Display, Kind, Optional, Pages, Policy,
    Removed, Required, Type, VariantAdded, VariantRemoved,
};
use Effect::{BreakingForReaders, BreakingForWriters, Compatible, Note};

/// The effect, the kind and the path of a change.
type Expected<'a> = (Effect, ChangeKind, &'a str);

fn manifest(mut members: Value) -> Manifest {
    for (name, value) in [
        ("mizan", json!(1)),
        ("contract", json!("c")),
        ("codes", json!(["internal"])),
        ("functions", json!([])),
    ] {
        if members.get(name).is_none() {
            members[name] = value;
        }
    }
    Manifest::parse(&members.to_string()).unwrap()
}

/// Compares two manifests with these members.
fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let comparison = compare(&manifest(old.clone()), &manifest(new.clone())).unwrap();
    comparison.changes().to_vec()
}

fn assert_changes(name: &str, changes: &[Change], expected: &[Expected<'_>]) {
    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.effect, change.change, change.path.as_str()))
        .collect();
    let mut expected = expected.to_vec();
    expected.sort_by_key(|(effect, ..)| *effect);
    assert_eq!(found, expected, "{name}");
}

/// Returns an app with a function whose argument `v` or whose output has this schema.
fn app(is_input: bool, schema: &Value, defs: &Value) -> Value {
    let mut function =
        json!({ "name": "f", "kind": "query", "output": true, "contract": "3f2a9c1b" });
    if is_input {
        function["input"] =
            json!({ "type": "object", "properties": { "v": schema }, "required": ["v"] });
    } else {
        function["output"] = schema.clone();
    }
    json!({ "functions": [function], "$defs": defs })
}

/// Checks the changes of a type as an argument, whose path starts with `v`, and as an output.
#[track_caller]
fn check(name: &str, old: &Value, new: &Value, input: &[Expected<'_>], output: &[Expected<'_>]) {
    check_with_types(name, (old, &json!({})), (new, &json!({})), input, output);
}

#[track_caller]
fn check_with_types(
    name: &str,
    old: (&Value, &Value),
    new: (&Value, &Value),
    input: &[Expected<'_>],
    output: &[Expected<'_>],
) {
    for (is_input, expected) in [(true, input), (false, output)] {
        let found = changes(&app(is_input, old.0, old.1), &app(is_input, new.0, new.1));
        assert_changes(&format!("{name}, input: {is_input}"), &found, expected);
    }
}

fn integer(format: &str) -> Value {
    json!({ "type": "integer", "format": format })
}

fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

#[test]
fn classifies_changes_of_fields() {
    let text = json!({ "type": "string" });
    let one = object(&json!({ "a": text }), &["a"]);
    let optional = object(&json!({ "a": text }), &[]);
    let with_required = object(&json!({ "a": text, "b": text }), &["a", "b"]);
    let with_optional = object(&json!({ "a": text, "b": text }), &["a"]);
    let mut closed = one.clone();
    closed["additionalProperties"] = json!(false);
    let rows: [(_, _, _, &[Expected<'_>], &[Expected<'_>]); 8] = [
        (
            "required field added",
            &one,
            &with_required,
            &[(BreakingForWriters, AddedRequired, "v.b")],
            &[(Compatible, Added, "b")],
        ),
        (
            "optional field added",
            &one,
            &with_optional,
            &[(Compatible, Added, "v.b")],
            &[(Compatible, Added, "b")],
        ),
        (
            "required field removed",
            &with_required,
            &one,
            &[(Compatible, Removed, "v.b")],
            &[(BreakingForReaders, Removed, "b")],
        ),
        (
            "optional field removed",
            &with_optional,
            &one,
            &[(Compatible, Removed, "v.b")],
            &[(Compatible, Removed, "b")],
        ),
        (
            "field removed from a closed struct",
            &with_optional,
            &closed,
            &[(BreakingForWriters, Removed, "v.b")],
            &[(Compatible, Removed, "b")],
        ),
        ("struct closed", &one, &closed, &[], &[]),
        (
            "field made required",
            &optional,
            &one,
            &[(BreakingForWriters, Required, "v.a")],
            &[(Compatible, Required, "a")],
        ),
        (
            "field made optional",
            &one,
            &optional,
            &[(Compatible, Optional, "v.a")],
            &[(BreakingForReaders, Optional, "a")],
        ),
    ];
    for (name, old, new, input, output) in rows {
        check(name, old, new, input, output);
    }
}

#[test]
fn classifies_changes_of_types() {
    let text = json!({ "type": "string" });
    let narrower: &[Expected<'_>] = &[(BreakingForWriters, Type, "v")];
    let compatible: &[Expected<'_>] = &[(Compatible, Type, "v")];
    let wider: &[Expected<'_>] = &[(BreakingForReaders, Type, "")];
    let understood: &[Expected<'_>] = &[(Compatible, Type, "")];
    let nullable = json!({ "type": ["string", "null"] });
    // Each row is a wider type after a narrower one: breaking for readers in this order, and for
    // writers in the reverse order.
    for (name, narrow, wide) in [
        ("int32 and int64", integer("int32"), integer("int64")),
        ("uint8 and uint32", integer("uint8"), integer("uint32")),
        ("uint32 and int64", integer("uint32"), integer("int64")),
        ("int64 and int128", integer("int64"), integer("int128")),
        ("int128 and uint128", integer("uint64"), integer("uint128")),
        (
            "integer and float",
            integer("int32"),
            json!({ "type": "number" }),
        ),
        ("null allowed", text.clone(), nullable.clone()),
        ("any value", text.clone(), json!(true)),
        (
            "uuid and text",
            json!({ "type": "string", "format": "uuid" }),
            text.clone(),
        ),
    ] {
        check(name, &narrow, &wide, compatible, wider);
        check(name, &wide, &narrow, narrower, understood);
    }
    let date_time = json!({ "type": "string", "format": "date-time" });
    let bytes = json!({ "type": "string", "contentEncoding": "base64" });
    for (name, old, new) in [
        ("text to number", &text, &json!({ "type": "number" })),
        (
            "int64 to float",
            &integer("int64"),
            &json!({ "type": "number" }),
        ),
        ("int32 to uint32", &integer("int32"), &integer("uint32")),
        ("uint32 to int32", &integer("uint32"), &integer("int32")),
        (
            "date and time to date",
            &date_time,
            &json!({ "type": "string", "format": "date" }),
        ),
        (
            "text to list",
            &text,
            &json!({ "type": "array", "items": text }),
        ),
    ] {
        check(name, old, new, narrower, wider);
    }
    check(
        "date and time to text",
        &date_time,
        &text,
        compatible,
        wider,
    );
    check("text to bytes", &text, &bytes, narrower, understood);
    let tuple = |length: usize| {
        json!({
            "type": "array", "prefixItems": vec![text.clone(); length],
            "minItems": length, "maxItems": length,
        })
    };
    check("tuple longer", &tuple(2), &tuple(3), narrower, wider);
    check(
        "list to tuple",
        &json!({ "type": "array", "items": text }),
        &tuple(2),
        narrower,
        understood,
    );
    let map = |value: &Value| json!({ "type": "object", "additionalProperties": value });
    check(
        "values of a map",
        &map(&text),
        &map(&nullable),
        &[(Compatible, Type, "v[key]")],
        &[(BreakingForReaders, Type, "[key]")],
    );
    let pair = |second: Value| json!({ "type": "array", "prefixItems": [text, second], "minItems": 2, "maxItems": 2 });
    check(
        "item of a tuple",
        &pair(integer("int32")),
        &pair(integer("int16")),
        &[(BreakingForWriters, Type, "v[1]")],
        &[(Compatible, Type, "[1]")],
    );
}

#[test]
fn constraints_count_for_writers_only() {
    let text = |keywords: Value| {
        let mut schema = json!({ "type": "string" });
        schema
            .as_object_mut()
            .unwrap()
            .extend(keywords.as_object().unwrap().clone());
        schema
    };
    let number = |keywords: Value| {
        let mut schema = json!({ "type": "number" });
        schema
            .as_object_mut()
            .unwrap()
            .extend(keywords.as_object().unwrap().clone());
        schema
    };
    let list = |keywords: Value| {
        let mut schema = json!({ "type": "array", "items": true });
        schema
            .as_object_mut()
            .unwrap()
            .extend(keywords.as_object().unwrap().clone());
        schema
    };
    for (loose, tight) in [
        (text(json!({})), text(json!({ "maxLength": 80 }))),
        (
            text(json!({ "maxLength": 80 })),
            text(json!({ "maxLength": 40 })),
        ),
        (text(json!({})), text(json!({ "minLength": 1 }))),
        (text(json!({})), text(json!({ "pattern": "^a+$" }))),
        (text(json!({})), text(json!({ "format": "email" }))),
        (
            text(json!({})),
            text(json!({ "x-checks": { "notBlank": true } })),
        ),
        (
            text(json!({})),
            text(json!({ "x-checks": { "maxBytes": 9 } })),
        ),
        (
            text(json!({})),
            text(json!({ "x-checks": { "contains": "@" } })),
        ),
        (number(json!({})), number(json!({ "minimum": 0 }))),
        (
            number(json!({ "minimum": 0 })),
            number(json!({ "exclusiveMinimum": 0 })),
        ),
        (
            number(json!({ "maximum": 10 })),
            number(json!({ "maximum": 9.5 })),
        ),
        (
            number(json!({ "multipleOf": 2 })),
            number(json!({ "multipleOf": 4 })),
        ),
        (list(json!({})), list(json!({ "maxItems": 10 }))),
        (list(json!({})), list(json!({ "uniqueItems": true }))),
        (
            json!({ "type": "integer", "format": "int64" }),
            json!({ "type": "integer", "format": "int64", "not": { "const": 0 } }),
        ),
    ] {
        let name = format!("{loose} and {tight}");
        let understood: &[Expected<'_>] = &[(Compatible, Type, "")];
        check(
            &name,
            &loose,
            &tight,
            &[(BreakingForWriters, Type, "v")],
            understood,
        );
        check(
            &name,
            &tight,
            &loose,
            &[(Compatible, Type, "v")],
            understood,
        );
    }
    // Nothing shows that one pattern allows what the other allows.
    check(
        "pattern",
        &text(json!({ "pattern": "^a+$" })),
        &text(json!({ "pattern": "^a*$" })),
        &[(BreakingForWriters, Type, "v")],
        &[(Compatible, Type, "")],
    );
    let message =
        |text: &str| json!({ "type": "string", "x-checks": { "messages": { "length": text } } });
    check(
        "message",
        &message("Too long."),
        &message("Too short."),
        &[],
        &[],
    );
}

#[test]
fn classifies_changes_of_enums() {
    let units = |names: &[&str]| json!({ "type": "string", "enum": names });
    check(
        "variant added",
        &units(&["draft"]),
        &units(&["draft", "public"]),
        &[(Compatible, VariantAdded, "v")],
        &[(BreakingForReaders, VariantAdded, "")],
    );
    check(
        "variant removed",
        &units(&["draft", "public"]),
        &units(&["public"]),
        &[(BreakingForWriters, VariantRemoved, "v")],
        &[(Compatible, VariantRemoved, "")],
    );
    let internally = |by: &Value| {
        json!({ "oneOf": [
            object(&json!({ "kind": { "const": "draft" } }), &["kind"]),
            object(&json!({ "kind": { "const": "public" }, "by": by }), &["kind", "by"]),
        ] })
    };
    check(
        "field of a tagged variant",
        &internally(&json!({ "type": "string" })),
        &internally(&json!({ "type": ["string", "null"] })),
        &[(Compatible, Type, "v(public).by")],
        &[(BreakingForReaders, Type, "(public).by")],
    );
    let externally = |names: &[&str]| {
        let variants: Vec<_> = names
            .iter()
            .map(|name| object(&json!({ *name: { "type": "string" } }), &[name]))
            .collect();
        json!({ "oneOf": variants })
    };
    check(
        "external variant renamed",
        &externally(&["a", "b"]),
        &externally(&["a", "c"]),
        &[
            (BreakingForWriters, VariantRemoved, "v"),
            (Compatible, VariantAdded, "v"),
        ],
        &[
            (Compatible, VariantRemoved, ""),
            (BreakingForReaders, VariantAdded, ""),
        ],
    );
    check(
        "variant covered by text",
        &json!({ "anyOf": [units(&["a"]), { "type": "string" }] }),
        &json!({ "type": "string" }),
        &[(Compatible, VariantRemoved, "v")],
        &[(Compatible, VariantRemoved, "")],
    );
}

#[test]
fn compares_recursive_types_by_structure() {
    let tree = |name: &str, value: Value| {
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        let node = object(
            &json!({ "value": value, "next": { "anyOf": [reference, { "type": "null" }] } }),
            &["value", "next"],
        );
        (reference, json!({ name: node }))
    };
    let (old, old_types) = tree("Node", json!({ "type": "string" }));
    let (renamed, renamed_types) = tree("Item", json!({ "type": "string" }));
    check_with_types(
        "renamed",
        (&old, &old_types),
        (&renamed, &renamed_types),
        &[],
        &[],
    );
    let (new, new_types) = tree("Item", json!({ "type": "string", "maxLength": 3 }));
    check_with_types(
        "constraint in a recursive type",
        (&old, &old_types),
        (&new, &new_types),
        &[(BreakingForWriters, Type, "v.value")],
        &[(Compatible, Type, "value")],
    );
    // The new type has the old one written out once.
    let unrolled = object(
        &json!({
            "value": { "type": "string" },
            "next": { "anyOf": [
                object(
                    &json!({ "value": { "type": "string" }, "next": {
                        "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }],
                    } }),
                    &["value", "next"],
                ),
                { "type": "null" },
            ] },
        }),
        &["value", "next"],
    );
    let unrolled = json!({ "Node": unrolled });
    check_with_types("unrolled", (&old, &old_types), (&old, &unrolled), &[], &[]);
    // A type that stands for itself has no values, and does not hang.
    let endless = json!({ "Node": { "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }] } });
    let found = changes(&app(false, &old, &old_types), &app(false, &old, &endless));
    assert!(!found.is_empty());
}

#[test]
fn compares_flattened_enums() {
    let flattened = |by: Value| {
        json!({
            "type": "object",
            "properties": { "id": { "type": "string" } },
            "required": ["id"],
            "oneOf": [
                object(&json!({ "kind": { "const": "a" } }), &["kind"]),
                object(&json!({ "kind": { "const": "b" }, "by": by }), &["kind", "by"]),
            ],
        })
    };
    check(
        "flattened",
        &flattened(integer("int32")),
        &flattened(integer("int64")),
        &[(Compatible, Type, "v(b).by")],
        &[(BreakingForReaders, Type, "(b).by")],
    );
}

#[test]
fn classifies_changes_of_functions() {
    let function = |members: Value| {
        let mut function = json!({ "name": "f", "kind": "query", "output": true });
        function
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        json!({ "functions": [function] })
    };
    let plain = function(json!({}));
    let nothing = json!({});
    let input = |required: &[&str]| {
        function(json!({ "input": object(&json!({ "a": { "type": "string" } }), required) }))
    };
    let rows: [(_, _, _, &[Expected<'_>]); 13] = [
        (
            "removed",
            &plain,
            &nothing,
            &[(BreakingForWriters, Removed, "")],
        ),
        ("added", &nothing, &plain, &[(Compatible, Added, "")]),
        (
            "query to mutation",
            &plain,
            &function(json!({ "kind": "mutation" })),
            &[(BreakingForWriters, Kind, "")],
        ),
        (
            "mutation to query",
            &function(json!({ "kind": "mutation" })),
            &plain,
            &[(Compatible, Kind, "")],
        ),
        (
            "query to context",
            &plain,
            &function(json!({ "kind": "global_context" })),
            &[(Compatible, Kind, "")],
        ),
        (
            "policy",
            &function(json!({ "policy": "anyone" })),
            &function(json!({ "policy": "staff" })),
            &[(Note, Policy, "")],
        ),
        (
            "affects",
            &plain,
            &function(json!({ "affects": ["*"] })),
            &[(Compatible, Affects, "")],
        ),
        (
            "pages",
            &plain,
            &function(json!({ "pages": { "cursor": "after", "next": "next" } })),
            &[(Compatible, Pages, "")],
        ),
        (
            "docs",
            &plain,
            &function(json!({ "docs": "A function." })),
            &[],
        ),
        (
            "optional argument added",
            &plain,
            &input(&[]),
            &[(Compatible, Added, "a")],
        ),
        (
            "required argument added",
            &plain,
            &input(&["a"]),
            &[(BreakingForWriters, AddedRequired, "a")],
        ),
        (
            "all arguments removed",
            &input(&["a"]),
            &plain,
            &[(BreakingForWriters, Removed, "a")],
        ),
        (
            "argument made optional",
            &input(&["a"]),
            &input(&[]),
            &[(Compatible, Optional, "a")],
        ),
    ];
    for (name, old, new, expected) in rows {
        assert_changes(name, &changes(old, new), expected);
    }
}

#[test]
fn classifies_changes_of_errors() {
    let app = |variants: Value| {
        json!({
            "functions": [{ "name": "f", "kind": "mutation", "output": true, "error": "E" }],
            "errors": { "E": { "variants": variants } },
        })
    };
    let taken = |data: Value| json!({ "code": "taken", "status": 409, "data": data });
    let locked = json!({ "code": "locked", "status": 409 });
    let by = object(&json!({ "by": { "type": "string" } }), &["by"]);
    let old = app(json!([taken(by)]));
    let added = changes(
        &old,
        &app(json!([
            locked,
            taken(object(&json!({ "by": { "type": "string" } }), &["by"]))
        ])),
    );
    assert_changes("code added", &added, &[(Compatible, CodeAdded, "")]);
    assert_changes(
        "code removed",
        &changes(&old, &app(json!([]))),
        &[(Compatible, CodeRemoved, "")],
    );
    let optional = app(json!([taken(object(
        &json!({ "by": { "type": "string" } }),
        &[]
    ))]));
    let found = changes(&old, &optional);
    assert_changes("data", &found, &[(BreakingForReaders, Optional, "by")]);
    assert_eq!(found[0].part, "error `taken`");
    let codes = changes(&json!({}), &json!({ "codes": ["internal", "timeout"] }));
    assert_changes("common code", &codes, &[(Compatible, CodeAdded, "")]);
}

#[test]
fn classifies_changes_of_channels() {
    let channel = |members: Map<String, Value>| {
        let mut channel = json!({ "name": "room", "contract": "3f2a9c1b" });
        channel.as_object_mut().unwrap().extend(members);
        json!({ "channels": [channel] })
    };
    let part = |part: &str, schema: Value| channel(Map::from_iter([(part.to_owned(), schema)]));
    let plain = channel(Map::new());
    assert_changes(
        "removed",
        &changes(&plain, &json!({})),
        &[(BreakingForWriters, Removed, "")],
    );
    assert_changes(
        "added",
        &changes(&json!({}), &plain),
        &[(Compatible, Added, "")],
    );
    let (narrow, wide) = (integer("int32"), integer("int64"));
    for name in [
        "client_message",
        "server_message",
        "reply",
        "snapshot",
        "member",
    ] {
        let is_sent = name != "client_message";
        let breaking = if is_sent {
            BreakingForReaders
        } else {
            BreakingForWriters
        };
        let (old, new) = (part(name, narrow.clone()), part(name, wide.clone()));
        let effects = if is_sent {
            [breaking, Compatible]
        } else {
            [Compatible, breaking]
        };
        assert_changes(name, &changes(&old, &new), &[(effects[0], Type, "")]);
        assert_changes(name, &changes(&new, &old), &[(effects[1], Type, "")]);
        assert_changes(name, &changes(&plain, &new), &[(Compatible, Added, "")]);
        assert_changes(name, &changes(&new, &plain), &[(breaking, Removed, "")]);
    }
    let params = part("params", object(&json!({ "id": narrow }), &["id"]));
    assert_changes(
        "params",
        &changes(&plain, &params),
        &[(BreakingForWriters, AddedRequired, "id")],
    );
}

#[test]
fn describes_changes_of_forms() {
    let form = |fields: Value| json!({ "forms": [{ "name": "contact", "fields": fields }] });
    let old =
        form(json!([{ "name": "name", "widget": "text" }, { "name": "tel", "widget": "tel" }]));
    let new = form(
        json!([{ "name": "name", "widget": "textarea" }, { "name": "mail", "widget": "email" }]),
    );
    assert_changes(
        "fields",
        &changes(&old, &new),
        &[
            (Compatible, Display, "name"),
            (Compatible, Removed, "tel"),
            (Compatible, Added, "mail"),
        ],
    );
}

#[test]
fn listed_versions_are_handled() {
    let old = app(false, &json!({ "type": "number" }), &json!({}));
    let mut new = app(false, &json!({ "type": ["number", "null"] }), &json!({}));
    let compare = |new: &Value| -> Comparison {
        compare(&manifest(old.clone()), &manifest(new.clone())).unwrap()
    };
    assert!(!compare(&new).is_compatible());
    for (key, handled) in [
        ("previous", Handled::Previous),
        ("retired", Handled::Retired),
    ] {
        let mut other = new.clone();
        other[key] = json!({ "f": ["00000000"] });
        assert!(!compare(&other).is_compatible());
        other[key] = json!({ "f": ["00000000", "3f2a9c1b"] });
        let comparison = compare(&other);
        assert!(comparison.is_compatible(), "{comparison}");
        assert_eq!(comparison.changes()[0].handled, Some(handled));
        assert!(comparison.to_string().ends_with(": old clients are safe"));
    }
    // A function that is gone can still answer old clients.
    new["functions"] = json!([]);
    assert!(!compare(&new).is_compatible());
    new["previous"] = json!({ "f": ["3f2a9c1b"] });
    assert!(compare(&new).is_compatible());
}

#[test]
fn report_names_fields_and_ways_out() {
    let function = |input: Value, output: Value| {
        json!({
            "functions": [{
                "name": "rename", "kind": "mutation", "contract": "3f2a9c1b", "input": input,
                "output": output, "source": { "file": "src/posts.rs", "line": 12 },
            }],
        })
    };
    let text = json!({ "type": "string" });
    let old = function(
        object(&json!({ "title": text }), &["title"]),
        object(&json!({ "author": text }), &["author"]),
    );
    let new = function(
        object(
            &json!({ "title": { "type": "string", "maxLength": 80 }, "slug": text }),
            &["title", "slug"],
        ),
        object(
            &json!({ "author": { "type": ["string", "null"] }, "slug": text }),
            &["author", "slug"],
        ),
    );
    let comparison = compare(&manifest(old), &manifest(new)).unwrap();
    assert_eq!(
        comparison.to_string(),
        "\
Breaking for readers: the server may send values that old clients cannot read

  function `rename` (src/posts.rs:12)
    output `author`: was text, is text or null
      way out: send the old type, and add a field for the new one
    or keep the old shape with `Registry::previous(\"rename\", ..)`, or refuse old clients with `.retire(\"rename\", \"3f2a9c1b\")`, so that they reload

Breaking for writers: the server refuses requests of old clients

  function `rename` (src/posts.rs:12)
    input `title`: was text, is text, at most 80 characters
      way out: accept the old values as well
    input `slug`: added, and required (text)
      way out: make it optional with `Option<..>` or `#[serde(default)]`
    or keep the old shape with `Registry::previous(\"rename\", ..)`, or refuse old clients with `.retire(\"rename\", \"3f2a9c1b\")`, so that they reload

Compatible: old clients work as before

  function `rename` (src/posts.rs:12)
    output `slug`: added (text)

1 breaking for readers, 2 breaking for writers, 1 compatible: 3 breaking changes are not handled"
    );
}

#[test]
fn names_manifest_with_unreadable_schema() {
    let good = manifest(app(false, &json!(true), &json!({})));
    let bad = manifest(app(
        false,
        &json!({ "$ref": "#/$defs/Missing" }),
        &json!({}),
    ));
    let error = compare(&bad, &good).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot compare with the old manifest:\nthe output of function `f`"),
        "{error}"
    );
    let error = compare(&good, &bad).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot compare the new manifest:\n"),
        "{error}"
    );
}
