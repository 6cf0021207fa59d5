//! `#[derive(ClientError)]`.

use mizan_core::error::ErrorKind;
use mizan_core::{ClientError, Error, Principal, Registry, client};
use schemars::SchemaGenerator;
use serde_json::json;

use crate::{field_errors, result};

/// The reasons for not renaming a post.
#[derive(Debug, ClientError)]
#[client_error(name = "RenameFailure")]
enum RenameError {
    /// Another post has the title.
    #[client_error(
        code = "title_taken",
        status = 409,
        field = "title",
        message = "{by} has `{title}` already"
    )]
    Taken {
        by: String,
        title: String,
    },
    TooManyWords,
    /// A variant whose fields have names that the macro might use.
    #[client_error(message = "{message}, {error}, {value}, {text}")]
    Names {
        message: u8,
        error: u8,
        value: u8,
        text: u8,
        schemas: Option<Vec<u8>>,
        r#type: u8,
    },
    #[client_error(status = 500)]
    Unencodable {
        map: std::collections::BTreeMap<Key, u8>,
    },
    #[client_error(transparent)]
    Other(Error),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
struct Key {
    part: u8,
}

fn converted(error: RenameError) -> Error {
    error.into_error()
}

#[test]
fn converts_a_variant_with_all_options() {
    let taken = converted(RenameError::Taken {
        by: "Al".into(),
        title: "x".into(),
    });
    assert_eq!(taken.code(), "title_taken");
    assert_eq!(
        taken.kind(),
        ErrorKind::Declared {
            code: "title_taken",
            status: 409
        }
    );
    assert_eq!(taken.message(), "Al has `x` already");
    assert_eq!(field_errors(&taken), ["title: Al has `x` already"]);
    assert_eq!(json!(taken.data()), json!({"by": "Al", "title": "x"}));
}

#[test]
fn derives_defaults_from_the_variant_name() {
    let error = converted(RenameError::TooManyWords);
    assert_eq!(
        error.kind(),
        ErrorKind::Declared {
            code: "too_many_words",
            status: 422
        }
    );
    assert_eq!(error.message(), "too many words");
    assert!(error.fields().is_empty() && error.data().is_empty());
}

#[test]
fn supports_any_field_name() {
    let error = converted(RenameError::Names {
        message: 1,
        error: 2,
        value: 3,
        text: 4,
        schemas: None,
        r#type: 6,
    });
    assert_eq!(error.message(), "1, 2, 3, 4");
    assert_eq!(
        json!(error.data()),
        json!({"message": 1, "error": 2, "value": 3, "text": 4, "schemas": null, "type": 6})
    );
}

#[test]
fn reports_unencodable_data_as_internal() {
    let map = [(Key { part: 1 }, 1)].into();
    let error = converted(RenameError::Unencodable { map });
    assert_eq!(error.code(), "internal");
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("key must be a string")
    );
}

#[test]
fn declares_each_variant() {
    let mut schemas = SchemaGenerator::default();
    let declared = RenameError::declaration(&mut schemas).unwrap();
    assert_eq!(declared.name, "RenameFailure");
    assert_eq!(declared.docs, "The reasons for not renaming a post.");
    let codes: Vec<_> = declared
        .variants
        .iter()
        .map(|variant| variant.code)
        .collect();
    assert_eq!(
        codes,
        ["title_taken", "too_many_words", "names", "unencodable"]
    );
    let taken = &declared.variants[0];
    assert_eq!((taken.status, taken.field), (409, Some("title")));
    assert_eq!(taken.docs, "Another post has the title.");
    let names: Vec<_> = taken.data.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["by", "title"]);
    assert!(Error::declaration(&mut schemas).is_none());
}

#[client]
async fn rename(title: String) -> Result<(), RenameError> {
    if title.is_empty() {
        return Err(RenameError::TooManyWords);
    }
    find(&title)?;
    Ok(())
}

fn find(title: &str) -> Result<(), Error> {
    if title == "broken" {
        title.parse::<u8>()?;
    }
    Err(Error::not_found("there is no such post"))
}

#[tokio::test]
async fn sends_the_error_in_a_transparent_variant() {
    let app = Registry::new().function::<Rename>().build().unwrap();
    let call = async |title: &str| {
        let input = json!({ "title": title }).to_string();
        result(&app, Principal::anonymous(), "rename", input)
            .await
            .unwrap_err()
    };
    assert_eq!(call("").await.code(), "too_many_words");
    let missing = call("x").await;
    assert_eq!(
        (missing.code(), missing.message()),
        ("not_found", "there is no such post")
    );
    let broken = call("broken").await;
    assert_eq!(
        (broken.code(), broken.message()),
        ("internal", "something went wrong")
    );
    assert!(broken.id().is_some());
}

/// An error type without variants.
#[derive(Debug, ClientError)]
enum Impossible {}

#[client]
async fn sure() -> Result<u8, Impossible> {
    Ok(1)
}

#[tokio::test]
async fn supports_an_enum_without_variants() {
    let app = Registry::new().function::<Sure>().build().unwrap();
    assert_eq!(
        app.call_as(Principal::anonymous(), Sure {}).await.unwrap(),
        1
    );
    assert_eq!(
        app.manifest().as_json()["errors"],
        json!({"Impossible": {"docs": "An error type without variants.", "variants": []}})
    );
}

#[derive(Debug, ClientError)]
enum LoadError {
    Locked,
    #[client_error(internal)]
    Internal(Error),
}

#[client]
async fn load(id: String) -> Result<u32, LoadError> {
    match &*id {
        "locked" => Err(LoadError::Locked),
        "missing" => Err(Error::not_found("there is no such file"))?,
        "denied" => Err(std::io::Error::other("/secret is not readable"))?,
        "busy" => Err(mizan_core::error::Unavailable::new("the store is locked"))?,
        "any" => Err(anyhow::anyhow!("the secret is wrong")).map_err(Error::internal)?,
        other => Ok(other.parse()?),
    }
}

#[tokio::test]
async fn converts_errors_of_other_crates_into_the_internal_variant() {
    let app = Registry::new().function::<Load>().build().unwrap();
    for (id, code) in [
        ("7", None),
        ("locked", Some("locked")),
        ("missing", Some("not_found")),
        ("denied", Some("internal")),
        ("busy", Some("unavailable")),
        ("any", Some("internal")),
        ("x", Some("internal")),
    ] {
        let input = json!({ "id": id }).to_string();
        let loaded = result(&app, Principal::anonymous(), "load", input).await;
        assert_eq!(loaded.as_ref().err().map(Error::code), code, "{id}");
        if let Err(error) = loaded {
            assert!(!error.message().contains("secret"), "{error:?}");
        }
    }
}
