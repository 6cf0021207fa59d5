//! The query `contact.state`.

use mizan_core::RequestHead;
use mizan_core::adapter::{FormPost, Uploads};
use serde_json::{Value, json};

use crate::app::{app, call, call_with};

fn page(uri: &str, post: Option<FormPost>) -> RequestHead {
    let (mut parts, ()) = http::Request::builder()
        .uri(uri)
        .body(())
        .unwrap()
        .into_parts();
    if let Some(post) = post {
        parts.extensions.insert(post);
    }
    RequestHead::new(parts, None).for_page()
}

async fn state_for(head: RequestHead) -> Value {
    let (app, _) = app();
    call_with(&app, "contact.state", json!({}), Uploads::default(), head)
        .await
        .unwrap()
}

#[tokio::test]
async fn returns_initial_values_and_dynamic_choices() {
    let (app, _) = app();
    let state = call(&app, "contact.state", json!({})).await.unwrap();
    assert_eq!(
        state["values"],
        json!({ "email": "you@example.org", "account": 7 })
    );
    assert_eq!(
        state["choices"],
        json!({ "country": [
            { "value": "de", "label": "Germany" },
            { "value": "at", "label": "Austria" },
        ] })
    );
    assert_eq!(
        (&state["page"], &state["errors"], &state["sent"]),
        (&json!(""), &json!({}), &json!(false))
    );
    let other = call(&app, "contact.state", json!({})).await.unwrap();
    assert_eq!(state["token"].as_str().unwrap().len(), 36);
    assert_ne!(state["token"], other["token"]);
}

#[tokio::test]
async fn returns_the_page_and_whether_the_form_was_sent() {
    let state = state_for(page("/contact/?a=b", None)).await;
    assert_eq!(
        (&state["page"], &state["sent"]),
        (&json!("/contact/?a=b"), &json!(false))
    );
    assert_eq!(
        state_for(page("/contact/?a=b&sent=contact", None)).await["sent"],
        true
    );
    assert_eq!(
        state_for(page("/contact/?sent=contacts", None)).await["sent"],
        false
    );
}

#[tokio::test]
async fn returns_values_and_errors_of_a_failed_post() {
    let post = FormPost::new("contact")
        .with_values(json!({ "fullName": "Mia", "secret": "s", "account": 1, "tenant": "x", "phones": [{ "scan": "x", "the-number": "1" }] }))
        .with_errors([("email".to_owned(), vec!["This field is required.".to_owned()])].into())
        .with_token(Some("the same".to_owned()));
    let state = state_for(page("/contact", Some(post.clone()))).await;
    assert_eq!(
        state["values"],
        json!({ "account": 7, "fullName": "Mia", "phones": [{ "the-number": "1" }] })
    );
    assert_eq!(
        state["errors"],
        json!({ "email": ["This field is required."] })
    );
    assert_eq!(state["token"], "the same");

    let mut other = post;
    other.form = "other".to_owned();
    assert_eq!(
        state_for(page("/contact", Some(other))).await["errors"],
        json!({})
    );
}
