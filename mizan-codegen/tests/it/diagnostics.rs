//! Diagnostics for manifests that cannot be expressed in TypeScript.

use mizan_codegen::{Manifest, generate};
use serde_json::{Value, json};

fn manifest(functions: Value, defs: Value, errors: Value) -> Value {
    [
        ("mizan", json!(1)),
        ("contract", json!("c")),
        ("codes", json!(["invalid"])),
        ("functions", functions),
        ("$defs", defs),
        ("errors", errors),
    ]
    .into_iter()
    .collect()
}

fn assert_diagnostics(manifest: &Value, expected: &[&str]) {
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    let error = generate(&manifest).expect_err(&expected.join("\n"));
    assert_eq!(error.to_string(), expected.join("\n"));
}

/// Checks the diagnostic for a function.
fn assert_function_diagnostic(function: Value, expected: &str) {
    let functions = Value::Array(vec![function]);
    assert_diagnostics(&manifest(functions, json!({}), json!({})), &[expected]);
}

/// Checks the diagnostic for a type `Post` with a field `field`.
fn assert_field_diagnostic(schema: Value, expected: &str) {
    let properties: Value = [("field", schema)].into_iter().collect();
    let post = json!({ "type": "object", "properties": properties });
    let expected = format!("type `Post`, field `field{expected}");
    assert_diagnostics(
        &manifest(json!([]), json!({ "Post": post }), json!({})),
        &[&expected],
    );
}

/// Checks the diagnostic for a type called `name`.
fn assert_type_diagnostic(name: &str, expected: &str) {
    assert_diagnostics(
        &manifest(json!([]), json!({ name: { "type": "string" } }), json!({})),
        &[expected],
    );
}

fn named(name: &str, file: &str, line: u32) -> Value {
    json!({
        "name": name,
        "kind": "query",
        "output": true,
        "source": { "file": file, "line": line },
    })
}

#[test]
fn rejects_integers_that_javascript_rounds() {
    assert_field_diagnostic(
        json!({ "type": "integer", "format": "seconds", "minimum": 0 }),
        "`: the width of this integer is unknown, and JavaScript rounds integers above 2^53: give its schema the format of a 32-bit integer, or a minimum and a maximum",
    );
    assert_field_diagnostic(
        json!({ "const": 9_007_199_254_740_993_u64 }),
        "`: the number 9007199254740993 cannot be represented exactly in JavaScript: use a string",
    );
}

#[test]
fn rejects_converted_alternatives_that_look_the_same() {
    let wide = json!({ "type": "integer", "format": "int64" });
    let moment = json!({ "type": "string", "format": "date-time" });
    for alternatives in [
        json!([wide, { "type": "number", "format": "double" }]),
        json!([moment, { "type": "string" }]),
        json!([{ "type": "array", "items": wide }, { "type": "array", "items": true }]),
        json!([
            { "type": "object", "properties": { "at": moment }, "required": ["at"] },
            { "type": "object", "properties": { "at": { "type": "string" } }, "required": ["at"] },
        ]),
        json!([
            { "type": "object", "properties": { "at": moment } },
            { "type": "object", "additionalProperties": { "type": "string" } },
        ]),
    ] {
        assert_field_diagnostic(
            json!({ "anyOf": alternatives }),
            "`: the alternatives of this enum look the same in JSON, so the client cannot tell which of them has integers of 64 bits, moments or bytes to convert: tag the enum with `#[serde(tag = \"..\")]`, or use types \
             that need no conversion, such as `f64`, `i32` or a string",
        );
    }
}

#[test]
fn names_location_of_schema() {
    assert_function_diagnostic(
        json!({
            "name": "rename",
            "kind": "mutation",
            "input": { "type": "object", "properties": { "ids": { "type": "array", "items": {
                "type": "object", "additionalProperties": { "type": "what" }
            } } } },
            "output": true,
            "source": { "file": "src/posts.rs", "line": 12 },
        }),
        "the input of function `rename` (src/posts.rs:12), field `ids[][key]`: unknown schema type `what`: use a type of JSON Schema draft 2020-12",
    );
    assert_function_diagnostic(
        json!({ "name": "rename", "kind": "mutation", "output": { "$ref": "#/$defs/Post" } }),
        "the output of function `rename`: type `Post` is not in the manifest: add it to `$defs`",
    );
}

#[test]
fn names_types_as_in_rust() {
    let unsupported = json!({ "type": "object", "properties": { "id": { "type": "what" } } });
    let any = json!(true);
    assert_diagnostics(
        &manifest(
            json!([]),
            json!({
                "Check": any, "CheckIn": unsupported,
                "Same": any, "SameIn": any, "SameIn2": unsupported, "SameInInput": unsupported,
                "LogIn": unsupported,
            }),
            json!({}),
        ),
        &[
            "type `Check` as an input, field `id`: unknown schema type `what`: use a type of JSON Schema draft 2020-12",
            "type `LogIn`, field `id`: unknown schema type `what`: use a type of JSON Schema draft 2020-12",
            "type `Same` as an input, field `id`: unknown schema type `what`: use a type of JSON Schema draft 2020-12",
            "type `SameIn` as an input, field `id`: unknown schema type `what`: use a type of JSON Schema draft 2020-12",
        ],
    );
}

#[test]
fn rejects_unsupported_schemas() {
    assert_field_diagnostic(
        json!({ "if": true }),
        "`: unsupported schema keyword `if`: describe the type with \
         `#[schemars(with = \"..\")]`",
    );
    assert_field_diagnostic(
        json!({ "type": "string", "not": { "const": "" } }),
        "`: unsupported schema keyword `not`: describe the type with \
         `#[schemars(with = \"..\")]`",
    );
    assert_field_diagnostic(
        json!({ "type": "string", "minLength": -1 }),
        "`: invalid value of the schema keyword `minLength`: check it against JSON Schema draft 2020-12",
    );
    assert_field_diagnostic(
        json!({ "type": "array", "prefixItems": [true], "items": { "type": "string" } }),
        "`: tuple of variable length: set `minItems` and `maxItems` to the number of `prefixItems`",
    );
    assert_field_diagnostic(
        json!({ "type": "object", "patternProperties": { "^a": { "type": "string" }, "^b": true } }),
        "`: map whose key patterns have values of different types: use a struct or an enum instead",
    );
    assert_field_diagnostic(
        json!({
            "type": "object",
            "properties": { "id": { "type": "string" } },
            "anyOf": [{ "type": "boolean" }, { "type": "object", "properties": { "a": true } }],
        }),
        "`: only structs, maps and enums can be flattened: remove `#[serde(flatten)]`",
    );
}

#[test]
fn rejects_conflicting_names() {
    assert_diagnostics(
        &manifest(
            json!([
                named("getUser", "src/a.rs", 3),
                named("get_user", "src/b.rs", 5)
            ]),
            json!({}),
            json!({}),
        ),
        &[
            "function `getUser` (src/a.rs:3) and function `get_user` (src/b.rs:5) have the same TypeScript name `getUser`: rename the function",
        ],
    );
    assert_diagnostics(
        &manifest(
            json!([named("echo", "src/a.rs", 3), named("echo", "src/b.rs", 5)]),
            json!({}),
            json!({}),
        ),
        &[
            "duplicate function `echo`, declared at src/a.rs:3 and at src/b.rs:5: rename one of them",
        ],
    );
    assert_diagnostics(
        &manifest(
            json!([{
                "name": "rename",
                "kind": "mutation",
                "input": { "type": "object" },
                "output": true,
            }]),
            json!({ "RenameInput": true, "Page_of_int": true, "PageOfInt": true }),
            json!({}),
        ),
        &[
            "type `PageOfInt` and type `Page_of_int` have the same TypeScript name `PageOfInt`: \
             rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
            "type `RenameInput` and the input of function `rename` have the same TypeScript name `RenameInput`: rename the function, or the schema of the type with \
             `#[schemars(rename = \"..\")]`",
        ],
    );
    assert_diagnostics(
        &manifest(
            json!([]),
            json!({ "HTTPRoute": true, "HttpRoute": true }),
            json!({}),
        ),
        &[
            "type `HTTPRoute` and type `HttpRoute` have the same TypeScript name `httpRouteSchema`: \
           rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
        ],
    );
    assert_diagnostics(
        &manifest(
            json!([]),
            json!({ "RenameError": true }),
            json!({ "RenameError": { "variants": [] } }),
        ),
        &[
            "type `RenameError` and error `RenameError` have the same TypeScript name `RenameError`: \
           rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
        ],
    );
}

#[test]
fn rejects_built_in_names() {
    for name in [
        "Api",
        "CommonError",
        "MizanProvider",
        "CallError",
        "Query",
        "Result",
        "Failure",
    ] {
        assert_type_diagnostic(
            name,
            &format!(
                "the built-in `{name}` and type `{name}` have the same TypeScript name `{name}`: rename the type, or only its schema with `#[schemars(rename = \"..\")]`"
            ),
        );
    }
    assert_function_diagnostic(
        named("api", "src/a.rs", 3),
        "the built-in `useApi` and function `api` (src/a.rs:3) have the same TypeScript name `useApi`: rename the function",
    );
    assert_function_diagnostic(
        json!({ "name": "mizan", "kind": "local_context", "output": true }),
        "the built-in `MizanProvider` and function `mizan` have the same TypeScript name `MizanProvider`: rename the function",
    );
}

#[test]
fn rejects_invalid_names() {
    assert_function_diagnostic(
        named("2fa", "src/a.rs", 3),
        "function `2fa` (src/a.rs:3) has no valid TypeScript name, because a name must start with a letter: \
         rename the function",
    );
    assert_type_diagnostic(
        "<>",
        "type `<>` has no valid TypeScript name, because a name must start with a letter: rename the type, \
         or only its schema with `#[schemars(rename = \"..\")]`",
    );
}

#[test]
fn rejects_names_reserved_in_javascript() {
    for (wire, name) in [
        ("__proto__", "__proto__"),
        ("constructor", "constructor"),
        ("then", "then"),
        ("to_string", "toString"),
        ("has_own_property", "hasOwnProperty"),
    ] {
        assert_function_diagnostic(
            named(wire, "src/a.rs", 3),
            &format!(
                "function `{wire}` (src/a.rs:3) has the TypeScript name `{name}`, which has a special meaning on JavaScript objects: rename the function"
            ),
        );
    }
}

#[test]
fn rejects_invalid_inputs() {
    assert_function_diagnostic(
        json!({
            "name": "me",
            "kind": "global_context",
            "input": { "type": "object", "properties": { "id": true } },
            "output": true,
        }),
        "function `me` is a global context with arguments: declare it as a local context or as a query",
    );
    for argument in ["children", "fallback", "key", "ref"] {
        assert_function_diagnostic(
            json!({
                "name": "room",
                "kind": "local_context",
                "input": { "type": "object", "properties": { argument: true } },
                "output": true,
            }),
            &format!(
                "function `room` is a local context with an argument `{argument}`, which is a prop of every provider: rename the argument"
            ),
        );
    }
    assert_function_diagnostic(
        json!({ "name": "echo", "kind": "mutation", "input": { "type": "string" }, "output": true }),
        "the input of function `echo` is not an object: declare the arguments as fields of an object",
    );
}

#[test]
fn rejects_unknown_affects_and_errors() {
    let sign_out = json!({
        "name": "sign_out",
        "kind": "mutation",
        "output": true,
        "affects": ["sign_out", "me", "*"],
        "error": "SignOutError",
    });
    assert_diagnostics(
        &manifest(json!([sign_out]), json!({}), json!({})),
        &[
            "function `sign_out` returns the error `SignOutError`, which is not in the manifest: add it to `errors`",
            "function `sign_out` affects `sign_out`, which is not a registered query or context: register it, or \
             remove it from `affects`",
            "function `sign_out` affects `me`, which is not a registered query or context: register it, or \
             remove it from `affects`",
        ],
    );
}

#[test]
fn rejects_affected_queries_that_do_not_fit() {
    let input = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
    let post =
        json!({ "name": "post", "kind": "query", "input": input, "output": { "type": "string" } });
    let rename = json!({
        "name": "rename",
        "kind": "mutation",
        "input": input,
        "output": { "type": "boolean" },
        "affects": [
            { "query": "post", "input": { "id": "id" } },
            { "query": "post", "input": { "key": "id" } },
            { "query": "post", "input": { "id": "key" } },
            { "query": "post", "input": { "id": "id" }, "returns": true },
            { "query": "rename", "input": { "id": "id" } },
        ],
    });
    assert_diagnostics(
        &manifest(json!([post, rename]), json!({}), json!({})),
        &[
            "function `rename` affects `post`, but `post` has no argument `key`: correct the name, or remove it \
             from `affects`",
            "function `rename` affects `post`, but `rename` has no argument `key`: correct the name, or remove \
             it from `affects`",
            "function `rename` affects `post` and returns its new data, but both have different output types: \
             return the same type, or remove `= returns`",
            "function `rename` affects `rename`, which is not a registered query or context: register it, or \
             remove it from `affects`",
        ],
    );
}

#[test]
fn rejects_ambiguous_errors() {
    let error = |variants: Value| {
        manifest(
            json!([]),
            json!({}),
            json!({ "E": { "variants": variants } }),
        )
    };
    assert_diagnostics(
        &error(json!([{ "code": "taken", "status": 409 }, { "code": "taken", "status": 410 }])),
        &["error `E` has two variants with the code `taken`: give each variant its own code"],
    );
    for code in ["network", "aborted", "unreadable_reply", "invalid"] {
        assert_diagnostics(
            &error(json!([{ "code": code, "status": 409 }])),
            &[&format!(
                "variant `{code}` of error `E` has a code that every function can return: choose another code"
            )],
        );
    }
    for member in [
        "name",
        "message",
        "status",
        "errorId",
        "cause",
        "toString",
        "__proto__",
    ] {
        let data = json!({ "type": "object", "properties": { member: true } });
        assert_diagnostics(
            &error(json!([{ "code": "taken", "status": 409, "data": data }])),
            &[&format!(
                "variant `taken` of error `E` has a field `{member}`, which is a property of every error: rename the field"
            )],
        );
    }
    assert_diagnostics(
        &error(json!([{ "code": "taken", "status": 409, "data": { "type": "string" } }])),
        &[
            "the data of variant `taken` of error `E` is not an object: give the variant named fields",
        ],
    );
}

#[test]
fn rejects_infinite_types() {
    let defs = json!({
        "A": { "$ref": "#/$defs/B" },
        "B": { "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] },
        "List": { "anyOf": [{ "type": "array", "items": { "$ref": "#/$defs/List" } }, { "type": "null" }] },
    });
    assert_diagnostics(
        &manifest(json!([]), defs, json!({})),
        &[
            "type `A` is infinitely recursive: break the cycle with a struct that has a field",
            "type `B` is infinitely recursive: break the cycle with a struct that has a field",
        ],
    );
}

/// Returns the functions of a form whose `submit` has the input `input`.
fn form_functions(name: &str, input: &Value) -> Vec<Value> {
    vec![
        json!({ "name": format!("{name}.state"), "kind": "query", "output": true }),
        json!({ "name": format!("{name}.submit"), "kind": "mutation", "input": input, "output": true }),
        json!({ "name": format!("{name}.validate"), "kind": "query", "output": true }),
    ]
}

fn assert_form_diagnostics(functions: Vec<Value>, forms: Value, expected: &[&str]) {
    let mut manifest = manifest(Value::Array(functions), json!({}), json!({}));
    manifest["forms"] = forms;
    assert_diagnostics(&manifest, expected);
}

/// Checks the diagnostic for a form `contact` with one field.
fn assert_form_field_diagnostic(field: &Value, expected: &str) {
    let properties: Value = [(field["name"].as_str().unwrap(), json!({ "type": "string" }))]
        .into_iter()
        .collect();
    let input = json!({ "type": "object", "properties": properties });
    let form = json!({
        "name": "contact",
        "fields": [field],
        "source": { "file": "src/contact.rs", "line": 7 },
    });
    assert_form_diagnostics(
        form_functions("contact", &input),
        json!([form]),
        &[&format!("form `contact` (src/contact.rs:7) has {expected}")],
    );
}

#[test]
fn rejects_forms_without_functions() {
    assert_form_diagnostics(
        Vec::new(),
        json!([{ "name": "contact", "fields": [] }]),
        &[
            "form `contact` has no query `contact.state`: register the function together with the form",
            "form `contact` has no query `contact.validate`: register the function together with the form",
            "form `contact` has no mutation `contact.submit`: register the function together with the form",
        ],
    );
    let mut functions = form_functions("contact", &json!({}));
    functions[1].as_object_mut().unwrap().remove("input");
    assert_form_diagnostics(
        functions,
        json!([{ "name": "contact", "fields": [] }]),
        &[
            "form `contact` cannot submit anything, because `contact.submit` has no input: add a field",
        ],
    );
}

#[test]
fn rejects_invalid_form_fields() {
    for name in [
        "a.b",
        "a[0]",
        "0",
        "__token",
        "__proto__",
        "constructor",
        "root",
        "it's",
        "`",
    ] {
        assert_form_field_diagnostic(
            &json!({ "name": name, "widget": "text", "label": "A" }),
            &format!(
                "a field `{name}`, a name that is reserved in forms: rename the field, or only its name on the wire with `#[serde(rename = \"..\")]`"
            ),
        );
    }
    for widget in ["group", "list"] {
        assert_form_field_diagnostic(
            &json!({ "name": "phones", "widget": widget, "label": "Phones" }),
            &format!("a {widget} `phones` without fields: add a field, or choose another widget"),
        );
    }
    assert_form_diagnostics(
        form_functions("contact", &json!({ "type": "object", "properties": {} })),
        json!([{
            "name": "contact",
            "fields": [
                { "name": "email", "widget": "email", "label": "Email" },
                { "name": "id", "widget": "text", "label": "Id", "disabled": true },
            ],
        }]),
        &[
            "form `contact` has a field `email` that is not in the input of `contact.submit`: declare the same fields in both",
        ],
    );
}

#[test]
fn rejects_conflicting_form_names() {
    let input = json!({ "type": "object" });
    let form = |name: &str| json!({ "name": name, "fields": [] });
    let mut functions = form_functions("contact", &input);
    functions.push(named("contact_form", "src/a.rs", 3));
    assert_form_diagnostics(
        functions,
        json!([form("contact")]),
        &[
            "function `contact_form` (src/a.rs:3) and form `contact` have the same TypeScript name `useContactForm`: rename the form",
        ],
    );
    let functions = [
        form_functions("edit.a", &input),
        form_functions("edit_a", &input),
    ];
    let mut manifest = manifest(Value::Array(functions.concat()), json!({}), json!({}));
    manifest["forms"] = json!([form("edit.a"), form("edit_a")]);
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    let error = generate(&manifest).unwrap_err().to_string();
    assert!(
        error.contains(
            "form `edit.a` and form `edit_a` have the same TypeScript name `editAForm`: rename the form"
        ),
        "{error}"
    );
}

/// Checks the diagnostics for the channels of an app without functions.
fn assert_channel_diagnostics(channels: Value, types: Value, expected: &[&str]) {
    let mut manifest = manifest(json!([]), types, json!({}));
    manifest["channels"] = channels;
    assert_diagnostics(&manifest, expected);
}

#[test]
fn rejects_conflicting_channel_names() {
    let source = json!({ "file": "src/a.rs", "line": 7 });
    assert_channel_diagnostics(
        json!([{ "name": "chat_room", "source": source }, { "name": "chat.room" }]),
        json!({}),
        &[
            "channel `chat.room` and channel `chat_room` (src/a.rs:7) have the same TypeScript name `chatRoomChannel`: rename the channel",
        ],
    );
    assert_channel_diagnostics(
        json!([{ "name": "2d" }]),
        json!({}),
        &[
            "channel `2d` has no valid TypeScript name, because a name must start with a letter: \
           rename the channel",
        ],
    );
    assert_channel_diagnostics(
        json!([{ "name": "chat" }]),
        json!({ "ChatChannel": true, "ChannelGap": true }),
        &[
            "the built-in `ChannelGap` and type `ChannelGap` have the same TypeScript name `ChannelGap`: rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
            "type `ChatChannel` and channel `chat` have the same TypeScript name `ChatChannel`: \
             rename the channel",
        ],
    );
    let mut with_function = manifest(
        json!([named("chat_channel", "src/b.rs", 1)]),
        json!({}),
        json!({}),
    );
    with_function["channels"] = json!([{ "name": "chat" }]);
    assert_diagnostics(
        &with_function,
        &[
            "function `chat_channel` (src/b.rs:1) and channel `chat` have the same TypeScript name `useChatChannel`: rename the channel",
        ],
    );
}

#[test]
fn client_without_channels_does_not_reserve_channel_names() {
    let manifest = manifest(json!([]), json!({ "ChannelGap": true }), json!({}));
    let files = generate(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    let of_channels = |path: &str| path.contains("channel") || path.contains("socket");
    assert!(!files.iter().any(|(path, _)| of_channels(path)));
}

#[test]
fn rejects_unsupported_channel_schemas() {
    assert_channel_diagnostics(
        json!([{
            "name": "chat",
            "params": { "type": "string" },
            "reply": { "type": "integer", "format": "bits", "minimum": 0 },
            "source": { "file": "src/a.rs" },
        }]),
        json!({}),
        &[
            "the reply of channel `chat` (src/a.rs): the width of this integer is unknown, and JavaScript rounds integers above 2^53: give its schema the format of a \
             32-bit integer, or a minimum and a maximum",
            "the params of channel `chat` (src/a.rs) are not an object: declare them as fields of an object",
        ],
    );
}
