//! Form submissions without JavaScript.

use mizan_core::adapter::FormShape;
use serde_json::{Value, json};

use crate::app::{app, call};

fn shape() -> &'static dyn FormShape {
    app().0.form("contact").unwrap().shape
}

fn values(fields: &[(&str, &str)]) -> Value {
    let fields: Vec<_> = fields
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    shape().parse_fields(&fields)
}

#[tokio::test]
async fn converts_posted_texts_to_values() {
    let posted = values(&[
        ("__token", "t"),
        ("__page", "/"),
        ("fullName", "Mia"),
        ("email", "mia@example.org"),
        ("message", "a\r\nb"),
        ("image", ""),
        ("secret", ""),
        ("country", "de"),
        ("phones.1.the-number", "222"),
        ("phones.1.kind", "home"),
        ("phones.0.the-number", "111"),
        ("phones.0.kind", "mobile_phone"),
    ]);
    assert_eq!(
        posted,
        json!({
            "fullName": "Mia",
            "email": "mia@example.org",
            "message": "a\nb",
            "phones": [
                { "the-number": "111", "kind": "mobile_phone" },
                { "the-number": "222", "kind": "home" },
            ],
            "country": "de",
            "secret": null,
        })
    );
    let (app, _) = app();
    assert!(call(&app, "contact.submit", posted).await.is_ok());
}

#[tokio::test]
async fn rejects_unknown_paths() {
    let (app, _) = app();
    let posted = values(&[
        ("fullName", ""),
        ("email.more", "x"),
        ("__proto__", "x"),
        ("phones.x.kind", "home"),
        ("phones.0.more", "x"),
        ("phones.999999999.kind", "home"),
        ("phones.99999999999999999999.kind", "home"),
        ("account", "1"),
    ]);
    assert_eq!(posted["phones"].as_array().unwrap().len(), 3);
    let rejected = call(&app, "contact.submit", posted).await.unwrap_err();
    let paths: Vec<_> = rejected.fields().keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "__proto__",
            "account",
            "email",
            "email.more",
            "fullName",
            "phones",
            "phones.99999999999999999999.kind",
            "phones.x.kind",
        ]
    );
}

#[tokio::test]
async fn rejects_text_in_place_of_list() {
    let (app, _) = app();
    let row = [("phones.0.the-number", "111"), ("phones.0.kind", "home")];
    let text = [("phones", "12345")];
    for fields in [[&text[..], &row].concat(), [&row[..], &text].concat()] {
        let posted = values(&fields);
        assert_eq!(posted["phones"], "12345");
        // A page would display the text as rows.
        assert_eq!(shape().redisplay_values(posted.clone()).get("phones"), None);
        let rejected = call(&app, "contact.submit", posted).await.unwrap_err();
        assert_eq!(rejected.fields()["phones"], ["Must be a list."]);
    }
    assert_eq!(values(&[("phones", "")])["phones"], json!([]));
}

#[test]
fn adds_and_removes_rows() {
    let mut values = json!({ "phones": [{ "the-number": "1" }] });
    shape().add_row(&mut values, "phones");
    assert_eq!(values["phones"], json!([{ "the-number": "1" }, {}]));
    shape().add_row(&mut values, "phones");
    assert_eq!(
        values["phones"].as_array().unwrap().len(),
        2,
        "the list is full"
    );
    shape().remove_row(&mut values, "phones.0");
    assert_eq!(values, json!({ "phones": [{}] }));
    let before = values.clone();
    for path in ["", "email", "phones.0", "nothing", "phones.x", "__proto__"] {
        shape().add_row(&mut values, path);
    }
    for path in ["", "phones", "phones.7", "phones.x", "nothing.0", "a.b.c"] {
        shape().remove_row(&mut values, path);
    }
    assert_eq!(values["phones"], before["phones"]);
    let mut none = json!({});
    shape().add_row(&mut none, "phones");
    assert_eq!(none, json!({ "phones": [{}] }));
}

#[test]
fn omits_secrets_from_redisplayed_values() {
    let values = json!({
        "fullName": "Mia", "secret": "s", "image": "x", "tenant": "t", "more": 1,
        "phones": [{ "the-number": "1", "scan": "x" }],
    });
    assert_eq!(
        shape().redisplay_values(values),
        json!({ "fullName": "Mia", "phones": [{ "the-number": "1" }] })
    );
}

#[test]
fn labels_fields_by_path() {
    for (path, label) in [
        ("fullName", "Your name"),
        ("email", "Email"),
        ("phones.1.the-number", "Phones, row 2, The number"),
        ("nothing", "nothing"),
    ] {
        assert_eq!(shape().label(path), label, "{path}");
    }
}

/// A body of one megabyte can contain this many names. Unknown names must not slow down the lookup
/// of known names.
#[test]
fn parses_many_unknown_names_in_linear_time() {
    let unknown = (0..100_000).map(|number| (format!("{number:x}"), String::new()));
    let known = (0..100_000).map(|_| ("fullName".to_owned(), String::new()));
    let fields: Vec<_> = unknown.chain(known).collect();
    let begin = std::time::Instant::now();
    let posted = shape().parse_fields(&fields);
    assert!(posted.as_object().unwrap().len() > 100_000);
    // A linear search among the unknown names would take more than a minute.
    assert!(begin.elapsed() < std::time::Duration::from_secs(15));
}
