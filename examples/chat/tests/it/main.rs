//! Calls to the functions of the chat example.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

#[cfg(unix)]
mod config;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod shutdown;
#[cfg(all(unix, feature = "telemetry"))]
mod telemetry;

use std::sync::Arc;

use bytes::Bytes;
use chat::people::{DEMO_PASSWORD, People};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use mizan_auth::Accounts;
use mizan_auth::mail::ConsoleMailer;
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_http::MizanService;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower_service::Service as _;

/// A client that stores the session cookie.
struct Browser {
    service: MizanService<Accounts>,
    cookie: Option<String>,
    _folder: TempDir,
}

impl Browser {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Accounts::builder("http://localhost:8000").mailer(Arc::new(ConsoleMailer));
        let database = folder.path().join("chat.db");
        let people = People::open(&database, settings).await.unwrap();
        // The second call finds the existing accounts.
        people.seed().await.unwrap();
        people.seed().await.unwrap();
        let accounts = people.accounts.clone();
        let app = chat::registry(people, Channels::new(MemoryBroker::new()))
            .build()
            .unwrap();
        let service = MizanService::builder(app).authenticate(accounts).build();
        Self {
            service: service.unwrap(),
            cookie: None,
            _folder: folder,
        }
    }

    async fn sign_in(&mut self, user: &str) -> (StatusCode, Value) {
        let email = format!("{user}@example.com");
        let input = json!({ "email": email, "password": DEMO_PASSWORD });
        self.post("sign_in.submit", input).await
    }

    async fn post(&mut self, name: &str, input: Value) -> (StatusCode, Value) {
        let mut request = Request::post(format!("/api/mizan/call/{name}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = Full::new(Bytes::from(input.to_string()));
        let response = self
            .service
            .call(request.body(body).unwrap())
            .await
            .unwrap();
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(cookie.to_owned());
        }
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn status(&mut self, name: &str) -> u16 {
        self.post(name, json!({})).await.0.as_u16()
    }
}

#[tokio::test]
async fn reports_follow_their_policies() {
    let functions = [
        "members_only",
        "staff_report",
        "superuser_report",
        "early_access",
    ];
    for (user, expected) in [
        (None, [401, 401, 401, 401]),
        (Some("member"), [200, 403, 403, 200]),
        (Some("staff"), [200, 200, 403, 403]),
        (Some("superuser"), [200, 200, 200, 403]),
    ] {
        let mut browser = Browser::new().await;
        if let Some(user) = user {
            let (status, body) = browser.sign_in(user).await;
            assert_eq!((status.as_u16(), &body["step"]), (200, &json!("signed_in")));
        }
        for (function, expected) in functions.into_iter().zip(expected) {
            assert_eq!(
                browser.status(function).await,
                expected,
                "{user:?} calls {function}"
            );
        }
    }
}

#[tokio::test]
async fn sign_out_ends_session() {
    let mut browser = Browser::new().await;
    browser.sign_in("staff").await;
    let stolen = browser.cookie.clone();
    let (_, user) = browser.post("current_user", json!({})).await;
    assert_eq!(user["name"], "Staff");

    let (status, body) = browser.post("sign_out", json!({})).await;
    assert_eq!((status.as_u16(), body), (200, Value::Null));
    for cookie in [browser.cookie.clone(), stolen] {
        browser.cookie = cookie;
        let (_, user) = browser.post("current_user", json!({})).await;
        assert_eq!(user, Value::Null);
    }
}

#[tokio::test]
async fn second_sign_in_ends_previous_session() {
    let mut browser = Browser::new().await;
    browser.sign_in("superuser").await;
    let before = browser.cookie.clone();
    browser.sign_in("member").await;
    assert_ne!(browser.cookie, before);
    browser.cookie = before;
    assert_eq!(browser.status("members_only").await, 401);
}

#[tokio::test]
async fn staff_end_sessions_of_members_and_superusers_those_of_all() {
    let mut browser = Browser::new().await;
    let first_page = json!({ "after": null });
    browser.sign_in("member").await;
    let rejected = browser.post("list_accounts", first_page.clone()).await;
    assert_eq!(rejected.0, StatusCode::FORBIDDEN);
    browser.sign_in("staff").await;
    let (_, list) = browser.post("list_accounts", first_page).await;
    let id_of = |email: &str| {
        let mut accounts = list["accounts"].as_array().unwrap().iter();
        accounts.find(|it| it["email"] == email).unwrap()["id"].clone()
    };
    let end = |email: &str| json!({ "id": id_of(email) });
    for (user, target, expected) in [
        ("staff", "member@example.com", 200),
        ("staff", "superuser@example.com", 403),
        ("superuser", "staff@example.com", 200),
        ("member", "staff@example.com", 403),
    ] {
        browser.sign_in(user).await;
        let (status, _) = browser.post("end_sessions", end(target)).await;
        assert_eq!(status.as_u16(), expected, "{user} signs {target} out");
    }
}

#[tokio::test]
async fn echo_and_greet_return_their_input() {
    let mut browser = Browser::new().await;
    let (_, reply) = browser.post("echo", json!({ "text": "hi" })).await;
    assert_eq!(reply, json!({ "message": "hi" }));
    let (_, greeting) = browser.post("greet", json!({ "name": "World" })).await;
    assert_eq!(greeting, json!({ "greeting": "Hello, World!" }));
    let (status, problem) = browser
        .post("echo", json!({ "text": "x".repeat(281) }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        problem["fields"]["text"],
        json!(["Must have 1 to 280 characters."])
    );
}

#[tokio::test]
async fn contact_form_counts_valid_messages_only() {
    let mut browser = Browser::new().await;
    let (status, problem) = browser
        .post(
            "contact.submit",
            json!({
                "name": " ",
                "email": "ada@example.com\r\nbcc: other@example.com",
                "message": "short",
                "phones": [{ "kind": "home", "number": "1" }],
            }),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let rejected: Vec<_> = problem["fields"].as_object().unwrap().keys().collect();
    assert_eq!(rejected, ["email", "message", "name", "phones.0.number"]);

    let message = json!({
        "name": "Ada",
        "email": "ada@example.com",
        "message": "I would like to know more.",
        "phones": [{ "kind": "home", "number": "+49 30 1" }],
    });
    let (status, sent) = browser.post("contact.submit", message).await;
    assert_eq!((status.as_u16(), sent), (200, json!({ "sent": true })));
    browser.sign_in("staff").await;
    let (_, report) = browser.post("staff_report", json!({})).await;
    assert_eq!(report["lines"][1], "Messages in the inbox: 1");
}

#[tokio::test]
async fn profile_name_is_unique_and_requires_sign_in() {
    let mut browser = Browser::new().await;
    let profile = |name: &str| json!({ "name": name, "colour": "#17594f", "notify": "never" });
    let (status, _) = browser.post("profile.submit", profile("Mia")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    browser.sign_in("member").await;
    for taken in ["Staff", " staff"] {
        let (_, problem) = browser.post("profile.submit", profile(taken)).await;
        let expected = json!({ "name": ["This name is already taken."] });
        assert_eq!(problem["fields"], expected, "{taken}");
    }
    let mut forged = profile("Mia");
    forged["email"] = json!("staff@example.com");
    let (_, problem) = browser.post("profile.submit", forged).await;
    assert_eq!(
        problem["fields"],
        json!({ "email": ["This field cannot be changed."] })
    );

    let (status, _) = browser.post("profile.submit", profile("Mia")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, user) = browser.post("current_user", json!({})).await;
    assert_eq!(user["name"], "Mia");
}

#[tokio::test]
async fn website_must_be_http_url() {
    let mut browser = Browser::new().await;
    browser.sign_in("member").await;
    for (website, is_web_address) in [
        ("https://example.com", true),
        ("HTTP://example.com/?a=b", true),
        ("javascript:alert(1)", false),
        ("javascript://example.com/%0aalert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
    ] {
        let profile = json!({
            "name": "Mia", "website": website, "colour": "#000000", "notify": "never",
        });
        let (status, reply) = browser.post("profile.submit", profile).await;
        let expected = if is_web_address { 200 } else { 422 };
        assert_eq!(status.as_u16(), expected, "{website}");
        let message = &reply["fields"]["website"][0];
        assert_eq!(
            *message == "Must begin with https:// or http://.",
            !is_web_address,
            "{reply}"
        );
    }
}

/// The contact form accepts 60 submissions in a minute from one address.
#[tokio::test]
async fn contact_form_is_limited_by_address() {
    let browser = Browser::new().await;
    let post = async |path: &str, content_type: &str, body: String| {
        let request = Request::post(path)
            .header(header::HOST, "localhost:8000")
            .header(header::CONTENT_TYPE, content_type)
            .body(Full::new(Bytes::from(body)));
        let response = browser
            .service
            .clone()
            .call(request.unwrap())
            .await
            .unwrap();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (
            status,
            retry_after,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    };
    let submit = async || {
        let body = json!({ "email": "ada@example.com" }).to_string();
        post("/api/mizan/call/contact.submit", "application/json", body).await
    };
    for _ in 0..60 {
        let (status, _, body) = submit().await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let (status, retry_after, body) = submit().await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(retry_after.unwrap(), "1");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["code"], "rate_limited");
    // Without JavaScript, the page shows the message.
    let form = "application/x-www-form-urlencoded";
    let body = "email=ada%40example.com".to_owned();
    let (status, retry_after, page) = post("/api/mizan/form/contact", form, body).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{page}");
    assert_eq!(retry_after.unwrap(), "1");
    assert!(
        page.contains("Too many requests: try again later."),
        "{page}"
    );
}
