//! A form whose names coincide with names in the macro's output, with all supported serde attributes.
#![deny(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use mizan_core::{Cx, Registry};
use mizan_forms::{Form, FormHandler, RegisterForm};

mod as_text {
    use serde::Deserialize;

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

struct Partial;
struct Value;
struct Option;
struct Result;
struct String;
trait Validate {}

#[derive(mizan_forms::Form, serde::Deserialize, schemars::JsonSchema, validator::Validate)]
#[form(name = "names", auth = self::allowed, affects(*))]
#[serde(rename_all = "SCREAMING-KEBAB-CASE", deny_unknown_fields)]
struct Names {
    values: std::string::String,
    #[serde(rename = "self", alias = "other")]
    decoding: std::option::Option<std::string::String>,
    #[serde(with = "as_text")]
    #[schemars(with = "std::string::String")]
    number: u32,
    #[serde(default = "five")]
    #[field(initial = five(), step = 1, order = 3)]
    r#type: u8,
    #[serde(skip)]
    skipped: std::option::Option<std::string::String>,
    #[field(choices("a" = "A"), blank, max_bytes = 10, rows = 1)]
    listed: std::string::String,
}

fn five() -> u8 {
    5
}

async fn allowed(cx: &Cx) -> mizan_core::Decision {
    cx.principal().is_signed_in().into()
}

impl FormHandler for Names {
    type Output = ();
    type Error = mizan_core::Error;

    async fn submit(self, _: &Cx) -> std::result::Result<(), mizan_core::Error> {
        let _ = (self.values, self.decoding, self.number, self.r#type, self.skipped, self.listed);
        Ok(())
    }
}

fn main() {
    let _ = (Partial, Value, Option, Result, String);
    let registry = Registry::new().form::<Names>();
    let manifest = registry.manifest().unwrap();
    let fields = &manifest.as_json()["forms"][0]["fields"];
    let names: Vec<_> = fields.as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert_eq!(names, ["VALUES", "self", "NUMBER", "LISTED", "TYPE"]);
}
