//! Validation of a form with 30 fields, in process, compared with `validator` alone and with decoding the same
//! JSON with serde.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking, and its name documents it"
)]

use std::sync::Arc;

use bytes::Bytes;
use divan::Bencher;
use futures_util::FutureExt;
use mizan_core::{App, Cx, Error, Principal, Registry, RequestHead};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use validator::Validate;

fn main() {
    divan::main();
}

macro_rules! large {
    (texts: $($text:ident)*, numbers: $($number:ident)*, emails: $($email:ident)*) => {
        #[derive(Form, Deserialize, JsonSchema, Validate)]
        #[form(name = "large")]
        struct Large {
            $(#[validate(length(min = 1, max = 80))] $text: String,)*
            $(#[validate(range(min = 0, max = 100))] $number: u32,)*
            $(#[validate(email)] $email: String,)*
        }

        fn values() -> Map<String, Value> {
            let mut values = Map::new();
            $(values.insert(stringify!($text).to_owned(), json!("a line of text"));)*
            $(values.insert(stringify!($number).to_owned(), json!(42));)*
            $(values.insert(stringify!($email).to_owned(), json!("mia@example.org"));)*
            values
        }
    };
}

large! {
    texts: a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20,
    numbers: n1 n2 n3 n4 n5 n6 n7,
    emails: e1 e2 e3
}

impl FormHandler for Large {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

fn app() -> App {
    Registry::new().form::<Large>().build().unwrap()
}

fn bench_validate(bencher: Bencher<'_, '_>, values: &Map<String, Value>) {
    let app = app();
    let input = Bytes::from(json!({ "values": values }).to_string());
    let function = app.function("large.validate").unwrap();
    let head = Arc::new(RequestHead::empty());
    bencher.bench_local(|| {
        let cx = app.context(Principal::anonymous(), Arc::clone(&head));
        let reply = function.dispatch(cx, input.clone()).now_or_never();
        reply.unwrap().result.unwrap()
    });
}

#[divan::bench]
fn mizan_validate(bencher: Bencher<'_, '_>) {
    bench_validate(bencher, &values());
}

#[divan::bench]
fn mizan_validate_one_undecodable_field(bencher: Bencher<'_, '_>) {
    let mut values = values();
    values.insert("n1".to_owned(), json!("not a number"));
    bench_validate(bencher, &values);
}

#[divan::bench]
fn validator_alone(bencher: Bencher<'_, '_>) {
    let form: Large = serde_json::from_value(Value::Object(values())).unwrap();
    bencher.bench_local(|| Validate::validate(&form));
}

#[divan::bench]
fn serde_and_validator(bencher: Bencher<'_, '_>) {
    let input = Value::Object(values()).to_string();
    bencher.bench_local(|| {
        let form: Large = serde_json::from_slice(input.as_bytes()).unwrap();
        Validate::validate(&form)
    });
}
