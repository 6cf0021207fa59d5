//! What has no TypeScript is refused by name, with the way out.

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

fn refuse(manifest: &Value, expected: &[&str]) {
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    let error = generate(&manifest).expect_err(&expected.join("\n"));
    assert_eq!(error.to_string(), expected.join("\n"));
}

/// Refuses a function.
fn function(function: Value, expected: &str) {
    let functions = Value::Array(vec![function]);
    refuse(&manifest(functions, json!({}), json!({})), &[expected]);
}

/// Refuses a type called `Post` with a field `field`.
fn field(schema: Value, expected: &str) {
    let properties: Value = [("field", schema)].into_iter().collect();
    let post = json!({ "type": "object", "properties": properties });
    let expected = format!("type `Post`, field `field{expected}");
    refuse(
        &manifest(json!([]), json!({ "Post": post }), json!({})),
        &[&expected],
    );
}

fn ty(name: &str, expected: &str) {
    refuse(
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
fn integers_that_javascript_would_round() {
    for (format, rust) in [
        ("int64", "i64"),
        ("uint64", "u64"),
        ("int128", "i128"),
        ("uint128", "u128"),
        ("int", "isize"),
        ("uint", "usize"),
    ] {
        field(
            json!({ "type": ["integer", "null"], "format": format }),
            &format!(
                "`: integers of 64 bits and more (`{rust}`) are not generated yet, because \
                 JavaScript would silently round those above 2^53: use a 32-bit integer or an f64, \
                 or send a string with `#[serde(with = \"..\")]` and \
                 `#[schemars(with = \"String\")]`"
            ),
        );
    }
    field(
        json!({ "type": "integer", "format": "seconds", "minimum": 0 }),
        "`: the width of this integer is unknown, and JavaScript would silently round one above \
         2^53: give its schema the format of a 32-bit integer, or a minimum and a maximum",
    );
    field(
        json!({ "const": 9_007_199_254_740_993_u64 }),
        "`: the number 9007199254740993 is not exact in JavaScript: use a string",
    );
}

#[test]
fn the_place_of_a_schema_is_told() {
    function(
        json!({
            "name": "rename",
            "kind": "mutation",
            "input": { "type": "object", "properties": { "ids": { "type": "array", "items": {
                "type": "object", "additionalProperties": { "type": "what" }
            } } } },
            "output": true,
            "source": { "file": "src/posts.rs", "line": 12 },
        }),
        "the input of function `rename` (src/posts.rs:12), field `ids[][key]`: the schema type \
         `what` does not exist",
    );
    function(
        json!({ "name": "rename", "kind": "mutation", "output": { "$ref": "#/$defs/Post" } }),
        "the output of function `rename`: type `Post` is not in the manifest: add it to `$defs`",
    );
}

#[test]
fn schemas_without_a_type() {
    field(
        json!({ "if": true }),
        "`: the schema keyword `if` is not supported: describe the type with \
         `#[schemars(with = \"..\")]`",
    );
    field(
        json!({ "type": "string", "not": { "const": "" } }),
        "`: the schema keyword `not` is not supported: describe the type with \
         `#[schemars(with = \"..\")]`",
    );
    field(
        json!({ "type": "string", "minLength": -1 }),
        "`: the schema keyword `minLength` has a value that JSON Schema does not allow there",
    );
    field(
        json!({ "type": "array", "prefixItems": [true], "items": { "type": "string" } }),
        "`: a list whose first items differ needs as many items as it describes: use a tuple",
    );
    field(
        json!({ "type": "object", "patternProperties": { "^a": { "type": "string" }, "^b": true } }),
        "`: keys of a map with different patterns hold different types: use a struct or an enum",
    );
    field(
        json!({
            "type": "object",
            "properties": { "id": { "type": "string" } },
            "anyOf": [{ "type": "boolean" }, { "type": "object", "properties": { "a": true } }],
        }),
        "`: only structs, maps and enums can be flattened: remove `#[serde(flatten)]`",
    );
}

#[test]
fn names_that_meet() {
    refuse(
        &manifest(
            json!([
                named("getUser", "src/a.rs", 3),
                named("get_user", "src/b.rs", 5)
            ]),
            json!({}),
            json!({}),
        ),
        &[
            "function `getUser` (src/a.rs:3) and function `get_user` (src/b.rs:5) would both be \
           `getUser` in TypeScript: rename the function",
        ],
    );
    refuse(
        &manifest(
            json!([named("echo", "src/a.rs", 3), named("echo", "src/b.rs", 5)]),
            json!({}),
            json!({}),
        ),
        &["two functions are named `echo`: src/a.rs:3 and src/b.rs:5: rename one"],
    );
    refuse(
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
            "type `PageOfInt` and type `Page_of_int` would both be `PageOfInt` in TypeScript: \
             rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
            "type `RenameInput` and the input of function `rename` would both be `RenameInput` in \
             TypeScript: rename the function, or the schema of the type with \
             `#[schemars(rename = \"..\")]`",
        ],
    );
    refuse(
        &manifest(
            json!([]),
            json!({ "HTTPRoute": true, "HttpRoute": true }),
            json!({}),
        ),
        &[
            "type `HTTPRoute` and type `HttpRoute` would both be `httpRouteSchema` in TypeScript: \
           rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
        ],
    );
    refuse(
        &manifest(
            json!([]),
            json!({ "RenameError": true }),
            json!({ "RenameError": { "variants": [] } }),
        ),
        &[
            "type `RenameError` and error `RenameError` would both be `RenameError` in TypeScript: \
           rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
        ],
    );
}

#[test]
fn names_of_the_clients_own() {
    for name in [
        "Api",
        "CommonError",
        "MizanProvider",
        "CallError",
        "Query",
        "Result",
        "Failure",
    ] {
        ty(
            name,
            &format!(
                "the client's own `{name}` and type `{name}` would both be `{name}` in \
                 TypeScript: rename the type, or only its schema with `#[schemars(rename = \"..\")]`"
            ),
        );
    }
    function(
        named("api", "src/a.rs", 3),
        "the client's own `useApi` and function `api` (src/a.rs:3) would both be `useApi` in \
         TypeScript: rename the function",
    );
    function(
        json!({ "name": "mizan", "kind": "local_context", "output": true }),
        "the client's own `MizanProvider` and function `mizan` would both be `MizanProvider` in \
         TypeScript: rename the function",
    );
}

#[test]
fn names_that_are_none() {
    function(
        named("2fa", "src/a.rs", 3),
        "function `2fa` (src/a.rs:3) has no name in TypeScript, where a name starts with a letter: \
         rename the function",
    );
    ty(
        "<>",
        "type `<>` has no name in TypeScript, where a name starts with a letter: rename the type, \
         or only its schema with `#[schemars(rename = \"..\")]`",
    );
}

#[test]
fn names_with_a_meaning_in_javascript() {
    for (wire, name) in [
        ("__proto__", "__proto__"),
        ("constructor", "constructor"),
        ("then", "then"),
        ("to_string", "toString"),
        ("has_own_property", "hasOwnProperty"),
    ] {
        function(
            named(wire, "src/a.rs", 3),
            &format!(
                "function `{wire}` (src/a.rs:3) would be `{name}` in TypeScript, which every \
                 JavaScript object gives a meaning: rename the function"
            ),
        );
    }
}

#[test]
fn inputs_that_do_not_fit() {
    function(
        json!({
            "name": "me",
            "kind": "global_context",
            "input": { "type": "object", "properties": { "id": true } },
            "output": true,
        }),
        "function `me` is a global context and takes arguments: make it a local context, or a query",
    );
    for argument in ["children", "fallback", "key", "ref"] {
        function(
            json!({
                "name": "room",
                "kind": "local_context",
                "input": { "type": "object", "properties": { argument: true } },
                "output": true,
            }),
            &format!(
                "function `room` is a local context with an argument `{argument}`, which React or \
                 the provider takes for itself: rename the argument"
            ),
        );
    }
    function(
        json!({ "name": "echo", "kind": "mutation", "input": { "type": "string" }, "output": true }),
        "the input of function `echo` is not an object: describe the arguments as the fields of an \
         object",
    );
}

#[test]
fn affects_and_errors_that_are_not_there() {
    let sign_out = json!({
        "name": "sign_out",
        "kind": "mutation",
        "output": true,
        "affects": ["sign_out", "me", "*"],
        "error": "SignOutError",
    });
    refuse(
        &manifest(json!([sign_out]), json!({}), json!({})),
        &[
            "function `sign_out` affects `sign_out`, which is no query or context: register it, or \
             remove it from `affects`",
            "function `sign_out` affects `me`, which is no query or context: register it, or \
             remove it from `affects`",
            "function `sign_out` fails with `SignOutError`, which the manifest does not describe: \
             add it to `errors`",
        ],
    );
}

#[test]
fn errors_that_cannot_be_told_apart() {
    let error = |variants: Value| {
        manifest(
            json!([]),
            json!({}),
            json!({ "E": { "variants": variants } }),
        )
    };
    refuse(
        &error(json!([{ "code": "taken", "status": 409 }, { "code": "taken", "status": 410 }])),
        &["error `E` has two variants with the code `taken`: give each its own code"],
    );
    for code in ["network", "aborted", "unreadable_reply", "invalid"] {
        refuse(
            &error(json!([{ "code": code, "status": 409 }])),
            &[&format!(
                "variant `{code}` of error `E` has a code that every function can fail with: give \
                 it a code of its own"
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
        refuse(
            &error(json!([{ "code": "taken", "status": 409, "data": data }])),
            &[&format!(
                "variant `taken` of error `E` carries a field `{member}`, which every error has \
                 for itself: rename the field"
            )],
        );
    }
    refuse(
        &error(json!([{ "code": "taken", "status": 409, "data": { "type": "string" } }])),
        &[
            "the data of variant `taken` of error `E` is not an object: give the variant named fields",
        ],
    );
}

#[test]
fn types_that_never_end() {
    let defs = json!({
        "A": { "$ref": "#/$defs/B" },
        "B": { "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] },
        "List": { "anyOf": [{ "type": "array", "items": { "$ref": "#/$defs/List" } }, { "type": "null" }] },
    });
    refuse(
        &manifest(json!([]), defs, json!({})),
        &[
            "type `A` is made of nothing but itself: put a struct with a field in between",
            "type `B` is made of nothing but itself: put a struct with a field in between",
        ],
    );
}

/// The functions of a form whose `submit` takes `input`.
fn form_functions(name: &str, input: &Value) -> Vec<Value> {
    vec![
        json!({ "name": format!("{name}.schema"), "kind": "query", "output": true }),
        json!({ "name": format!("{name}.submit"), "kind": "mutation", "input": input, "output": true }),
        json!({ "name": format!("{name}.validate"), "kind": "query", "output": true }),
    ]
}

fn refuse_forms(functions: Vec<Value>, forms: Value, expected: &[&str]) {
    let mut manifest = manifest(Value::Array(functions), json!({}), json!({}));
    manifest["forms"] = forms;
    refuse(&manifest, expected);
}

/// Refuses a form called `contact` with a field.
fn form_field(field: &Value, expected: &str) {
    let properties: Value = [(field["name"].as_str().unwrap(), json!({ "type": "string" }))]
        .into_iter()
        .collect();
    let input = json!({ "type": "object", "properties": properties });
    let form = json!({
        "name": "contact",
        "fields": [field],
        "source": { "file": "src/contact.rs", "line": 7 },
    });
    refuse_forms(
        form_functions("contact", &input),
        json!([form]),
        &[&format!("form `contact` (src/contact.rs:7) has {expected}")],
    );
}

#[test]
fn forms_without_their_functions() {
    refuse_forms(
        Vec::new(),
        json!([{ "name": "contact", "fields": [] }]),
        &[
            "form `contact` has no query `contact.schema`: register it together with the form",
            "form `contact` has no query `contact.validate`: register it together with the form",
            "form `contact` has no mutation `contact.submit`: register it together with the form",
        ],
    );
    let mut functions = form_functions("contact", &json!({}));
    functions[1].as_object_mut().unwrap().remove("input");
    refuse_forms(
        functions,
        json!([{ "name": "contact", "fields": [] }]),
        &["form `contact` takes nothing, as `contact.submit` has no input: give it a field"],
    );
}

#[test]
fn fields_that_a_form_cannot_have() {
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
        form_field(
            &json!({ "name": name, "widget": "text", "label": "A" }),
            &format!(
                "a field `{name}`, whose name means something else in a form in TypeScript: \
                 rename the field, or only on the wire with `#[serde(rename = \"..\")]`"
            ),
        );
    }
    for widget in ["group", "list"] {
        form_field(
            &json!({ "name": "phones", "widget": widget, "label": "Phones" }),
            &format!("a {widget} `phones` without fields: give it some, or another widget"),
        );
    }
    refuse_forms(
        form_functions("contact", &json!({ "type": "object", "properties": {} })),
        json!([{
            "name": "contact",
            "fields": [
                { "name": "email", "widget": "email", "label": "Email" },
                { "name": "id", "widget": "text", "label": "Id", "disabled": true },
            ],
        }]),
        &[
            "form `contact` has a field `email`, and `contact.submit` takes none: have both describe \
           the same fields",
        ],
    );
}

#[test]
fn names_that_a_form_takes_from_others() {
    let input = json!({ "type": "object" });
    let form = |name: &str| json!({ "name": name, "fields": [] });
    let mut functions = form_functions("contact", &input);
    functions.push(named("contact_form", "src/a.rs", 3));
    refuse_forms(
        functions,
        json!([form("contact")]),
        &[
            "function `contact_form` (src/a.rs:3) and form `contact` would both be `useContactForm` \
           in TypeScript: rename the form",
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
            "form `edit.a` and form `edit_a` would both be `editAForm` in TypeScript: rename the form"
        ),
        "{error}"
    );
}

/// Refuses channels of an app that has nothing else but `types`.
fn channels(channels: Value, types: Value, expected: &[&str]) {
    let mut manifest = manifest(json!([]), types, json!({}));
    manifest["channels"] = channels;
    refuse(&manifest, expected);
}

#[test]
fn names_of_channels() {
    let source = json!({ "file": "src/a.rs", "line": 7 });
    channels(
        json!([{ "name": "chat_room", "source": source }, { "name": "chat.room" }]),
        json!({}),
        &[
            "channel `chat.room` and channel `chat_room` (src/a.rs:7) would both be \
           `chatRoomChannel` in TypeScript: rename the channel",
        ],
    );
    channels(
        json!([{ "name": "2d" }]),
        json!({}),
        &[
            "channel `2d` has no name in TypeScript, where a name starts with a letter: \
           rename the channel",
        ],
    );
    channels(
        json!([{ "name": "chat" }]),
        json!({ "ChatChannel": true, "ChannelGap": true }),
        &[
            "the client's own `ChannelGap` and type `ChannelGap` would both be `ChannelGap` in \
             TypeScript: rename the type, or only its schema with `#[schemars(rename = \"..\")]`",
            "type `ChatChannel` and channel `chat` would both be `ChatChannel` in TypeScript: \
             rename the channel",
        ],
    );
    let mut with_function = manifest(
        json!([named("chat_channel", "src/b.rs", 1)]),
        json!({}),
        json!({}),
    );
    with_function["channels"] = json!([{ "name": "chat" }]);
    refuse(
        &with_function,
        &[
            "function `chat_channel` (src/b.rs:1) and channel `chat` would both be \
             `useChatChannel` in TypeScript: rename the channel",
        ],
    );
}

#[test]
fn a_client_without_channels_leaves_their_names_to_others() {
    let manifest = manifest(json!([]), json!({ "ChannelGap": true }), json!({}));
    let files = generate(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    let of_channels = |path: &str| path.contains("channel") || path.contains("socket");
    assert!(!files.iter().any(|(path, _)| of_channels(path)));
}

#[test]
fn parts_of_channels_without_a_type() {
    channels(
        json!([{
            "name": "chat",
            "params": { "type": "string" },
            "reply": { "type": "integer", "format": "bits", "minimum": 0 },
            "source": { "file": "src/a.rs" },
        }]),
        json!({}),
        &[
            "the reply of channel `chat` (src/a.rs): the width of this integer is unknown, and \
             JavaScript would silently round one above 2^53: give its schema the format of a \
             32-bit integer, or a minimum and a maximum",
            "the params of channel `chat` (src/a.rs) are not an object: describe them as the \
             fields of an object",
        ],
    );
}
