//! `#[client]`.

use mizan_core::function::{Affected, FunctionKind};
use mizan_core::{
    ClientError, Cx, Decision, Error, Policy, Principal, Registry, ServerFunction, client,
};
use serde_json::json;

use crate::{field_errors, member, result};

/// Returns nothing.
///
/// It has a second paragraph.
#[client]
async fn ping() -> Result<(), Error> {
    Ok(())
}

#[client(query)]
async fn double(number: i32) -> Result<i32, Error> {
    Ok(number * 2)
}

#[client(context = "global")]
async fn current_user(cx: &Cx) -> Result<Option<String>, Error> {
    Ok(cx.principal().id().map(str::to_owned))
}

#[client(context = "local")]
async fn greet(_: &Cx, name: String) -> Result<String, Error> {
    Ok(format!("Hello, {name}!"))
}

#[client(affects(double, current_user, r#type))]
async fn change(_cx: &Cx) -> Result<(), Error> {
    Ok(())
}

#[client(affects(*))]
async fn reset() -> Result<(), Error> {
    Ok(())
}

#[client(query)]
async fn r#type(r#match: String, mut count: u8) -> Result<String, Error> {
    count += 1;
    Ok(format!("{match} {count}", r#match = r#match))
}

type Fallible<T> = Result<T, Error>;
type Plain = Fallible<u8>;

#[client(query)]
async fn aliased() -> Plain {
    Ok(1)
}

struct Double2;

#[client(input = DoubleTwice, query)]
async fn double2(number: i32) -> Fallible<i32> {
    let Double2 = Double2;
    Ok(number * 4)
}

/// A function whose arguments have names that the macro might use.
#[client(query)]
async fn other_cx(cx: u8, input: u8, name: u8, context: u8) -> Result<u8, Error> {
    Ok(cx + input + name + context)
}

mod hiding {
    use mizan_core::{Error, client};

    /// A function with the name of the argument that the macro generates, whose input struct has
    /// the name `Cx`.
    #[client(query)]
    pub(super) async fn cx(cx: &mizan_core::Cx, value: u8) -> Result<bool, Error> {
        Ok(value == 1 && cx.principal().is_signed_in())
    }
}

#[derive(Debug, ClientError)]
enum PublishError {
    Twice,
}

#[client(auth)]
async fn publish() -> Result<(), PublishError> {
    Err(PublishError::Twice)
}

#[client]
#[deprecated(note = "use another")]
async fn old(#[allow(unused_variables)] number: u8) -> Result<(), Error> {
    Ok(())
}

#[client]
async fn write(
    #[validate(length(min = 1, max = 5))]
    /// The title.
    title: String,
    #[serde(default)] tags: Vec<String>,
    #[serde(rename = "pageCount")] page_count: Option<u16>,
    #[validate(nested)] author: Author,
    #[serde(default = "five")] stars: u8,
    #[serde(skip)] hidden: Hidden,
) -> Result<String, Error> {
    let Hidden(hidden) = hidden;
    Ok(format!(
        "{title} {tags:?} {page_count:?} {} {stars} {hidden}",
        author.name
    ))
}

fn five() -> u8 {
    5
}

/// A type that clients never send, without `Deserialize` and `JsonSchema`.
#[derive(Default)]
struct Hidden(u8);

#[derive(serde::Deserialize, schemars::JsonSchema, validator::Validate)]
struct Author {
    #[validate(length(min = 2))]
    name: String,
}

fn described<F: ServerFunction>() -> (&'static str, FunctionKind, &'static [Affected]) {
    (F::NAME, F::KIND, F::AFFECTS)
}

#[test]
fn derives_name_kind_and_affects() {
    assert_eq!(
        described::<Ping>(),
        ("ping", FunctionKind::Mutation, &[][..])
    );
    assert_eq!(
        described::<Double>(),
        ("double", FunctionKind::Query, &[][..])
    );
    assert_eq!(
        described::<CurrentUser>(),
        ("current_user", FunctionKind::GlobalContext, &[][..])
    );
    assert_eq!(
        described::<Greet>(),
        ("greet", FunctionKind::LocalContext, &[][..])
    );
    assert_eq!(
        described::<Change>(),
        (
            "change",
            FunctionKind::Mutation,
            &["double", "current_user", "type"].map(Affected::query)[..]
        )
    );
    assert_eq!(
        described::<Reset>(),
        ("reset", FunctionKind::Mutation, &[Affected::ALL][..])
    );
    assert_eq!(described::<Type>(), ("type", FunctionKind::Query, &[][..]));
    assert_eq!(
        described::<DoubleTwice>(),
        ("double2", FunctionKind::Query, &[][..])
    );
}

#[test]
fn keeps_documentation_and_source_location() {
    assert_eq!(Ping::DOCS, "Returns nothing.\n\nIt has a second paragraph.");
    assert_eq!(Double::DOCS, "");
    let source = Ping::SOURCE.unwrap();
    assert!(
        source.file.ends_with("tests/it/client_macro.rs"),
        "{source}"
    );
    let line = include_str!("client_macro.rs")
        .lines()
        .position(|line| line.starts_with("async fn ping"));
    assert_eq!(source.line as usize, line.unwrap() + 1);
}

#[tokio::test]
async fn calls_a_function_with_values_and_directly() {
    let app = Registry::new()
        .function::<Ping>()
        .function::<Double>()
        .function::<CurrentUser>()
        .function::<Greet>()
        .function::<Type>()
        .function::<Aliased>()
        .function::<DoubleTwice>()
        .function::<OtherCx>()
        .function::<hiding::Cx>()
        .build()
        .unwrap();
    let anyone = Principal::anonymous;
    app.call_as(anyone(), Ping {}).await.unwrap();
    assert_eq!(
        app.call_as(anyone(), Double { number: 2 }).await.unwrap(),
        4
    );
    assert_eq!(double(3).await.unwrap(), 6);
    assert_eq!(app.call_as(anyone(), CurrentUser {}).await.unwrap(), None);
    let me = app.call_as(member(), CurrentUser {}).await.unwrap();
    assert_eq!(me.as_deref(), Some("mia"));
    let greeting = app
        .call_as(
            anyone(),
            Greet {
                name: "World".into(),
            },
        )
        .await;
    assert_eq!(greeting.unwrap(), "Hello, World!");
    let raw = app
        .call_as(
            anyone(),
            Type {
                r#match: "a".into(),
                count: 1,
            },
        )
        .await;
    assert_eq!(raw.unwrap(), "a 2");
    assert_eq!(app.call_as(anyone(), Aliased {}).await.unwrap(), 1);
    assert_eq!(
        app.call_as(anyone(), DoubleTwice { number: 2 })
            .await
            .unwrap(),
        8
    );
    let sum = app
        .call_as(
            anyone(),
            OtherCx {
                cx: 1,
                input: 2,
                name: 3,
                context: 4,
            },
        )
        .await;
    assert_eq!(sum.unwrap(), 10);
    assert!(
        app.call_as(member(), hiding::Cx { value: 1 })
            .await
            .unwrap()
    );
    let raw = result(&app, anyone(), "type", r#"{"match": "b", "count": 2}"#).await;
    assert_eq!(raw.unwrap(), json!("b 3"));
}

#[tokio::test]
async fn moves_attributes_of_arguments_to_fields() {
    let app = Registry::new().function::<Write>().build().unwrap();
    let call =
        async |input: serde_json::Value| result(&app, member(), "write", input.to_string()).await;
    let full = json!({
        "title": "a", "tags": ["x"], "pageCount": 3, "author": {"name": "Al"}, "stars": 1,
    });
    assert_eq!(
        call(full).await.unwrap(),
        json!(r#"a ["x"] Some(3) Al 1 0"#)
    );
    let minimal = json!({"title": "a", "author": {"name": "Al"}});
    assert_eq!(call(minimal).await.unwrap(), json!("a [] None Al 5 0"));
    let hidden = json!({"title": "a", "author": {"name": "Al"}, "hidden": 1});
    assert_eq!(
        field_errors(&call(hidden).await.unwrap_err()),
        ["hidden: Unknown field."]
    );
    let invalid = json!({"title": "longer", "author": {"name": "A"}});
    let error = call(invalid).await.unwrap_err();
    assert_eq!(error.code(), "invalid");
    assert_eq!(
        field_errors(&error),
        [
            "author.name: Must have at least 2 characters.",
            "title: Must have 1 to 5 characters.",
        ]
    );

    let manifest = app.manifest().as_json();
    let input = &manifest["functions"][0]["input"];
    assert_eq!(
        input["properties"]["title"],
        json!({
            "type": "string", "description": "The title.", "minLength": 1, "maxLength": 5,
        })
    );
    assert_eq!(input["required"], json!(["title", "author"]));
    assert_eq!(input["additionalProperties"], json!(false));
    let names: Vec<_> = input["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["title", "tags", "pageCount", "author", "stars"]);
}

#[tokio::test]
async fn keeps_other_attributes_on_the_function() {
    let app = Registry::new()
        .function::<Old>()
        .function::<Publish>()
        .build()
        .unwrap();
    app.call_as(member(), Old { number: 1 }).await.unwrap();
    let error = app.call_as(member(), Publish {}).await.unwrap_err();
    assert_eq!(error.code(), "twice");
}

#[tokio::test]
async fn supports_a_function_in_a_block() {
    #[client(auth = allow, authorize = agree)]
    async fn local(cx: &Cx, value: u8) -> Result<u8, Error> {
        let _ = cx;
        Ok(value)
    }

    async fn allow(cx: &Cx) -> Decision {
        cx.principal().is_signed_in().into()
    }

    async fn agree(_: &Cx, input: &Local) -> Decision {
        (input.value == 1).into()
    }

    let app = Registry::new().function::<Local>().build().unwrap();
    assert_eq!(app.call_as(member(), Local { value: 1 }).await.unwrap(), 1);
    let error = app.call_as(member(), Local { value: 2 }).await.unwrap_err();
    assert_eq!(error.code(), "forbidden");
    assert!(matches!(
        Local::POLICY,
        Policy::Custom { name: "allow", .. }
    ));
}

#[tokio::test]
async fn supports_a_handwritten_implementation() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Search {
        words: Vec<String>,
    }

    impl ServerFunction for Search {
        type Output = usize;
        type Error = Error;
        const NAME: &'static str = "posts.search";
        const KIND: FunctionKind = FunctionKind::Query;
        const POLICY: Policy = Policy::SignedIn;

        async fn authorize(&self, _: &Cx) -> Result<Decision, Error> {
            Ok((self.words.len() < 3).into())
        }

        async fn call(self, _: &Cx) -> Result<usize, Error> {
            Ok(self.words.len())
        }
    }

    let app = Registry::new().function::<Search>().build().unwrap();
    let call = async |input| result(&app, member(), "posts.search", input).await;
    assert_eq!(call(r#"{"words": ["a", "b"]}"#).await.unwrap(), json!(2));
    let rejected = call(r#"{"words": ["a", "b", "c"]}"#).await.unwrap_err();
    assert_eq!(rejected.code(), "forbidden");
    let anyone = result(&app, Principal::anonymous(), "posts.search", "").await;
    assert_eq!(anyone.unwrap_err().code(), "unauthenticated");
}

#[client]
async fn constrained(
    #[validate(
        length(min = 2, message = "Too short."),
        contains(pattern = "@", message = "Needs an at.")
    )]
    name: String,
    #[serde(rename = "nameAgain")]
    #[validate(must_match(other = "name"), does_not_contain(pattern = "x"))]
    name_again: String,
    #[validate(must_match(other = name_again))] third: String,
    #[validate(range(exclusive_min = 0.0, exclusive_max = 1.0, message = "Between 0 and 1."))]
    share: Option<f64>,
) -> Result<String, Error> {
    let _ = (third, share);
    Ok(name + &name_again)
}

#[test]
fn schema_has_messages_and_constraints_that_schemars_ignores() {
    let manifest = Registry::new()
        .function::<Constrained>()
        .manifest()
        .unwrap();
    let properties = &manifest.as_json()["functions"][0]["input"]["properties"];
    assert_eq!(
        properties["name"]["x-checks"],
        json!({
            "contains": "@",
            "messages": { "contains": "Needs an at.", "length": "Too short." },
        })
    );
    let checks = json!({ "mustMatch": "name", "doesNotContain": "x" });
    assert_eq!(properties["nameAgain"]["x-checks"], checks);
    let checks = json!({ "mustMatch": "nameAgain" });
    assert_eq!(properties["third"]["x-checks"], checks);
    let share = &properties["share"];
    assert_eq!(
        (&share["exclusiveMinimum"], &share["exclusiveMaximum"]),
        (&json!(0.0), &json!(1.0))
    );
    assert_eq!(share["x-checks"]["messages"]["range"], "Between 0 and 1.");
}
