//! The types of fields: supported ones, and those that no form control can hold.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use mizan_core::{App, Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, InitialValues, NoParams, RegisterForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::Validate;

use crate::app::{call, field_errors};

/// Declares a form with one field, and a handler.
macro_rules! form {
    ($name:ident { $(#[$attribute:meta])* $ty:ty }) => {
        #[derive(Form, Deserialize, JsonSchema, Validate)]
        #[form(name = "odd")]
        #[expect(dead_code, reason = "the form is only registered")]
        struct $name {
            $(#[$attribute])*
            value: $ty,
        }

        impl FormHandler for $name {
            type Output = ();
            type Error = Error;

            async fn initial(_: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
                Ok(InitialValues::new().set("value", json!({ "a": 1 })))
            }

            async fn submit(self, _: &Cx) -> Result<(), Error> {
                Ok(())
            }
        }
    };
}

#[derive(Deserialize, Serialize, JsonSchema)]
enum WithData {
    Circle { radius: f64 },
    Point,
}

form!(WithMap { BTreeMap<String, u32> });
form!(WithTuple { (u32, String) });
form!(WithEnum { WithData });
form!(WithUnit { () });
form!(WithLists { Vec<Vec<u32>> });
form!(WithMaps { Vec<BTreeMap<String, u32>> });
form!(WithBytes {
    #[serde(with = "mizan_core::wire::Base64::<Vec<u8>>")]
    Vec<u8>
});
form!(WithManyBytes {
    #[serde(with = "mizan_core::wire::Base64::<Vec<Vec<u8>>>")]
    Vec<Vec<u8>>
});
form!(WithRadio {
    #[field(widget = "radio")]
    bool
});
form!(WithSelect {
    #[field(widget = "select")]
    bool
});
form!(WithWrongChoice {
    #[field(choices("one" = "One"))]
    u32
});
form!(WithAnything { Value });
form!(WithServerMap { #[field(server_only)] BTreeMap<String, u32> });
form!(WithNumberChoices {
    #[field(choices("1" = "One", "2.0" = "Two"))]
    u32
});
form!(WithBoolChoices {
    #[field(widget = "radio", choices("true" = "Yes", "false" = "No"))]
    bool
});

fn rejection<F: FormHandler>() -> String {
    let panic = catch_unwind(|| Registry::new().form::<F>()).err().unwrap();
    *panic.downcast::<String>().unwrap()
}

fn app<F: FormHandler>() -> App {
    Registry::new().form::<F>().build().unwrap()
}

#[test]
fn refuses_types_that_no_control_can_hold() {
    for (message, field) in [
        (rejection::<WithMap>(), "value"),
        (rejection::<WithTuple>(), "value"),
        (rejection::<WithEnum>(), "value"),
        (rejection::<WithUnit>(), "value"),
        (rejection::<WithMaps>(), "value.*"),
    ] {
        let start =
            format!("the field `{field}` of the form `odd` has a type that no form control");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains("#[field(server_only)]"), "{message}");
    }
    assert_eq!(
        rejection::<WithLists>(),
        "the field `value` of the form `odd` is a list of lists: move the inner list into a struct \
         with `#[derive(Form)]`, and add `#[validate(nested)]`"
    );
}

#[test]
fn refuses_bytes() {
    for (message, field) in [
        (rejection::<WithBytes>(), "value"),
        (rejection::<WithManyBytes>(), "value.*"),
    ] {
        let start =
            format!("the field `{field}` of the form `odd` has bytes, which no form control");
        assert!(message.starts_with(&start), "{message}");
    }
}

#[test]
fn refuses_selections_without_choices() {
    for message in [rejection::<WithRadio>(), rejection::<WithSelect>()] {
        assert_eq!(
            message,
            "the field `value` of the form `odd` has no choices to select from: add \
             `#[field(choices(\"true\" = \"Yes\", \"false\" = \"No\"))]`"
        );
    }
    assert_eq!(
        rejection::<WithWrongChoice>(),
        "the field `value` of the form `odd` has the choice \"one\", which is not of the type \
         `integer`"
    );
}

#[tokio::test]
async fn accepts_types_with_a_text_form_and_server_only_fields() {
    let anything = app::<WithAnything>();
    let values = json!({ "value": "text" });
    assert!(call(&anything, "odd.submit", values).await.is_ok());
    let server_only = app::<WithServerMap>();
    assert!(call(&server_only, "odd.submit", json!({})).await.is_ok());
}

#[tokio::test]
async fn static_choices_have_the_type_of_the_field() {
    let numbers = app::<WithNumberChoices>();
    assert!(
        call(&numbers, "odd.submit", json!({ "value": 2 }))
            .await
            .is_ok()
    );
    for value in [json!(3), json!("2")] {
        let error = call(&numbers, "odd.submit", json!({ "value": value })).await;
        let errors = field_errors(&error.unwrap_err());
        assert_eq!(errors, ["value: Choose one of the options."]);
    }
    let yes = [("value".to_owned(), "true".to_owned())];
    let answers = app::<WithBoolChoices>();
    let posted = answers.form("odd").unwrap().shape.parse_fields(&yes);
    assert_eq!(posted, json!({ "value": true }));
    assert!(call(&answers, "odd.submit", posted).await.is_ok());
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Weekday {
    /// The first.
    Monday,
    Tuesday,
    /// The middle.
    Wednesday,
    Thursday,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "days")]
#[expect(dead_code, reason = "the form is only registered")]
struct Days {
    one: Weekday,
    maybe: Option<Weekday>,
    several: Vec<Weekday>,
    #[validate(nested)]
    group: Group,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[expect(dead_code, reason = "the form is only registered")]
struct Group {
    one: Weekday,
}

impl FormHandler for Days {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn choices_of_an_enum_are_in_order_of_declaration() {
    let manifest = app::<Days>().form("days").unwrap().shape.manifest();
    let fields = &manifest["fields"];
    for field in [&fields[0], &fields[1], &fields[2], &fields[3]["fields"][0]] {
        let choices = field["choices"].as_array().unwrap().iter();
        let labels: Vec<_> = choices.map(|choice| &choice["label"]).collect();
        assert_eq!(labels, ["The first", "Tuesday", "The middle", "Thursday"]);
    }
}

mod messages {
    use std::net::IpAddr;

    use jiff::{Span, Timestamp, Zoned};
    use rust_decimal::Decimal;
    use uuid::Uuid;

    use super::*;

    #[derive(Form, Deserialize, JsonSchema, Validate)]
    #[form(name = "words")]
    #[expect(dead_code, reason = "the fields are only validated")]
    struct Words {
        letter: char,
        moment: Timestamp,
        zoned: Zoned,
        span: Span,
        address: IpAddr,
        id: Uuid,
        price: Decimal,
        big: i64,
        even: Even,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(try_from = "String")]
    struct Even(());

    impl TryFrom<String> for Even {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, &'static str> {
            match text.len() % 2 {
                0 => Ok(Self(())),
                _ => Err("needs an even number of letters"),
            }
        }
    }

    impl FormHandler for Words {
        type Output = ();
        type Error = Error;

        async fn submit(self, _: &Cx) -> Result<(), Error> {
            Ok(())
        }
    }

    async fn errors(values: Value) -> Vec<String> {
        let error = call(&app::<Words>(), "words.submit", values).await;
        field_errors(&error.unwrap_err())
    }

    #[tokio::test]
    async fn texts_of_parsers_never_reach_users() {
        let values = json!({
            "letter": "ab", "moment": "now", "zoned": "now", "span": "long", "address": "::x",
            "id": "7", "price": "free", "big": "9223372036854775808", "even": "odd",
        });
        assert_eq!(
            errors(values).await,
            [
                "address: Enter a valid IP address.",
                "big: Enter a whole number.",
                "even: Needs an even number of letters.",
                "id: Must be a UUID.",
                "letter: Must have exactly 1 character.",
                "moment: Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.",
                "price: Enter a number, such as 12.50.",
                "span: Enter a duration, such as PT1H30M.",
                "zoned: Enter a date and a time with a time zone, such as \
                 2026-01-31T18:30:00+01:00[Europe/Berlin].",
            ]
        );
    }

    #[tokio::test]
    async fn a_blank_field_has_one_message() {
        let names = [
            "letter", "moment", "zoned", "span", "address", "id", "price", "big", "even",
        ];
        let blank = |value: Value| -> Value {
            names
                .map(|name| (name.to_owned(), value.clone()))
                .into_iter()
                .collect()
        };
        let posted = {
            let fields = names.map(|name| (name.to_owned(), String::new()));
            app::<Words>()
                .form("words")
                .unwrap()
                .shape
                .parse_fields(&fields)
        };
        let mut sorted = names;
        sorted.sort_unstable();
        let expected = sorted.map(|name| format!("{name}: This field is required."));
        for values in [json!({}), blank(Value::Null), posted] {
            assert_eq!(errors(values).await, expected);
        }
    }
}
