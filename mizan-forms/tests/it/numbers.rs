//! Integers of 64 bits that are numbers in JavaScript.

use mizan_core::wire::AsNumber;
use mizan_core::{App, Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, InitialValues, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use crate::app::{call, field_errors};

const SAFE: u64 = 9_007_199_254_740_991;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "numbers")]
struct Numbers {
    #[field(param)]
    #[client(as_number)]
    id: u64,
    #[client(as_number)]
    #[serde(rename = "declaredCount")]
    declared: u64,
    #[serde(with = "AsNumber::<u64>")]
    encoded: u64,
    #[client(as_number)]
    #[validate(range(min = -5))]
    signed: Option<i64>,
    #[serde(with = "AsNumber::<Vec<u64>>", default)]
    list: Vec<u64>,
    #[serde(default)]
    #[validate(nested)]
    rows: Vec<Row>,
    exact: Option<u64>,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
struct Row {
    #[client(as_number)]
    size: u64,
}

impl FormHandler for Numbers {
    type Output = u64;
    type Error = Error;

    async fn initial(_: &Cx, params: &NumbersParams) -> Result<InitialValues, Error> {
        let large = SAFE + 1;
        Ok(match params.id {
            1 => InitialValues::new().set("declaredCount", large),
            2 => InitialValues::new().set("encoded", large),
            3 => InitialValues::new().set("list", json!([1, large])),
            4 => InitialValues::new().set("rows", json!([{ "size": 1 }, { "size": large }])),
            5 => InitialValues::new().set("exact", large),
            _ => InitialValues::new().set("declaredCount", SAFE),
        })
    }

    async fn submit(self, _: &Cx) -> Result<u64, Error> {
        let sizes: u64 = self.rows.iter().map(|row| row.size).sum();
        let signed = self.signed.unwrap_or_default().unsigned_abs();
        let list: u64 = self.list.iter().sum();
        Ok(
            self.id
                + self.declared
                + self.encoded
                + signed
                + list
                + sizes
                + self.exact.unwrap_or(0),
        )
    }
}

fn app() -> App {
    Registry::new().form::<Numbers>().build().unwrap()
}

#[test]
fn the_client_has_numbers() {
    let manifest = app().manifest().as_json().clone();
    let functions = manifest["functions"].as_array().unwrap();
    for name in ["numbers.submit", "numbers.state"] {
        let function = functions.iter().find(|one| one["name"] == name).unwrap();
        let properties = &function["input"]["properties"];
        let expected = json!({ "type": "integer", "minimum": 0, "maximum": SAFE });
        let names = properties.as_object().unwrap().keys();
        let as_numbers = ["id", "declaredCount", "encoded"];
        for name in names.filter(|name| as_numbers.contains(&name.as_str())) {
            assert_eq!(properties[name], expected, "{name}");
        }
        assert_eq!(properties["id"], expected);
    }
}

#[tokio::test]
async fn integers_beyond_the_limit_are_refused_in_every_way() {
    let app = app();
    let base = json!({ "id": 6, "declaredCount": 1, "encoded": 1 });
    let limits = "Must be at least 0 and at most 9007199254740991.";
    for (path, name, value, expected) in [
        ("id", "id", json!(SAFE + 1), limits),
        ("declaredCount", "declaredCount", json!(SAFE + 1), limits),
        ("declaredCount", "declaredCount", json!(u64::MAX), limits),
        ("encoded", "encoded", json!(SAFE + 1), limits),
        (
            "signed",
            "signed",
            json!(-9_007_199_254_740_992_i64),
            "Must be at least -5 and at most 9007199254740991.",
        ),
        ("list.1", "list", json!([1, SAFE + 1]), limits),
        ("rows.0.size", "rows", json!([{ "size": SAFE + 1 }]), limits),
    ] {
        let mut values = base.clone();
        values[name] = value;
        let error = call(&app, "numbers.submit", values.clone())
            .await
            .unwrap_err();
        assert_eq!(field_errors(&error), [format!("{path}: {expected}")]);
        if name != "id" {
            let input = json!({ "values": values });
            let validated = call(&app, "numbers.validate", input).await.unwrap();
            assert_eq!(validated["errors"], json!({ path: [expected] }));
        }
        if let Value::Number(number) = &values[name] {
            let mut fields = vec![
                ("id".to_owned(), "6".to_owned()),
                ("declaredCount".to_owned(), "1".to_owned()),
                ("encoded".to_owned(), "1".to_owned()),
            ];
            fields.retain(|(field, _)| field != name);
            fields.push((name.to_owned(), number.to_string()));
            let posted = app.form("numbers").unwrap().shape.parse_fields(&fields);
            let error = call(&app, "numbers.submit", posted).await.unwrap_err();
            assert_eq!(field_errors(&error), [format!("{path}: {expected}")]);
        }
    }
    let mut values = base;
    values["declaredCount"] = json!(SAFE);
    assert_eq!(
        call(&app, "numbers.submit", values).await.unwrap(),
        json!(SAFE + 7)
    );
}

#[tokio::test]
async fn initial_values_beyond_the_limit_are_errors() {
    let app = app();
    for (id, path) in [
        (1, "declaredCount"),
        (2, "encoded"),
        (3, "list.1"),
        (4, "rows.1.size"),
    ] {
        let error = call(&app, "numbers.state", json!({ "id": id }))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "internal");
        let log = format!("{error:?}");
        assert!(
            log.contains(&format!("the initial value of `{path}`")),
            "{log}"
        );
    }
    let exact = call(&app, "numbers.state", json!({ "id": 5 }))
        .await
        .unwrap();
    assert_eq!(exact["values"]["exact"], json!(SAFE + 1));
    let safe = call(&app, "numbers.state", json!({ "id": 6 }))
        .await
        .unwrap();
    assert_eq!(safe["values"]["declaredCount"], json!(SAFE));
}
