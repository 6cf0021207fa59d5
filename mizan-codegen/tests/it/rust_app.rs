//! The Rust application of the golden case `rust_app`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use mizan_core::{ClientError, Cx, Decision, Error, Registry, client};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The id of a post. Newtypes become aliases.
#[derive(Deserialize, Serialize, JsonSchema)]
struct PostId(u32);

/// A post with its comments.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: PostId,
    title: String,
    /// The subtitle; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub_title: Option<String>,
    /// The editor; null if there is none.
    editor: Option<String>,
    tags: HashSet<String>,
    ratings: BTreeMap<String, f32>,
    position: (f64, f64),
    corners: [i16; 4],
    state: State,
    body: Vec<Block>,
    event: Event,
    amount: Amount,
    comments: Vec<Comment>,
    #[serde(flatten)]
    times: Times,
}

/// Timestamps, which are flattened into another struct.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Times {
    created: String,
    updated: Option<String>,
}

/// A state. Enums with unit variants become unions of strings.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    Draft,
    /// Visible to all users.
    Published,
}

/// An externally tagged enum.
#[derive(Deserialize, Serialize, JsonSchema)]
enum Block {
    Rule,
    Text(String),
    Image { url: String, width: u16 },
    Cells(u8, u8),
}

/// An internally tagged enum.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Created,
    Moved { from: String, to: String },
}

/// An adjacently tagged enum.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "unit", content = "value")]
enum Amount {
    Count(u32),
    Range { low: i32, high: i32 },
    Unknown,
}

/// An untagged enum.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Needle {
    Number(i32),
    Text(String),
    Both { number: i32, text: String },
}

/// A comment with replies. Types can be recursive.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Comment {
    text: String,
    answers: Vec<Comment>,
    pinned: Option<Box<Comment>>,
}

/// A page of a list. Types can be generic.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

/// An error from saving a post.
#[derive(ClientError)]
enum SaveError {
    /// Another post has the title.
    #[client_error(status = 409, field = "title")]
    Taken { by: PostId },
    #[client_error(status = 423)]
    Locked,
    #[client_error(transparent)]
    Other(Error),
}

/// Returns a post.
#[client(query, input = FindPost)]
async fn post(id: PostId) -> Result<Post, Error> {
    Err(Error::not_found(format!("there is no post {}", id.0)))
}

/// Returns a page of posts.
#[client(context = "local")]
async fn posts(needle: Needle, #[serde(default)] page: u32) -> Result<Page<Post>, Error> {
    let _ = (needle, page);
    Ok(Page {
        items: Vec::new(),
        next: None,
    })
}

/// The title of the site.
#[client(context = "global")]
async fn site() -> Result<&'static str, Error> {
    Ok("posts")
}

async fn is_open(_: &Cx) -> Decision {
    Decision::Allow
}

/// Saves a post.
#[client(auth = is_open, affects(post(id), posts))]
async fn save(
    id: PostId,
    post: Post,
    #[validate(length(min = 1, max = 80))] reason: Option<String>,
    #[validate(range(min = 1, max = 10))] copies: u8,
) -> Result<(), SaveError> {
    let _ = (id, reason, copies);
    match post.id.0 {
        0 => Err(SaveError::Locked),
        1 => Err(SaveError::Other(Error::conflict(
            "another user is saving the post",
        ))),
        _ => Err(SaveError::Taken { by: post.id }),
    }
}

#[test]
fn manifest_matches_golden_case() {
    let registry = Registry::new()
        .function::<FindPost>()
        .function::<Posts>()
        .function::<Site>()
        .function::<Save>();
    let mut manifest = registry.manifest().unwrap().as_json().clone();
    // Source locations change with every edit of this file.
    for function in manifest["functions"].as_array_mut().unwrap() {
        function.as_object_mut().unwrap().remove("source");
    }
    let manifest = format!("{manifest:#}\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rust_app/manifest.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &manifest).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    assert!(
        manifest == expected,
        "the manifest of the case `rust_app` is out of date, run with UPDATE_EXPECT=1"
    );
}
