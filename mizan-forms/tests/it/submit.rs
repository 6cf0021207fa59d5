//! The mutation `contact.submit`.

use mizan_core::adapter::Uploads;
use mizan_core::{RequestHead, Upload};
use mizan_forms::functions::SubmitMutation;
use serde_json::json;

use crate::app::{Contact, app, call, call_with, field_errors, valid, valid_with};

#[tokio::test]
async fn passes_valid_values_to_handler() {
    let (app, sent) = app();
    let phones = json!([{ "the-number": "12345", "kind": "home" }]);
    let output = call(
        &app,
        "contact.submit",
        valid_with(json!({ "phones": phones, "country": "at" })),
    )
    .await;
    assert_eq!(output.unwrap(), json!({ "sent": true }));
    assert_eq!(
        *sent.0.lock().unwrap(),
        [r#"Mia mia@example.org Some(7) acme None ["12345"]"#]
    );
}

#[tokio::test]
async fn can_be_called_from_rust() {
    let (app, _) = app();
    let output = app.call_as(
        mizan_core::Principal::anonymous(),
        SubmitMutation::<Contact>::new(valid()),
    );
    assert!(output.await.unwrap()["sent"]);
}

#[tokio::test]
async fn reports_all_errors_at_once() {
    let (app, sent) = app();
    let rejected = call(
        &app,
        "contact.submit",
        json!({
            "email": "not an address",
            "message": 5,
            "phones": [
                { "the-number": "12", "kind": "home" },
                { "the-number": "123", "kind": "fax", "more": 1 },
                { "kind": "home" },
            ],
            "country": "fr",
            "colour": "red",
        }),
    );
    assert_eq!(
        field_errors(&rejected.await.unwrap_err()),
        [
            "colour: Unknown field.",
            "country: Choose one of the options.",
            "email: Enter a valid email address.",
            "fullName: This field is required.",
            "message: Must be text.",
            "phones: Must have at most 2 items.",
        ]
    );
    let rejected = call(
        &app,
        "contact.submit",
        valid_with(json!({
            "email": "taken@example.org",
            "phones": [
                { "the-number": "12", "kind": "home" },
                { "the-number": "123", "kind": "fax", "more": 1 },
            ],
        })),
    );
    assert_eq!(
        field_errors(&rejected.await.unwrap_err()),
        [
            "email: is taken",
            "phones.0.the-number: Must have 3 to 9 characters.",
            "phones.1.kind: Choose one of the options.",
            "phones.1.more: Unknown field.",
        ]
    );
    assert!(sent.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn reports_form_errors_separately() {
    let (app, _) = app();
    let rejected = call(
        &app,
        "contact.submit",
        valid_with(json!({ "fullName": "silent" })),
    );
    assert_eq!(
        field_errors(&rejected.await.unwrap_err()),
        ["__all__: leave a message or a number"]
    );
}

#[tokio::test]
async fn declared_error_names_its_field_and_failed_check_is_internal() {
    let (app, _) = app();
    let taken = call(
        &app,
        "contact.submit",
        valid_with(json!({ "fullName": "late" })),
    )
    .await
    .unwrap_err();
    assert_eq!(taken.code(), "taken");
    assert_eq!(taken.fields()["email"], ["mia has this address"]);
    let broken = call(
        &app,
        "contact.submit",
        valid_with(json!({ "fullName": "crash" })),
    )
    .await
    .unwrap_err();
    assert_eq!(broken.code(), "internal");
    assert!(!broken.message().contains("database"));
}

#[tokio::test]
async fn passes_uploads_to_handler() {
    let (app, sent) = app();
    let mut uploads = Uploads::default();
    let image = uploads.add(Upload::new(
        tempfile::tempfile().unwrap(),
        1,
        "../me.png",
        "image/png",
    ));
    let values = valid_with(json!({ "image": image }));
    let head = RequestHead::empty();
    call_with(&app, "contact.submit", values.clone(), uploads, head)
        .await
        .unwrap();
    assert!(sent.0.lock().unwrap()[0].contains("me.png"));
    let rejected = call(&app, "contact.submit", values).await.unwrap_err();
    assert_eq!(field_errors(&rejected), ["image: Choose a file."]);

    let fields = app.function("contact.submit").unwrap().uploads();
    let paths: Vec<_> = fields.iter().map(|field| &*field.path).collect();
    assert_eq!(paths, ["image", "phones.*.scan"]);
    assert_eq!(fields[0].accept, ["image/png", "image/jpeg"]);
    assert_eq!(fields[0].max_bytes, Some(2_000_000));
    assert!(
        app.function("contact.validate")
            .unwrap()
            .uploads()
            .is_empty()
    );
}
