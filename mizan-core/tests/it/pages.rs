//! `pages`: queries with cursors.

use mizan_core::function::Pages;
use mizan_core::{Error, Registry, ServerFunction, client};
use serde::Serialize;
use serde_json::json;

#[derive(Serialize, schemars::JsonSchema)]
struct Page {
    items: Vec<u32>,
    next: Option<u64>,
    total: u64,
    label: Option<String>,
}

fn page() -> Page {
    Page {
        items: Vec::new(),
        next: None,
        total: 0,
        label: None,
    }
}

#[client(query, pages(after = next))]
async fn items(tag: String, #[validate(range(min = 1))] after: Option<u64>) -> Result<Page, Error> {
    drop((tag, after));
    Ok(page())
}

#[test]
fn manifest_contains_the_cursors() {
    assert_eq!(Items::PAGES, Some(Pages::new("after", "next")));
    let manifest = Registry::new().function::<Items>().manifest().unwrap();
    assert_eq!(
        manifest.as_json()["functions"][0]["pages"],
        json!({ "cursor": "after", "next": "next" })
    );
}

/// Returns the problem of a registry with the query `F`, without its location.
fn problem<F: ServerFunction>() -> String {
    let error = Registry::new()
        .function::<F>()
        .build()
        .unwrap_err()
        .to_string();
    let location = format!(" ({})", F::SOURCE.unwrap());
    error
        .lines()
        .skip(1)
        .collect::<String>()
        .trim()
        .replace(&location, "")
}

#[test]
fn rejects_cursors_that_do_not_fit() {
    #[client(query, pages(from = next))]
    async fn no_argument(after: Option<u64>) -> Result<Page, Error> {
        let _ = after;
        Ok(page())
    }
    assert_eq!(
        problem::<NoArgument>(),
        "`no_argument` declares `pages(from = next)`, but `no_argument` has no argument `from`; \
         clients send `after`"
    );

    #[client(query, pages(after = next))]
    async fn required(after: u64) -> Result<Page, Error> {
        Ok(Page {
            next: Some(after),
            ..page()
        })
    }
    assert_eq!(
        problem::<Required>(),
        "`required` declares `pages(after = next)`, but the first page has no cursor; make `after` an \
         `Option` or give it a default"
    );

    #[client(query, pages(after = cursor))]
    async fn no_member(after: Option<u64>) -> Result<Page, Error> {
        let _ = after;
        Ok(page())
    }
    assert_eq!(
        problem::<NoMember>(),
        "`no_member` declares `pages(after = cursor)`, but its output is not a struct with a field \
         `cursor`; return the cursor of the next page in this field"
    );

    #[client(query, pages(after = total))]
    async fn endless(after: Option<u64>) -> Result<Page, Error> {
        let _ = after;
        Ok(page())
    }
    assert_eq!(
        problem::<Endless>(),
        "`endless` declares `pages(after = total)`, but the field `total` always has a value, so there \
         is no last page; make it an `Option`"
    );

    #[client(query, pages(after = label))]
    async fn other_type(after: Option<u64>) -> Result<Page, Error> {
        let _ = after;
        Ok(page())
    }
    assert_eq!(
        problem::<OtherType>(),
        "`other_type` declares `pages(after = label)`, but the argument `after` and the field `label` \
         have different types; give both the same type"
    );
}
