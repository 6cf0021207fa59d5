//! Versions of functions and channels: contracts, kept versions, retired versions.

use mizan_core::adapter::{ClientVersion, RequestHead};
use mizan_core::{App, ClientError, Error, Principal, Registry, client};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize, JsonSchema)]
struct Post {
    id: u32,
    title: String,
    subtitle: Option<String>,
}

#[derive(ClientError)]
enum RenameError {
    #[client_error(status = 409)]
    Taken { by: u32 },
    #[client_error(transparent)]
    Other(Error),
}

/// Renames a post.
#[client(auth = "staff")]
async fn rename(
    id: u32,
    #[validate(length(max = 5))] title: String,
    subtitle: Option<String>,
) -> Result<Post, RenameError> {
    if title == "taken" {
        return Err(RenameError::Taken { by: 7 });
    }
    Ok(Post {
        id,
        title,
        subtitle,
    })
}

/// The version of `rename` in which a title was a name.
mod v1 {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Post {
        pub(super) id: u32,
        pub(super) name: String,
    }

    #[derive(ClientError)]
    pub(super) enum RenameError {
        #[client_error(status = 409)]
        NameTaken,
        #[client_error(transparent)]
        Other(Error),
    }

    /// Renames a post.
    #[client(auth = "staff")]
    pub(super) async fn rename(id: u32, name: String) -> Result<Post, RenameError> {
        if name.is_empty() {
            return Err(RenameError::NameTaken);
        }
        Ok(Post { id, name })
    }

    /// A copy of the arguments.
    #[derive(Deserialize, JsonSchema)]
    pub(super) struct OldInput {
        pub(super) id: u32,
        pub(super) name: String,
    }

    pub(super) fn contract() -> String {
        contract_of(&Registry::new().function::<Rename>(), "rename")
    }
}

fn contract_of(registry: &Registry, name: &str) -> String {
    let manifest = registry.manifest().unwrap();
    let functions = manifest.as_json()["functions"].as_array().unwrap();
    let function = functions.iter().find(|function| function["name"] == name);
    function.unwrap()["contract"].as_str().unwrap().to_owned()
}

fn with_v1(registry: Registry) -> Registry {
    registry.previous(
        "rename",
        |v1::OldInput { id, name }| {
            if name == "unknown" {
                return Err(Error::invalid("name", "unknown"));
            }
            Ok(Rename {
                id,
                title: name,
                subtitle: None,
            })
        },
        |result| match result {
            Ok(post) => Ok(v1::Post {
                id: post.id,
                name: post.title,
            }),
            Err(RenameError::Taken { .. }) => Err(v1::RenameError::NameTaken),
            Err(RenameError::Other(error)) => Err(v1::RenameError::Other(error)),
        },
    )
}

async fn call(app: &App, name: &str, contract: Option<&str>, input: Value) -> Result<Value, Error> {
    let head = std::sync::Arc::new(RequestHead::empty());
    let cx = app.context(
        Principal::from(mizan_core::Identity::new("1").staff()),
        head,
    );
    let reply = app
        .resolve(name, contract)
        .1?
        .dispatch(cx, input.to_string().into());
    Ok(serde_json::from_slice(&reply.await.result?).unwrap())
}

#[test]
fn contract_of_a_function_does_not_depend_on_other_functions() {
    #[client(query)]
    async fn other() -> Result<Option<Post>, Error> {
        Ok(None)
    }

    let alone = contract_of(&Registry::new().function::<Rename>(), "rename");
    let registry = Registry::new().function::<Rename>().function::<Other>();
    assert_eq!(contract_of(&registry, "rename"), alone);
    assert_ne!(contract_of(&registry, "other"), alone);
    assert_eq!(alone.len(), 8);
}

#[test]
fn contract_does_not_depend_on_names_of_types() {
    mod renamed {
        use super::*;

        #[derive(Serialize, JsonSchema)]
        pub(super) struct Article {
            id: u32,
            next: Option<Box<Article>>,
        }

        #[client(query)]
        pub(super) async fn find() -> Result<Option<Article>, Error> {
            Ok(Some(Article { id: 1, next: None }))
        }
    }
    #[derive(Serialize, JsonSchema)]
    struct Post {
        id: u32,
        next: Option<Box<Post>>,
    }

    #[client(query)]
    async fn find() -> Result<Option<Post>, Error> {
        Ok(Some(Post { id: 1, next: None }))
    }

    assert_eq!(
        contract_of(&Registry::new().function::<Find>(), "find"),
        contract_of(&Registry::new().function::<renamed::Find>(), "find"),
    );
}

#[tokio::test]
async fn previous_version_serves_the_clients_that_were_generated_from_it() {
    let app = with_v1(Registry::new().function::<Rename>())
        .build()
        .unwrap();
    let old = v1::contract();
    let new = app.function("rename").unwrap();
    assert_eq!(new.name(), "rename");

    let (client, _) = app.resolve("rename", Some(&old));
    assert_eq!(client, ClientVersion::Current);
    let renamed = call(
        &app,
        "rename",
        Some(&old),
        json!({ "id": 1, "name": "one" }),
    )
    .await;
    assert_eq!(renamed.unwrap(), json!({ "id": 1, "name": "one" }));

    for contract in [None, Some("00000000")] {
        let renamed = call(&app, "rename", contract, json!({ "id": 1, "title": "one" })).await;
        let expected = json!({ "id": 1, "title": "one", "subtitle": null });
        assert_eq!(renamed.unwrap(), expected, "{contract:?}");
    }
}

#[tokio::test]
async fn previous_version_converts_errors_and_keeps_the_checks_of_the_function() {
    let app = with_v1(Registry::new().function::<Rename>())
        .build()
        .unwrap();
    let old = v1::contract();
    for (name, code) in [
        ("taken", "name_taken"),
        ("unknown", "invalid"),
        ("too long", "invalid"),
    ] {
        let input = json!({ "id": 1, "name": name });
        let error = call(&app, "rename", Some(&old), input).await.unwrap_err();
        assert_eq!(error.code(), code, "{name}");
    }
    let (_, function) = app.resolve("rename", Some(&old));
    let head = std::sync::Arc::new(RequestHead::empty());
    let cx = app.context(Principal::anonymous(), head);
    let reply = function.unwrap().dispatch(cx, "not JSON".into()).await;
    assert_eq!(reply.result.unwrap_err().code(), "unauthenticated");
}

#[tokio::test]
async fn previous_version_keeps_the_former_name_of_a_function() {
    let app = Registry::new()
        .function::<Rename>()
        .previous(
            "set_title",
            |v1::OldInput { id, name }| {
                Ok(Rename {
                    id,
                    title: name,
                    subtitle: None,
                })
            },
            |result| result,
        )
        .build()
        .unwrap();
    let input = json!({ "id": 1, "name": "one" });
    let renamed = call(&app, "set_title", None, input).await.unwrap();
    assert_eq!(renamed["title"], "one");
    let manifest = app.manifest().as_json();
    assert_eq!(
        manifest["previous"]["set_title"][0].as_str().unwrap().len(),
        8
    );
    assert!(app.function("set_title").is_none());
}

#[test]
fn retired_version_is_refused() {
    let app = Registry::new()
        .function::<Rename>()
        .retire("rename", v1::contract())
        .retire("gone", "01234567")
        .build()
        .unwrap();
    for (name, contract) in [("rename", &*v1::contract()), ("gone", "01234567")] {
        let (client, function) = app.resolve(name, Some(contract));
        let error = function.unwrap_err();
        assert_eq!(error.code(), "outdated_client");
        assert!(client.is_outdated_by(error.code()));
    }
    assert!(app.resolve("rename", Some("01234567")).1.is_ok());
    assert_eq!(
        app.manifest().as_json()["retired"],
        json!({ "gone": ["01234567"], "rename": [v1::contract()] })
    );
}

#[test]
fn only_errors_about_the_request_make_a_client_outdated() {
    let app = Registry::new().function::<Rename>().build().unwrap();
    let (changed, _) = app.resolve("rename", Some("01234567"));
    for code in [
        "invalid",
        "malformed",
        "unknown_function",
        "method_not_allowed",
        "unknown_channel",
    ] {
        assert!(changed.is_outdated_by(code), "{code}");
        assert!(!ClientVersion::Current.is_outdated_by(code), "{code}");
    }
    for code in [
        "unauthenticated",
        "taken",
        "internal",
        "unavailable",
        "not_found",
    ] {
        assert!(!changed.is_outdated_by(code), "{code}");
    }
    for contract in [
        None,
        Some(&*contract_of(
            &Registry::new().function::<Rename>(),
            "rename",
        )),
    ] {
        assert_eq!(app.resolve("rename", contract).0, ClientVersion::Current);
    }
}

#[test]
fn build_rejects_versions_that_no_call_can_reach() {
    let current = contract_of(&Registry::new().function::<Rename>(), "rename");
    let identity = |registry: Registry| {
        registry.previous("rename", |input: Rename| Ok(input), |result| result)
    };
    for (registry, message) in [
        (
            with_v1(Registry::new()),
            "converts its calls to `rename`, which is not registered",
        ),
        (
            identity(Registry::new().function::<Rename>()),
            "has the contract of the current one",
        ),
        (
            with_v1(with_v1(Registry::new().function::<Rename>())),
            "has the contract of another previous version",
        ),
        (
            Registry::new().function::<Rename>().retire("rename", "v1"),
            "invalid contract `v1` of `rename`",
        ),
        (
            Registry::new()
                .function::<Rename>()
                .retire("rename", current),
            "is retired (",
        ),
        (
            with_v1(Registry::new().function::<Rename>()).retire("rename", v1::contract()),
            "but the registry supports it",
        ),
    ] {
        let error = registry.build().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(error.contains("versions.rs:"), "{error}");
    }
}
