//! The manifest.

use std::collections::{BTreeMap, HashMap, HashSet};

use mizan_core::{ClientError, Error, Registry, client};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Types of each kind.
mod types {
    use super::*;

    /// A struct with every kind of member.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Everything {
        /// `null` if absent.
        pub(super) maybe: Option<String>,
        pub(super) list: Vec<u8>,
        pub(super) map: BTreeMap<String, i64>,
        pub(super) hash_map: HashMap<u32, bool>,
        pub(super) set: HashSet<String>,
        pub(super) pair: (u8, String),
        pub(super) array: [f32; 3],
        pub(super) character: char,
        pub(super) nothing: (),
        pub(super) any: Value,
        pub(super) boxed: Box<Post>,
        pub(super) wide: u128,
        /// A field with the name of a JSON Schema keyword.
        pub(super) description: String,
        pub(super) title: Option<String>,
        pub(super) r#type: String,
    }

    /// A newtype, which has the schema of its content.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct PostId(pub(super) u64);

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Post {
        pub(super) id: PostId,
        #[serde(flatten)]
        pub(super) dates: Dates,
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Dates {
        pub(super) created: String,
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Page<T> {
        pub(super) items: Vec<T>,
        pub(super) next: Option<u32>,
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Tree {
        pub(super) name: String,
        pub(super) children: Vec<Tree>,
    }

    /// An externally tagged enum.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) enum External {
        Unit,
        /// Contains one value.
        Newtype(u8),
        Tuple(u8, String),
        Struct {
            radius: f64,
        },
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    #[serde(tag = "kind")]
    pub(super) enum Internal {
        Unit,
        Struct { radius: f64 },
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    #[serde(tag = "kind", content = "value")]
    pub(super) enum Adjacent {
        Unit,
        Tuple(u8, String),
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    #[serde(untagged)]
    pub(super) enum Untagged {
        Number(f64),
        Text(String),
    }

    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub(super) enum Color {
        DarkRed,
        Blue,
    }

    /// A type with different schemas as an input and as an output.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Draft {
        #[serde(default)]
        pub(super) flag: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub(super) note: Option<String>,
    }

    /// A type that differs as an input and as an output only by its content.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct Folder {
        pub(super) drafts: Vec<Draft>,
        pub(super) folders: Vec<Folder>,
    }

    /// A type whose name collides with the name for the input schema of `Draft`.
    #[derive(Deserialize, Serialize, schemars::JsonSchema)]
    pub(super) struct DraftIn {
        pub(super) drafts: u8,
    }
}

use types::{
    Adjacent, Color, Draft, DraftIn, Everything, External, Folder, Internal, Page, Post, PostId,
    Tree, Untagged,
};

/// The reasons for not saving.
#[derive(ClientError)]
enum SaveError {
    /// Another user was faster.
    #[client_error(status = 409, field = "folder")]
    Taken {
        by: Draft,
        at: u64,
    },
    Full,
    #[client_error(transparent)]
    Other(Error),
}

/// Accepts and returns every type.
#[client(query, auth = "staff", input = EverythingInput)]
async fn everything(everything: Everything) -> Result<Everything, Error> {
    Ok(everything)
}

#[client(context = "global")]
async fn current_post() -> Result<Option<Post>, Error> {
    Err(Error::not_found("there is none"))
}

#[client(context = "local")]
async fn posts(
    /// The first page.
    #[serde(default)]
    after: Option<PostId>,
) -> Result<Page<Post>, Error> {
    let next = after.map(|_| 1);
    Ok(Page {
        items: Vec::new(),
        next,
    })
}

#[client(query, auth = "posts.read")]
async fn trees(root: Tree, colors: Vec<(Color, Page<Tree>)>) -> Result<Page<Tree>, Error> {
    drop(colors);
    Ok(Page {
        items: vec![root],
        next: None,
    })
}

#[client(affects(posts, current_post))]
async fn shapes(
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
) -> Result<(External, Internal, Adjacent, Untagged, DraftIn), SaveError> {
    if matches!(external, External::Unit) {
        return Err(SaveError::Full);
    }
    Ok((
        external,
        internal,
        adjacent,
        untagged,
        DraftIn { drafts: 0 },
    ))
}

#[client(affects(*))]
async fn save(
    folder: Folder,
    #[validate(length(min = 1, max = 80), email)] title: String,
) -> Result<Folder, SaveError> {
    if let Some(Draft {
        note: Some(note), ..
    }) = folder.drafts.into_iter().next()
    {
        let by = Draft {
            flag: true,
            note: Some(note),
        };
        return Err(SaveError::Taken { by, at: 1 });
    }
    Err(Error::not_found(title))?
}

fn registry() -> Registry {
    Registry::new()
        .function::<Shapes>()
        .function::<Save>()
        .function::<EverythingInput>()
        .function::<CurrentPost>()
        .function::<Posts>()
        .function::<Trees>()
}

#[test]
fn describes_an_application_with_every_feature() {
    let mut manifest = registry().manifest().unwrap().as_json().clone();
    for function in manifest["functions"].as_array_mut().unwrap() {
        let source = &mut function["source"];
        assert_eq!(source["file"], json!(file!()));
        *source = json!("(source location)");
    }
    insta::assert_snapshot!(format!("{manifest:#}"));
}

#[test]
fn is_deterministic() {
    let first = registry().manifest().unwrap();
    assert_eq!(first.to_string(), format!("{:#}", first.as_json()));
    for _ in 0..20 {
        assert_eq!(
            registry().manifest().unwrap().to_string(),
            first.to_string()
        );
    }
    let reversed = Registry::new()
        .function::<Trees>()
        .function::<Posts>()
        .function::<CurrentPost>()
        .function::<EverythingInput>()
        .function::<Save>()
        .function::<Shapes>();
    assert_eq!(reversed.build().unwrap().manifest(), &first);
}

#[test]
fn defines_every_referenced_schema() {
    fn check(value: &Value, definitions: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let name = reference.strip_prefix("#/$defs/").unwrap();
                    assert!(definitions.get(name).is_some(), "{reference}");
                }
                members.values().for_each(|value| check(value, definitions));
            }
            Value::Array(items) => items.iter().for_each(|value| check(value, definitions)),
            _ => {}
        }
    }
    let manifest = registry().manifest().unwrap();
    check(manifest.as_json(), &manifest.as_json()["$defs"]);
}

#[test]
fn splits_types_that_differ_as_input_and_output() {
    let manifest = registry().manifest().unwrap();
    let definitions = &manifest.as_json()["$defs"];
    let members = |name: &str| definitions[name]["required"].clone();
    assert_eq!(members("Draft"), json!(["flag"]));
    assert_eq!(members("DraftIn2"), Value::Null);
    assert_eq!(members("DraftIn"), json!(["drafts"]));
    let item = |name: &str, member: &str| definitions[name]["properties"][member]["items"].clone();
    assert_eq!(item("Folder", "drafts"), json!({"$ref": "#/$defs/Draft"}));
    assert_eq!(item("Folder", "folders"), json!({"$ref": "#/$defs/Folder"}));
    assert_eq!(
        item("FolderIn", "drafts"),
        json!({"$ref": "#/$defs/DraftIn2"})
    );
    assert_eq!(
        item("FolderIn", "folders"),
        json!({"$ref": "#/$defs/FolderIn"})
    );
    assert!(
        definitions.get("TreeIn").is_none(),
        "an equal type is not split"
    );
}

#[test]
fn describes_a_flattened_argument() {
    #[derive(Deserialize, schemars::JsonSchema)]
    #[serde(tag = "by")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Search {
        Name { name: String },
        Id { id: u64 },
    }

    #[client(query)]
    async fn find(#[serde(flatten)] search: Search) -> Result<(), Error> {
        drop(search);
        Ok(())
    }

    let manifest = Registry::new().function::<Find>().manifest().unwrap();
    let input = &manifest.as_json()["functions"][0]["input"];
    assert_eq!(input["oneOf"].as_array().unwrap().len(), 2, "{input:#}");
}

/// Defines a small application with the given names.
macro_rules! version {
    (
        $module:ident: $function:ident($argument:ident) -> { $field:ident },
        errors: [$($error:ident),*],
        colors: [$($color:ident),*]
    ) => {
        mod $module {
            use mizan_core::{ClientError, Registry, client};

            #[derive(ClientError)]
            enum RenameError {
                Taken { by: String },
                $($error),*
            }

            #[derive(serde::Serialize, schemars::JsonSchema)]
            struct Post {
                title: String,
                $field: String,
                color: Color,
            }

            #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            enum Color {
                $($color),*
            }

            #[client(input = Input)]
            async fn $function(
                $argument: String,
                color: Color,
            ) -> Result<Post, RenameError> {
                $(if $argument.len() == 7 {
                    return Err(RenameError::$error);
                })*
                if $argument.is_empty() {
                    return Err(RenameError::Taken { by: $argument });
                }
                Ok(Post { title: $argument, $field: String::new(), color })
            }

            pub(super) fn registry() -> Registry {
                Registry::new().function::<Input>()
            }
        }
    };
}

version!(original: rename(title) -> { description }, errors: [], colors: [Red, Blue]);
version!(same: rename(title) -> { description }, errors: [], colors: [Red, Blue]);
version!(argument: rename(name) -> { description }, errors: [], colors: [Red, Blue]);
version!(field: rename(title) -> { text }, errors: [], colors: [Red, Blue]);
version!(error: rename(title) -> { description }, errors: [Locked], colors: [Red, Blue]);
version!(variant: rename(title) -> { description }, errors: [], colors: [Red, Blue, Green]);
version!(function: retitle(title) -> { description }, errors: [], colors: [Red, Blue]);

/// Equals `original` for clients, but has different documentation, policies, lines and order.
mod reworded {
    use mizan_core::{ClientError, Registry, client};

    /// The reasons for not renaming a post.
    #[derive(ClientError)]
    enum RenameError {
        /// Another post has the title.
        Taken {
            /// The other post.
            by: String,
        },
    }

    /// A post.
    #[derive(serde::Serialize, schemars::JsonSchema)]
    #[schemars(title = "The post")]
    struct Post {
        /// The description.
        description: String,
        /// The color.
        color: Color,
        /// The title.
        title: String,
    }

    /// A color.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    enum Color {
        Red,
        /// Like violets.
        Blue,
    }

    /// Renames a post.
    #[client(auth = "staff", input = Input)]
    async fn rename(
        /// The new title.
        title: String,
        /// The new color.
        color: Color,
    ) -> Result<Post, RenameError> {
        if let Color::Red = color {
            return Err(RenameError::Taken { by: title });
        }
        let description = String::new();
        Ok(Post {
            title,
            description,
            color,
        })
    }

    pub(super) fn registry() -> Registry {
        Registry::new().function::<Input>()
    }
}

fn contract(registry: &Registry) -> String {
    registry.manifest().unwrap().contract().to_owned()
}

#[test]
fn contains_the_contract_hash() {
    let manifest = registry().manifest().unwrap();
    assert_eq!(manifest.as_json()["contract"], json!(manifest.contract()));
    assert_eq!(manifest.contract().len(), 16);
    assert!(manifest.contract().chars().all(|c| c.is_ascii_hexdigit()));
}

#[test]
fn keeps_the_contract_if_nothing_changes_for_clients() {
    let original = contract(&original::registry());
    assert_eq!(contract(&same::registry()), original);
    assert_eq!(contract(&reworded::registry()), original);
}

#[test]
fn changes_the_contract_with_the_interface() {
    let contracts = [
        contract(&Registry::new()),
        contract(&original::registry()),
        contract(&argument::registry()),
        contract(&field::registry()),
        contract(&error::registry()),
        contract(&variant::registry()),
        contract(&function::registry()),
        contract(&original::registry().function::<CurrentPost>()),
    ];
    let distinct: HashSet<_> = contracts.iter().collect();
    assert_eq!(distinct.len(), contracts.len(), "{contracts:?}");
}

#[test]
fn keeps_properties_named_title_and_description() {
    let manifest = original::registry().manifest().unwrap();
    let document = manifest.as_json();
    let post = &document["$defs"]["Post"]["properties"];
    assert_eq!(post["description"], json!({"type": "string"}));
    assert_eq!(post["title"], json!({"type": "string"}));
    let input = &document["functions"][0]["input"]["properties"];
    assert_eq!(input["title"], json!({"type": "string"}));
}
