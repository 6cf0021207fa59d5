//! Benchmark of the generation of a client with many functions.

use divan::Bencher;
use mizan_codegen::compat::compare;
use mizan_codegen::{Manifest, generate};
use serde_json::{Map, Value, json};

fn main() {
    divan::main();
}

/// Parses a manifest and generates all files.
#[divan::bench(args = [100, 1_000])]
fn client(bencher: Bencher<'_, '_>, functions: usize) {
    let json = manifest(functions).to_string();
    bencher.bench(|| {
        let manifest = Manifest::parse(&json).expect("the manifest is valid");
        generate(&manifest).expect("the manifest has a TypeScript equivalent")
    });
}

/// Compares two manifests in which the outputs of all functions differ.
#[divan::bench(args = [100, 1_000])]
fn compat(bencher: Bencher<'_, '_>, functions: usize) {
    let old = manifest(functions).to_string();
    let new = old.replace(
        "\"author\":{\"type\":[\"string\",\"null\"]}",
        "\"author\":{\"type\":\"string\"}",
    );
    assert_ne!(old, new);
    bencher.bench(|| {
        let [old, new] =
            [&old, &new].map(|json| Manifest::parse(json).expect("the manifest is valid"));
        compare(&old, &new).expect("the schemas are valid")
    });
}

/// Returns the manifest of an app in which each function has its own input, output and error types.
fn manifest(functions: usize) -> Value {
    let kinds = ["query", "mutation", "local_context", "mutation"];
    let numbers = || (0..functions).map(|number| (number, kinds[number % kinds.len()]));
    let described: Vec<_> = numbers()
        .map(|(number, kind)| {
            json!({
                "name": format!("change_post_{number}"),
                "kind": kind,
                "policy": "signed in",
                "input": input(number),
                "output": { "$ref": format!("#/$defs/Post{number}") },
                "error": format!("Post{number}Error"),
                "affects": if kind == "mutation" { vec!["*"] } else { vec![] },
                "docs": "Changes a post.\n\nOnly for its author.",
                "source": { "file": "src/posts.rs", "line": number },
            })
        })
        .collect();
    let types: Map<_, _> = numbers()
        .map(|(number, _)| (format!("Post{number}"), output(number)))
        .collect();
    let errors: Map<_, _> = numbers()
        .map(|(number, _)| (format!("Post{number}Error"), error()))
        .collect();
    json!({
        "mizan": 1,
        "contract": "9f86d081884c7d65",
        "codes": ["malformed", "unauthenticated", "forbidden", "invalid", "internal"],
        "functions": described,
        "errors": errors,
        "$defs": types,
    })
}

fn input(number: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "integer", "format": "uint32", "minimum": 0 },
            "title": { "type": "string", "minLength": 1, "maxLength": 80, "description": "The new title." },
            "tags": { "type": "array", "items": { "type": "string" }, "maxItems": 10 },
            "parent": { "anyOf": [{ "$ref": format!("#/$defs/Post{number}") }, { "type": "null" }] },
        },
        "required": ["id", "title"],
        "additionalProperties": false,
    })
}

fn output(number: usize) -> Value {
    json!({
        "description": "A blog post.",
        "type": "object",
        "properties": {
            "id": { "type": "integer", "format": "uint32", "minimum": 0 },
            "title": { "type": "string", "description": "At most 80 characters." },
            "author": { "type": ["string", "null"] },
            "replies": { "type": "array", "items": { "$ref": format!("#/$defs/Post{number}") } },
            "scores": { "type": "object", "additionalProperties": { "type": "number", "format": "double" } },
            "state": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "draft" } }, "required": ["kind"] },
                {
                    "type": "object",
                    "properties": { "kind": { "const": "published" }, "by": { "type": "string" } },
                    "required": ["kind", "by"],
                },
            ] },
        },
        "required": ["id", "title", "author", "replies", "scores", "state"],
    })
}

fn error() -> Value {
    json!({
        "docs": "An error from changing a post.",
        "variants": [
            { "code": "locked", "status": 409, "docs": "Another user is editing the post." },
            {
                "code": "taken",
                "status": 409,
                "data": { "type": "object", "properties": { "by": { "type": "string" } }, "required": ["by"] },
            },
        ],
    })
}
