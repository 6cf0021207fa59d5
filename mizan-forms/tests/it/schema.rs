//! The query `contact.schema`.

use serde_json::{Value, json};

use crate::app::{app, call, registry, valid};

async fn schema() -> Value {
    let (app, _) = app();
    call(&app, "contact.schema", json!({})).await.unwrap()
}

#[tokio::test]
async fn returns_title_docs_and_redirect() {
    let schema = schema().await;
    assert_eq!(
        (&schema["name"], &schema["title"], &schema["redirect"]),
        (&json!("contact"), &json!("Contact us"), &json!("/thanks"))
    );
    assert_eq!(schema["docs"], "Write to us.\n\nWe answer within a day.");
}

#[tokio::test]
async fn returns_the_fields_of_the_manifest() {
    let manifest = registry().manifest().unwrap();
    let fields = &manifest.as_json()["forms"][0]["fields"];
    assert_eq!(&schema().await["fields"], fields);
}

#[tokio::test]
async fn includes_the_state() {
    let (app, _) = app();
    let mut state = call(&app, "contact.state", json!({})).await.unwrap();
    let schema = schema().await;
    assert_ne!(schema["token"], state["token"]);
    state["token"] = schema["token"].clone();
    for (name, value) in state.as_object().unwrap() {
        assert_eq!(&schema[name], value, "{name}");
    }
    assert_eq!(schema["choices"]["country"][1]["label"], "Austria");
}

/// In the manifest, all functions share the definitions; this schema includes its own.
#[tokio::test]
async fn returns_a_self_contained_json_schema_of_the_input() {
    let schema = schema().await;
    let json_schema = &schema["json_schema"];
    assert_eq!(
        json_schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(json_schema["title"], "Contact us");
    assert_eq!(json_schema["required"], json!(["fullName", "email"]));
    assert_eq!(
        json_schema["properties"]["phones"]["items"]["$ref"],
        "#/$defs/Phone"
    );
    let phone = &json_schema["$defs"]["Phone"];
    assert_eq!(phone["properties"]["the-number"]["minLength"], 3);
    for (name, value) in valid().as_object().unwrap() {
        let property = &json_schema["properties"][name];
        assert_eq!(property["type"] == "string", value.is_string(), "{name}");
    }
    for hidden in ["account", "tenant"] {
        assert_eq!(json_schema["properties"].get(hidden), None);
    }
}
