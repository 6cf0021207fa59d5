//! `affects`: the invalidations of a call, and the check of the declarations.

use std::sync::{Arc, Mutex};

use mizan_core::{Cx, Error, Invalidation, Principal, Registry, ServerFunction, client};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::dispatch;

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Post {
    id: i64,
    title: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct UserId(#[expect(dead_code, reason = "only its type matters")] i64);

fn post_of(id: i64) -> Post {
    Post {
        id,
        title: "Old".to_owned(),
    }
}

/// Named `show`, because the struct of `post` would have the name of its output.
#[client(query)]
async fn show(id: i64) -> Result<Post, Error> {
    Ok(post_of(id))
}

#[client(query)]
async fn translated(id: i64, locale: Option<String>) -> Result<Post, Error> {
    drop(locale);
    Ok(post_of(id))
}

#[client(query)]
async fn posts(author: Option<String>) -> Result<Vec<Post>, Error> {
    drop(author);
    Ok(Vec::new())
}

#[client(context = "global")]
async fn unread() -> Result<u32, Error> {
    Ok(0)
}

#[client(affects(
    show(id) = returns,
    translated(id, locale = language) = returns,
    posts(author),
    unread
))]
async fn rename(
    cx: &Cx,
    #[validate(range(min = 1))] id: i64,
    #[validate(length(max = 3_000))] author: String,
    language: Option<String>,
) -> Result<Post, Error> {
    drop((author, language));
    cx.affects("added");
    cx.affects(Invalidation::of("thread").with("id", 7).with("tag", "a,b"));
    Ok(post_of(id))
}

fn registry() -> Registry {
    Registry::new()
        .function::<Show>()
        .function::<Translated>()
        .function::<Posts>()
        .function::<Unread>()
}

async fn entries(input: &str) -> Vec<String> {
    let app = registry().function::<Rename>().build().unwrap();
    let reply = dispatch(&app, Principal::anonymous(), "rename", input).await;
    let entries = reply.head.affects.iter();
    entries.map(Invalidation::to_string).collect()
}

#[tokio::test]
async fn invalidates_queries_with_the_inputs_of_the_mutation() {
    assert_eq!(
        entries(r#"{"id": 9223372036854775807, "author": "Zoë", "language": "de"}"#).await,
        [
            "show?input=%7B%22id%22%3A9223372036854775807%7D&returns",
            "translated?input=%7B%22id%22%3A9223372036854775807%2C%22locale%22%3A%22de%22%7D&returns",
            "posts?input=%7B%22author%22%3A%22Zo%C3%AB%22%7D",
            "unread",
            "added",
            "thread?input=%7B%22id%22%3A7%2C%22tag%22%3A%22a%2Cb%22%7D",
        ]
    );
}

#[tokio::test]
async fn observers_receive_invalidations_of_successful_calls() {
    let observed = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&observed);
    let other = Registry::new().on_invalidation(|_| {});
    let registry = registry()
        .function::<Rename>()
        .on_invalidation(move |stale| {
            list.lock().unwrap().push(stale.to_string());
        });
    let app = registry.merge(other).build().unwrap();
    let call = async |input| {
        dispatch(&app, Principal::anonymous(), "rename", input).await;
        std::mem::take(&mut *observed.lock().unwrap())
    };
    let entries = call(r#"{"id": 7, "author": "a"}"#).await;
    assert_eq!(entries[0], "show?input=%7B%22id%22%3A7%7D&returns");
    assert_eq!(entries[3..5], ["unread", "added"]);
    assert!(
        call(r#"{"id": 0, "author": "a"}"#).await.is_empty(),
        "the input is invalid"
    );
}

#[tokio::test]
async fn absent_and_null_arguments_match_every_value() {
    for input in [
        r#"{"id": 1, "author": "a"}"#,
        r#"{"id": 1, "author": "a", "language": null}"#,
    ] {
        assert_eq!(
            entries(input).await[1],
            "translated?input=%7B%22id%22%3A1%7D"
        );
    }
}

#[tokio::test]
async fn long_arguments_match_every_value() {
    let input = json!({ "id": 1, "author": "a".repeat(3_000) }).to_string();
    assert_eq!(entries(&input).await[2], "posts");
}

#[tokio::test]
async fn failed_calls_invalidate_only_what_they_added() {
    assert!(entries(r#"{"id": 0, "author": "a"}"#).await.is_empty());
}

#[test]
fn manifest_contains_arguments_and_returns() {
    let manifest = registry().function::<Rename>().manifest().unwrap();
    let functions = manifest.as_json()["functions"].as_array().unwrap();
    let rename = functions.iter().find(|f| f["name"] == "rename").unwrap();
    assert_eq!(
        rename["affects"],
        json!([
            { "query": "show", "input": { "id": "id" }, "returns": true },
            {
                "query": "translated",
                "input": { "id": "id", "locale": "language" },
                "returns": true,
            },
            { "query": "posts", "input": { "author": "author" } },
            "unread",
        ])
    );
}

/// Returns the problems of a registry with the mutation `F`, without their locations.
fn problems<F: ServerFunction>() -> Vec<String> {
    let error = registry().function::<F>().build().unwrap_err().to_string();
    let location = format!(" ({})", F::SOURCE.unwrap());
    let lines = error.lines().skip(1);
    lines
        .map(|line| line.trim().replace(&location, ""))
        .collect()
}

#[test]
fn rejects_unknown_queries() {
    #[client(affects(show, nowhere, missing(id), touch))]
    async fn touch(id: i64) -> Result<(), Error> {
        let _ = id;
        Ok(())
    }

    #[client(affects(*))]
    async fn touch_all() -> Result<(), Error> {
        Ok(())
    }

    registry().function::<TouchAll>().build().unwrap();
    assert_eq!(
        problems::<Touch>(),
        [
            "`touch` affects `nowhere`, which is not a query or context of this registry; register it, \
             or correct the name",
            "`touch` affects `missing(id)`, but `missing` is not a query or context of this registry; \
             register it, or correct the name",
            "`touch` affects `touch`, which is not a query or context of this registry; register it, or \
             correct the name",
        ]
    );
}

#[test]
fn rejects_unknown_arguments() {
    #[client(affects(show(key), show(id = key), unread(id), show(id, id)))]
    async fn touch(id: i64, #[serde(rename = "tag")] label: String) -> Result<(), Error> {
        drop((id, label));
        Ok(())
    }

    assert_eq!(
        problems::<Touch>(),
        [
            "`touch` affects `show(key)`, but `show` has no argument `key`; clients send `id`",
            "`touch` affects `show(id = key)`, but `touch` has no argument `key`; clients send `id`, \
             `tag`",
            "`touch` affects `unread(id)`, but `unread` has no argument `id`; it takes no arguments",
            "`touch` affects `show(id, id)`, which names the argument `id` twice; remove one",
        ]
    );
}

#[test]
fn rejects_arguments_of_other_types() {
    #[client(affects(show(id), show(id = small), show(id = key), show(id = maybe)))]
    async fn touch(id: UserId, small: i32, key: String, maybe: Option<i64>) -> Result<(), Error> {
        drop((id, small, key, maybe));
        Ok(())
    }

    let expected = ["id", "small", "key"].map(|argument| {
        let entry = if argument == "id" { "id".to_owned() } else { format!("id = {argument}") };
        format!(
            "`touch` affects `show({entry})`, but the argument `{argument}` of `touch` has another \
             type than the argument `id` of `show`; give both the same type, or remove the argument \
             from `affects`"
        )
    });
    assert_eq!(problems::<Touch>(), expected);
}

#[test]
fn rejects_returns_of_another_type_or_without_all_arguments() {
    #[client(affects(posts(author) = returns, translated(id) = returns, show = returns))]
    async fn touch(id: i64, author: String) -> Result<Post, Error> {
        drop(author);
        Ok(post_of(id))
    }

    assert_eq!(
        problems::<Touch>(),
        [
            "`touch` affects `posts(author) = returns`, but `touch` and `posts` have different output \
             types; return the output of `posts`, or remove `= returns`",
            "`touch` affects `translated(id) = returns`, but `returns` needs all arguments of \
             `translated`; add `locale`, or remove `= returns`",
            "`touch` affects `show = returns`, but `returns` needs all arguments of `show`; add `id`, \
             or remove `= returns`",
        ]
    );
}
