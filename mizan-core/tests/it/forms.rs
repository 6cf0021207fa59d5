//! Forms in the registry, the manifest and requests.

use std::sync::Arc;

use mizan_core::adapter::{FormEntry, FormShape};
use mizan_core::{Decision, Error, Policy, Principal, Registry, RequestHead, policy};
use serde_json::{Value, json};

use crate::member;

struct Shape(&'static str);

impl FormShape for Shape {
    fn manifest(&self) -> Value {
        json!({
            "name": "contact",
            "title": self.0,
            "docs": self.0,
            "fields": [{ "name": "email", "label": self.0, "initial": { "label": "kept" },
                "choices": [{ "value": "a", "label": self.0 }] }],
            "source": { "file": self.0, "line": 1 },
        })
    }

    fn label(&self, path: &str) -> String {
        path.to_owned()
    }

    fn parse_fields(&self, _: &[(String, String)]) -> Value {
        json!({})
    }

    fn add_row(&self, _: &mut Value, _: &str) {}

    fn remove_row(&self, _: &mut Value, _: &str) {}

    fn redisplay_values(&self, values: Value) -> Value {
        values
    }
}

fn entry(name: &'static str, shape: &'static Shape) -> FormEntry {
    FormEntry::new(name, "a.schema", "a.submit", shape)
}

#[test]
fn finds_forms_by_name() {
    let one =
        Registry::new().form_entry(entry("one", &Shape("One")).with_redirect(Some("/thanks")));
    let other = Registry::new().form_entry(entry("other", &Shape("Other")));
    let app = one.merge(other).build().unwrap();
    let found = app.form("one").unwrap();
    assert_eq!(
        (found.submit, found.redirect),
        ("a.submit", Some("/thanks"))
    );
    assert_eq!(app.form("other").unwrap().redirect, None);
    assert!(app.form("none").is_none());
    assert_eq!(format!("{found:?}"), "FormEntry(one)");
}

#[test]
fn describes_forms_in_the_manifest() {
    let manifest = |registry: Registry| registry.manifest().unwrap();
    let none = manifest(Registry::new());
    assert!(none.as_json().get("forms").is_none());

    let a = manifest(Registry::new().form_entry(entry("contact", &Shape("A"))));
    let b = manifest(Registry::new().form_entry(entry("contact", &Shape("B"))));
    assert_eq!(a.as_json()["forms"], json!([Shape("A").manifest()]));
    assert_ne!(a.contract(), none.contract());
    assert_eq!(
        a.contract(),
        b.contract(),
        "labels are not part of the contract"
    );
}

#[test]
fn returns_the_path_of_the_page() {
    let head = || {
        let request = http::Request::builder().uri("https://a.example/contact/?a=b");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        RequestHead::new(parts, None)
    };
    assert_eq!(head().page_path(), None);
    assert_eq!(head().for_page().page_path(), Some("/contact/?a=b"));
    assert_eq!(head().for_page().clone().page_path(), Some("/contact/?a=b"));
}

async fn members_only(cx: &mizan_core::Cx) -> Decision {
    cx.principal().is_signed_in().into()
}

#[tokio::test]
async fn policy_macro_accepts_the_syntax_of_client() {
    const POLICIES: [Policy; 7] = [
        policy!(),
        policy!(true),
        policy!(false),
        policy!("staff"),
        policy!("superuser"),
        policy!("posts.rename"),
        policy!(members_only),
    ];
    let words = POLICIES.map(|policy| policy.to_string());
    assert_eq!(
        words,
        [
            "signed in",
            "signed in",
            "anyone",
            "staff",
            "superuser",
            "permission posts.rename",
            "check members_only"
        ]
    );
    let app = Registry::new().build().unwrap();
    let cx = |principal| app.context(principal, Arc::new(RequestHead::empty()));
    let check = POLICIES[6];
    assert_eq!(
        check.decide(&cx(member().into())).await.unwrap(),
        Decision::Allow
    );
    assert_ne!(
        check.decide(&cx(Principal::anonymous())).await.unwrap(),
        Decision::Allow
    );
}

#[test]
fn reports_several_invalid_fields() {
    let fields = [
        (
            "email".to_owned(),
            vec!["This field is required.".to_owned()],
        ),
        ("name".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
    ];
    let error = Error::invalid_fields(fields.clone().into());
    assert_eq!((error.code(), error.fields()), ("invalid", &fields.into()));
}
