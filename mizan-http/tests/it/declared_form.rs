//! A form that is declared with `mizan-forms` and posted by a browser without JavaScript.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use mizan_core::{Cx, Error, Registry, Upload};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::{FormPages, MizanService};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::Validate;

use crate::forms_app::{Part, multipart, png, text};
use crate::harness::{Reply, call};

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact", title = "Contact us")]
struct Contact {
    #[validate(length(max = 80))]
    name: String,
    #[field(widget = "email")]
    #[validate(email)]
    email: String,
    #[field(widget = "textarea")]
    message: Option<String>,
    #[field(widget = "password")]
    secret: Option<String>,
    age: Option<u32>,
    #[field(widget = "image", accept = "image/png", max_bytes = 1000)]
    image: Option<Upload>,
    #[serde(default)]
    #[validate(nested, length(max = 2))]
    phones: Vec<Phone>,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Phone {
    #[validate(length(max = 20))]
    number: String,
}

type Sent = Arc<Mutex<Vec<String>>>;

impl FormHandler for Contact {
    type Output = bool;
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<bool, Error> {
        let image = self.image.as_ref().map(Upload::file_name);
        let phones: Vec<_> = self.phones.iter().map(|phone| &phone.number).collect();
        let Self {
            name,
            email,
            message,
            secret,
            age,
            ..
        } = &self;
        let line = format!("{name} {email} {message:?} {secret:?} {age:?} {image:?} {phones:?}");
        cx.state::<Sent>().lock().unwrap().push(line);
        Ok(true)
    }
}

/// Returns the form's state from its page.
async fn page(mizan: MizanService, request: axum::extract::Request) -> Bytes {
    let caller = mizan.caller(&request).await.unwrap();
    caller
        .call("contact.state".to_owned(), Bytes::new())
        .await
        .unwrap()
}

fn site() -> (Sent, axum::Router) {
    let sent = Sent::default();
    let registry = Registry::new().form::<Contact>().state(Arc::clone(&sent));
    let mizan = MizanService::new(registry.build().unwrap());
    let pages = {
        let mizan = mizan.clone();
        axum::routing::get(move |request| page(mizan.clone(), request))
    };
    let router = axum::Router::<()>::new()
        .route("/contact/", pages)
        .nest_service("/api/mizan", mizan.clone());
    let pages = FormPages::new(router, mizan);
    (sent, axum::Router::new().fallback_service(pages))
}

async fn send(site: &axum::Router, parts: &[Part<'_>]) -> Reply {
    let request = multipart("/api/mizan/form/contact", parts);
    call(site, request.map(axum::body::Body::new)).await
}

async fn open(site: &axum::Router, path: &str) -> Value {
    let request = Request::get(path).body(axum::body::Body::empty());
    state(&call(site, request.unwrap()).await)
}

fn state(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[tokio::test]
async fn form_fails_validation_and_then_succeeds() {
    let (sent, site) = site();
    let opened = open(&site, "/contact/?a=b").await;
    assert_eq!(
        (&opened["sent"], &opened["page"]),
        (&json!(false), &json!("/contact/?a=b"))
    );
    let token = opened["token"].as_str().unwrap();
    let page = text("__page", opened["page"].as_str().unwrap());
    let name = text("name", "Ada");
    let message = text("message", "two\r\nlines");
    let phones = [text("phones.0.number", "1"), text("phones.1.number", "2")];

    let reply = send(
        &site,
        &[
            name,
            message,
            phones[0],
            page,
            text("__token", token),
            text("email", "a@b\r\nbcc: c@d"),
            text("secret", "hunter2"),
            text("age", "old"),
        ],
    )
    .await;
    assert_eq!(reply.status, 422);
    let again = state(&reply);
    assert!(
        again["errors"]["email"].is_array() && again["errors"]["age"].is_array(),
        "{again}"
    );
    assert_eq!(again["errors"].as_object().unwrap().len(), 2, "{again}");
    assert_eq!(again["values"]["name"], "Ada");
    assert_eq!(
        again["values"]["age"], "old",
        "the text of the user is kept"
    );
    assert_eq!(again["values"]["message"], "two\nlines");
    assert_eq!(again["values"]["phones"], json!([{ "number": "1" }]));
    assert!(again["values"].get("secret").is_none());
    assert_eq!(
        (&again["token"], &again["page"]),
        (&json!(token), &json!("/contact/?a=b"))
    );

    let reply = send(
        &site,
        &[
            name,
            phones[0],
            page,
            text("__token", token),
            text("__add", "phones"),
        ],
    )
    .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        state(&reply)["values"]["phones"].as_array().unwrap().len(),
        2
    );

    let parts = [
        name,
        message,
        phones[0],
        phones[1],
        page,
        text("__token", token),
        text("email", "ada@example.org"),
        text("secret", ""),
        text("age", "36"),
        png("image"),
    ];
    for _ in 0..2 {
        let reply = send(&site, &parts).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        assert_eq!(reply.header("location"), Some("/contact/?a=b&sent=contact"));
    }
    assert_eq!(
        *sent.lock().unwrap(),
        [r#"Ada ada@example.org Some("two\nlines") None Some(36) Some("a.png") ["1", "2"]"#]
    );
    let opened = open(&site, "/contact/?a=b&sent=contact").await;
    assert_eq!(opened["sent"], true);
    assert_ne!(opened["token"], token);
}

#[tokio::test]
async fn reports_errors_on_their_fields() {
    let (sent, site) = site();
    let row = |path| text(path, "1");
    for (parts, path) in [
        (&[text("more", "1")][..], "more"),
        (&[text("__proto__", "1")], "__proto__"),
        (&[text("phones.0.__proto__", "1")], "phones.0.__proto__"),
        (
            &[
                row("phones.0.number"),
                row("phones.1.number"),
                row("phones.2.number"),
            ],
            "phones",
        ),
        (&[row("phones.400.number")], "phones"),
        (
            &[Part("image", Some("../a.png"), "image/png", b"<html>")],
            "image",
        ),
        (&[Part("image", Some("a.png"), "image/png", b"")], "image"),
        (&[text("image", "/etc/passwd")], "image"),
        (&[png("phones.0.scan")], "phones.0.scan"),
    ] {
        let good = [
            text("name", "Ada"),
            text("email", "a@b.example"),
            text("__page", "/contact/"),
        ];
        let reply = send(&site, &[parts, &good].concat()).await;
        assert_eq!(reply.status, 422, "{path} {reply:?}");
        let errors = state(&reply)["errors"].clone();
        assert!(errors[path].is_array(), "{path} {errors}");
    }
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn reports_field_errors_together_with_rejected_file() {
    let (sent, site) = site();
    let reply = send(
        &site,
        &[
            Part("image", Some("a.png"), "image/png", b"<html>"),
            text("name", "Ada"),
            text("email", "not-an-address"),
            text("age", "old"),
            text("__page", "/contact/"),
        ],
    )
    .await;
    assert_eq!(reply.status, 422);
    let errors = state(&reply)["errors"].clone();
    assert_eq!(
        errors["image"],
        json!(["The content of the file does not match its type, image/png."])
    );
    assert_eq!(errors["email"], json!(["Enter a valid email address."]));
    assert_eq!(errors.as_object().unwrap().len(), 3, "{errors}");
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn schema_describes_the_form_to_clients_without_generated_code() {
    let (_, site) = site();
    let schema = open(&site, "/api/mizan/call/contact.schema").await;
    assert_eq!(schema["title"], "Contact us");
    assert_eq!(
        schema["fields"][1],
        json!({ "name": "email", "widget": "email", "label": "Email", "required": true })
    );
    let json_schema = &schema["json_schema"];
    assert_eq!(json_schema["required"], json!(["name", "email"]));
    assert_eq!(json_schema["properties"]["name"]["maxLength"], 80);
    assert!(json_schema["$defs"]["Phone"].is_object());
    assert_eq!(
        (&schema["values"], &schema["choices"]),
        (&json!({}), &json!({}))
    );

    let state = open(&site, "/api/mizan/call/contact.state").await;
    let members: Vec<_> = state.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["values", "choices", "token", "page", "errors", "sent"]
    );
    assert_eq!(schema["token"].as_str().map(str::len), Some(36));
}
