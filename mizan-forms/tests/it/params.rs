//! Forms that edit an object, which their params identify.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mizan_core::adapter::{FormPost, Uploads};
use mizan_core::{App, Cx, Decision, Error, Registry, RequestHead};
use mizan_forms::{Choice, FieldCheck, Form, FormHandler, InitialValues, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use crate::app::{call, call_with, field_errors};

/// Changes a project.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "edit_project", auth)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the label is only validated")]
struct EditProject {
    /// The project.
    #[field(param)]
    project_id: i64,
    #[field(param)]
    draft: Option<bool>,
    #[validate(length(max = 10))]
    title: String,
    #[field(server_only)]
    owner: String,
    #[field(choices = labels)]
    label: Option<String>,
}

/// Counts the calls that read data.
#[derive(Clone, Default)]
struct Reads(Arc<AtomicU32>);

async fn labels(cx: &Cx) -> Result<Vec<Choice>, Error> {
    cx.state::<Reads>().0.fetch_add(1, Ordering::Relaxed);
    Ok(vec![Choice::new("a", "A")])
}

impl FormHandler for EditProject {
    type Output = String;
    type Error = Error;

    async fn authorize(_: &Cx, params: &EditProjectParams) -> Result<Decision, Error> {
        Ok(match params.project_id {
            7 | 8 => Decision::Allow,
            404 => Decision::not_found("there is no such project"),
            500 => return Err(Error::internal("the table of projects is locked")),
            _ => Decision::deny_because("this is not your project"),
        })
    }

    async fn initial(cx: &Cx, params: &EditProjectParams) -> Result<InitialValues, Error> {
        cx.state::<Reads>().0.fetch_add(1, Ordering::Relaxed);
        Ok(InitialValues::new()
            .set("projectId", params.project_id)
            .set("title", format!("Project {}", params.project_id))
            .set("owner", format!("owner of {}", params.project_id)))
    }

    async fn validate_field(
        _: &Cx,
        params: &EditProjectParams,
        check: FieldCheck<'_>,
    ) -> Result<(), Error> {
        let (field, value) = (check.path(), check.value());
        assert_ne!(field, "projectId", "the user did not enter it");
        if value == "Project 8" && params.project_id != 8 {
            return Err(Error::invalid(field, "is taken"));
        }
        Ok(())
    }

    async fn submit(self, _: &Cx) -> Result<String, Error> {
        Ok(format!(
            "{} {:?} {} {}",
            self.project_id, self.draft, self.title, self.owner
        ))
    }
}

fn app() -> (App, Reads) {
    let reads = Reads::default();
    let registry = Registry::new().form::<EditProject>();
    (registry.state(reads.clone()).build().unwrap(), reads)
}

#[tokio::test]
async fn initial_values_are_those_of_the_object() {
    let (app, _) = app();
    for (id, title) in [(7, "Project 7"), (8, "Project 8")] {
        for function in ["edit_project.state", "edit_project.schema"] {
            let state = call(&app, function, json!({ "projectId": id }))
                .await
                .unwrap();
            assert_eq!(state["values"], json!({ "title": title }));
        }
    }
}

#[tokio::test]
async fn submits_the_object_of_the_params() {
    let (app, _) = app();
    let values = json!({ "projectId": 7, "draft": true, "title": "New" });
    let output = call(&app, "edit_project.submit", values).await.unwrap();
    assert_eq!(output, "7 Some(true) New owner of 7");
}

#[tokio::test]
async fn validates_with_the_params() {
    let (app, _) = app();
    for (id, errors) in [(7, json!({ "title": ["is taken"] })), (8, json!({}))] {
        let input =
            json!({ "values": { "projectId": id, "title": "Project 8" }, "fields": ["title"] });
        let output = call(&app, "edit_project.validate", input).await.unwrap();
        assert_eq!(output["errors"], errors);
    }
}

#[tokio::test]
async fn authorizes_every_function_before_data_is_read() {
    let (app, reads) = app();
    for (id, code) in [(9, "forbidden"), (404, "not_found"), (500, "internal")] {
        let values = json!({ "projectId": id, "title": "x" });
        for (function, input) in [
            ("edit_project.state", json!({ "projectId": id })),
            ("edit_project.schema", json!({ "projectId": id })),
            ("edit_project.validate", json!({ "values": values })),
            ("edit_project.submit", values.clone()),
        ] {
            let error = call(&app, function, input).await.unwrap_err();
            assert_eq!(error.code(), code, "{function}");
        }
    }
    assert_eq!(reads.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn rejects_params_that_are_not_valid() {
    let (app, reads) = app();
    for (params, error) in [
        (json!({}), "projectId: This field is required."),
        (
            json!({ "projectId": null }),
            "projectId: This field is required.",
        ),
        (
            json!({ "projectId": "7" }),
            "projectId: Enter a whole number.",
        ),
        (
            json!({ "projectId": 7, "draft": "maybe" }),
            "draft: Must be true or false.",
        ),
    ] {
        for (function, input) in [
            ("edit_project.state", params.clone()),
            ("edit_project.validate", json!({ "values": params })),
            ("edit_project.submit", params.clone()),
        ] {
            let rejected = call(&app, function, input).await.unwrap_err();
            assert_eq!(field_errors(&rejected), [error], "{function} {params}");
        }
    }
    let unknown = json!({ "projectId": 7, "title": "x" });
    let rejected = call(&app, "edit_project.state", unknown).await.unwrap_err();
    assert_eq!(rejected.code(), "invalid");
    assert_eq!(reads.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn posts_without_javascript_contain_the_params() {
    let (app, _) = app();
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let fields = [
        text("projectId", "7"),
        text("draft", ""),
        text("title", "New"),
    ];
    let values = app
        .form("edit_project")
        .unwrap()
        .shape
        .parse_fields(&fields);
    assert_eq!(values["projectId"], 7);
    let output = call(&app, "edit_project.submit", values).await.unwrap();
    assert_eq!(output, "7 None New owner of 7");
}

#[tokio::test]
async fn a_failed_post_is_shown_in_the_form_with_the_same_params() {
    let (app, _) = app();
    let post = FormPost::new("edit_project")
        .with_values(json!({ "projectId": 7, "title": "much too long" }))
        .with_errors([("title".to_owned(), vec!["Too long.".to_owned()])].into());
    for (id, title) in [(7, "much too long"), (8, "Project 8")] {
        let (mut parts, ()) = http::Request::builder()
            .uri("/")
            .body(())
            .unwrap()
            .into_parts();
        parts.extensions.insert(post.clone());
        let head = RequestHead::new(parts, None).for_page();
        let input = json!({ "projectId": id });
        let state = call_with(&app, "edit_project.state", input, Uploads::default(), head);
        let state = state.await.unwrap();
        assert_eq!(state["values"], json!({ "title": title }));
        assert_eq!(state["errors"] == json!({}), id == 8);
    }
}

#[test]
fn the_manifest_has_params_only_in_inputs() {
    let manifest = Registry::new().form::<EditProject>().manifest().unwrap();
    let manifest = manifest.as_json();
    let fields = manifest["forms"][0]["fields"].as_array().unwrap().iter();
    let names: Vec<_> = fields.map(|field| &field["name"]).collect();
    assert_eq!(names, ["title", "label"]);
    let mut functions = manifest["functions"].as_array().unwrap().iter();
    let mut input = |name: &str| {
        let function = functions.find(|function| function["name"] == name);
        function.unwrap()["input"].clone()
    };
    let state = input("edit_project.state");
    let properties: Vec<_> = state["properties"].as_object().unwrap().keys().collect();
    assert_eq!(properties, ["projectId", "draft"]);
    assert_eq!(state["required"], json!(["projectId"]));
    let submit = input("edit_project.submit");
    assert_eq!(submit["required"], json!(["projectId", "title"]));
    let validate = input("edit_project.validate");
    assert_eq!(
        validate["properties"]["values"]["required"],
        json!(["projectId"])
    );
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "list_param")]
#[expect(dead_code, reason = "the form is only registered")]
struct ListParam {
    #[field(param)]
    ids: Vec<u32>,
}

impl FormHandler for ListParam {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
#[should_panic(
    expected = "the field `ids` of the form `list_param` is a param, and must be a text"
)]
fn rejects_params_with_several_values() {
    let _ = Registry::new().form::<ListParam>();
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "reserve")]
struct Reserve {
    #[validate(length(max = 10))]
    room: String,
    day: u8,
    #[serde(default)]
    #[validate(nested)]
    guests: Vec<Guest>,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
struct Guest {
    name: String,
}

impl FormHandler for Reserve {
    type Output = ();
    type Error = Error;

    async fn validate_field(
        _: &Cx,
        _: &mizan_forms::NoParams,
        field: FieldCheck<'_>,
    ) -> Result<(), Error> {
        if field.path() == "day" {
            let room = field.other("room").and_then(Value::as_str);
            let guest = field.other("guests.1.name").and_then(Value::as_str);
            assert!(field.other("guests.x").is_none() && field.other("day.x").is_none());
            return Err(Error::invalid(
                "day",
                format!(
                    "{:?} {room:?} {guest:?} {}",
                    field.value().as_u64(),
                    field.values().len()
                ),
            ));
        }
        Ok(())
    }

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        let guests: Vec<_> = self.guests.into_iter().map(|guest| guest.name).collect();
        let Self { room, day, .. } = self;
        Err(Error::conflict(format!(
            "{room} {day} {}",
            guests.join(", ")
        )))
    }
}

#[tokio::test]
async fn a_check_of_a_field_sees_the_other_fields() {
    let app = Registry::new().form::<Reserve>().build().unwrap();
    for (values, message) in [
        (
            json!({ "day": 3, "room": "tea" }),
            "Some(3) Some(\"tea\") None 2",
        ),
        (json!({ "day": 3 }), "Some(3) None None 1"),
        (
            json!({ "day": 3, "room": "much too long", "guests": [{}, { "name": "mia" }] }),
            "Some(3) Some(\"much too long\") Some(\"mia\") 3",
        ),
    ] {
        let input = json!({ "values": values, "fields": ["day"] });
        let output = call(&app, "reserve.validate", input).await.unwrap();
        assert_eq!(output["errors"], json!({ "day": [message] }));
    }
}

#[test]
fn manifest_says_that_a_check_decides() {
    let functions = |registry: Registry, form: &str| {
        let manifest = registry.manifest().unwrap().as_json().clone();
        let functions = manifest["functions"].as_array().cloned().unwrap();
        let of_form = functions
            .into_iter()
            .filter(|function| function["name"].as_str().unwrap().starts_with(form));
        let authorized = of_form.map(|function| function["authorize"] == true);
        authorized.collect::<Vec<_>>()
    };
    let edit = Registry::new().form::<EditProject>();
    assert_eq!(functions(edit, "edit_project."), [true; 4]);
    let without = Registry::new().form::<Unchecked>();
    assert_eq!(functions(without, "unchecked."), [false; 4]);
}

/// A form without a check.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "unchecked")]
struct Unchecked {
    text: String,
}

impl FormHandler for Unchecked {
    type Output = String;
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<String, Error> {
        Ok(self.text)
    }
}
