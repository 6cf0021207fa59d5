//! Forms that a browser posts without JavaScript, and the pages that show them again.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::forms_app::{FormProbe, PNG, Part, Site, multipart, multipart_of, png, text, unended};
use crate::harness::{Reply, Server, bodiless, call, get, post, with, within_timeout};

const PATH: &str = "/api/mizan/form/contact";
const TOKEN: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";
const PAGE: (&str, &str) = ("__page", "/contact/?a=b");

fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = fields.iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn form_at(path: &str, fields: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    request.body(Full::from(encoded(fields))).unwrap()
}

fn form(fields: &[(&str, &str)]) -> Request<Full<Bytes>> {
    form_at(PATH, fields)
}

async fn send(site: &Site, request: Request<Full<Bytes>>) -> Reply {
    let reply = call(&site.pages(), request).await;
    assert_eq!(site.files().len(), 0, "temporary files remain");
    reply
}

/// Returns the data that the page received.
fn shown(reply: &Reply) -> Value {
    assert_eq!(
        reply.header("content-type"),
        Some("application/json"),
        "{reply:?}"
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("etag"), None);
    reply.json()["state"].clone()
}

/// Returns the status and the HTML of the plain page.
fn plain(reply: &Reply) -> (u16, String) {
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{reply:?}"
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.header("content-security-policy").is_some());
    let page = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(page.contains("<title>Contact &lt;us&gt;</title>"), "{page}");
    (reply.status, page)
}

fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, 303, "{reply:?}");
    assert!(reply.body.is_empty());
    reply.header("location").unwrap()
}

#[tokio::test]
async fn redirects_after_success() {
    let site = Site::new();
    let ada = ("name", "Ada");
    for (path, fields, next) in [
        (PATH, &[ada, PAGE][..], "/contact/?a=b&sent=contact"),
        (
            PATH,
            &[ada, PAGE, ("__next", "/done?x=%C3%A9#y")],
            "/done?x=%C3%A9#y",
        ),
        (PATH, &[ada, ("__next", "/done")], "/done"),
        ("/api/mizan/form/thanks", &[ada, PAGE], "/thanks"),
        (
            "/api/mizan/form/thanks",
            &[ada, PAGE, ("__next", "/done")],
            "/done",
        ),
    ] {
        let reply = send(&site, form_at(path, fields)).await;
        assert_eq!(location(&reply), next);
        assert_eq!(reply.header("set-cookie"), Some("seen=yes"));
        assert_eq!(site.probe.last()["name"], "Ada");
    }
    let (status, page) = plain(&send(&site, form(&[ada])).await);
    assert!(
        status == 200 && page.contains("Your form was sent"),
        "{page}"
    );
    // The service without `FormPages` behaves the same.
    let reply = call(&site.service, form(&[ada, PAGE])).await;
    assert_eq!(location(&reply), "/contact/?a=b&sent=contact");
}

/// Schemathesis found this: a button that adds a row does not submit the form.
#[tokio::test]
async fn plain_page_after_change_of_rows_says_that_nothing_was_sent() {
    let site = Site::new();
    let fields = [("name", "Ada"), ("__add", "phones")];
    let (status, page) = plain(&call(&site.service, form(&fields)).await);
    assert_eq!(status, 200);
    assert!(page.contains("Your form was not sent"), "{page}");
}

#[tokio::test]
async fn ignores_redirects_to_other_sites() {
    let site = Site::new();
    for evil in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nlocation: https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "",
    ] {
        let fields = [("name", "Ada"), PAGE, ("__next", evil)];
        let reply = send(&site, form(&fields)).await;
        assert_eq!(location(&reply), "/contact/?a=b&sent=contact", "{evil:?}");
        for name in ["Ada", ""] {
            let reply = send(&site, form(&[("name", name), ("__page", evil)])).await;
            let (_, page) = plain(&reply);
            assert!(
                !page.contains("evil") && page.contains("href=\"/\""),
                "{page}"
            );
            assert!(!page.contains("javascript"));
        }
    }
}

#[tokio::test]
async fn shows_page_with_errors_after_failure() {
    let site = Site::new();
    let fields = [
        ("name", ""),
        ("password", "secret"),
        ("phones.0.number", "1"),
        ("phones.1.number", "123456789012345678901"),
        ("__token", TOKEN),
        ("__page", "/contact/?a=b&sent=contact"),
    ];
    let request = with(
        form(&fields),
        &[
            ("cookie", "user=ada"),
            ("if-none-match", "*"),
            ("range", "bytes=0-1"),
            ("x-mine", "1"),
        ],
    );
    let reply = send(&site, request).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        shown(&reply),
        json!({
            "form": "contact",
            "values": { "name": "", "phones": [{ "number": "1" }, { "number": "123456789012345678901" }] },
            "errors": {
                "name": ["Must have 1 to 80 characters."],
                "phones.1.number": ["Must have at most 20 characters."],
            },
            "token": TOKEN,
            // The `sent` parameter of an earlier success is removed.
            "page": "/contact/?a=b",
            "user": "ada",
        })
    );
    assert_eq!(reply.json()["method"], "GET");
    assert_eq!(
        reply.json()["headers"],
        json!({ "cookie": "user=ada", "x-mine": "1" }),
        "headers about the post are removed"
    );
    assert_eq!(site.probe.count(), 0);
}

#[tokio::test]
async fn shows_other_failures_as_form_errors() {
    let site = Site::new();
    let fails = async |name: &str| send(&site, form(&[("name", name), PAGE])).await;
    let reply = fails("taken").await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        shown(&reply)["errors"],
        json!({ "name": ["is taken by Ada"] })
    );
    assert_eq!(reply.header("set-cookie"), Some("seen=yes"));
    let reply = fails("conflict").await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        shown(&reply)["errors"],
        json!({ "__all__": ["Come again tomorrow <now>."] })
    );
    for name in ["broken", "panic"] {
        let reply = fails(name).await;
        assert_eq!(reply.status, 500);
        let errors = shown(&reply)["errors"]["__all__"].to_string();
        assert!(
            errors.contains("Something went wrong. Error ID: ") && !errors.contains("secret"),
            "{errors}"
        );
    }
    let fields = [
        text("__page", "/contact/"),
        text("name", "Ada"),
        png("file"),
    ];
    let reply = send(&site, multipart("/api/mizan/form/members", &fields)).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        shown(&reply)["errors"],
        json!({ "__all__": ["Sign in to do this."] })
    );
    assert_eq!(shown(&reply)["values"], json!({ "name": "Ada" }));
}

#[tokio::test]
async fn lists_errors_on_plain_page_if_form_has_no_page() {
    let site = Site::new();
    for (page, back) in [
        ("/gone?a=\"<b>", "/"),
        ("/gone?a=b&c", "/gone?a=b&amp;c"),
        ("/moved", "/moved"),
        (
            "/api/mizan/call/contact.schema",
            "/api/mizan/call/contact.schema",
        ),
        ("/api/mizan/form/contact", "/api/mizan/form/contact"),
        ("", "/"),
    ] {
        let reply = send(&site, form(&[("name", ""), ("__page", page)])).await;
        let (status, html) = plain(&reply);
        assert_eq!(status, 422);
        assert!(
            html.contains("<li>The name: Must have 1 to 80 characters.</li>"),
            "{html}"
        );
        if back != "/" {
            assert!(html.contains(&format!("href=\"{back}\"")), "{page} {html}");
        }
    }
    let reply = send(&site, form(&[("name", "conflict")])).await;
    let (_, html) = plain(&reply);
    assert!(
        html.contains("<li>Come again tomorrow &lt;now&gt;.</li>"),
        "{html}"
    );
    // Without `FormPages`, there is only the plain page.
    let reply = call(&site.service, form(&[("name", ""), PAGE])).await;
    assert_eq!(plain(&reply).0, 422);
}

#[tokio::test]
async fn form_sent_twice_runs_once() {
    let site = Site::new();
    let fields = [("name", "Ada"), ("__token", TOKEN), PAGE];
    for _ in 0..3 {
        let reply = send(&site, form(&fields)).await;
        assert_eq!(location(&reply), "/contact/?a=b&sent=contact");
        assert_eq!(reply.header("set-cookie"), Some("seen=yes"));
    }
    assert_eq!(site.probe.count(), 1);

    // The user goes back and sends other values: the token is used, so the page gets a new one.
    let reply = send(&site, form(&[("name", "Eve"), ("__token", TOKEN), PAGE])).await;
    assert_eq!(reply.status, 422);
    let state = shown(&reply);
    let errors = state["errors"]["__all__"].to_string();
    assert!(
        errors.contains("already sent with different values"),
        "{errors}"
    );
    assert_eq!(
        (&state["values"]["name"], &state["token"]),
        (&json!("Eve"), &Value::Null)
    );
    assert_eq!(site.probe.count(), 1);
}

#[tokio::test]
async fn concurrent_posts_run_once() {
    let site = Arc::new(Site::gated());
    let posts: Vec<_> = (0..10)
        .map(|i| {
            let site = Arc::clone(&site);
            tokio::spawn(async move {
                let fields = [("name", "Ada"), ("__token", TOKEN), PAGE];
                let parts = fields.map(|(name, value)| text(name, value));
                // The values are compared, not their encoding.
                let request = if i % 2 == 0 {
                    form(&fields)
                } else {
                    multipart(PATH, &parts)
                };
                call(&site.pages(), request).await
            })
        })
        .collect();
    site.probe.started.wait_for(1).await;
    site.probe.gate.as_ref().unwrap().let_through(10);
    for reply in posts {
        assert_eq!(within_timeout(reply).await.unwrap().status, 303);
    }
    assert_eq!((site.probe.started.get(), site.probe.count()), (1, 1));
}

#[tokio::test]
async fn retry_after_failure_runs_with_the_same_token() {
    let site = Site::new();
    for name in ["", "taken", "broken"] {
        let reply = send(&site, form(&[("name", name), ("__token", TOKEN), PAGE])).await;
        assert_eq!(shown(&reply)["token"], TOKEN, "{name}");
    }
    let reply = send(&site, form(&[("name", "Ada"), ("__token", TOKEN), PAGE])).await;
    assert_eq!(reply.status, 303);
    assert_eq!(site.probe.count(), 1);
    // Without a token, each post runs. An invalid token is rejected.
    for _ in 0..2 {
        let reply = send(&site, form(&[("name", "Ada"), ("__token", ""), PAGE])).await;
        assert_eq!(reply.status, 303);
    }
    assert_eq!(site.probe.count(), 3);
    let reply = send(&site, form(&[("name", "Ada"), ("__token", "1"), PAGE])).await;
    assert_eq!(reply.status, 422);
    let errors = shown(&reply)["errors"].clone();
    assert_eq!(
        errors,
        json!({ "__all__": ["This form is out of date: reload the page and try again."] })
    );
}

#[tokio::test]
async fn adds_and_removes_rows() {
    let site = Site::new();
    let rows = [
        ("phones.0.number", "1"),
        ("phones.1.number", "2"),
        ("name", ""),
        PAGE,
    ];
    let change = async |button: (&'static str, &'static str)| {
        let fields = [&rows[..], &[button, ("__token", TOKEN)]].concat();
        let reply = send(&site, form(&fields)).await;
        assert_eq!(reply.status, 200);
        let state = shown(&reply);
        assert_eq!(
            (&state["errors"], &state["token"]),
            (&json!({}), &json!(TOKEN))
        );
        state["values"]["phones"].clone()
    };
    assert_eq!(
        change(("__add", "phones")).await,
        json!([{ "number": "1" }, { "number": "2" }, {}])
    );
    assert_eq!(
        change(("__remove", "phones.0")).await,
        json!([{ "number": "2" }])
    );
    for button in [
        ("__add", "name"),
        ("__add", "__proto__"),
        ("__remove", "phones.7"),
        ("__remove", ""),
    ] {
        assert_eq!(
            change(button).await,
            json!([{ "number": "1" }, { "number": "2" }])
        );
    }
    assert_eq!(site.probe.started.get(), 0);
    // A file that was chosen earlier is not kept.
    let parts = [
        text("name", "Ada"),
        text("__page", "/contact/"),
        png("image"),
        text("__add", "phones"),
    ];
    let reply = send(&site, multipart(PATH, &parts)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        shown(&reply)["values"],
        json!({ "name": "Ada", "phones": [{}] })
    );
}

#[tokio::test]
async fn receives_files_with_the_form() {
    let site = Site::new();
    let unchosen = |name| Part(name, Some(""), "application/octet-stream", b"");
    let parts = [
        text("name", "Ada"),
        text("phones.0.number", "1"),
        unchosen("phones.0.scan"),
        unchosen("phones.1.scan"),
        png("phones.2.scan"),
        png("image"),
        unchosen("files"),
        text("__page", "/contact/"),
        text("__token", TOKEN),
    ];
    let reply = send(&site, multipart(PATH, &parts)).await;
    assert_eq!(location(&reply), "/contact/?sent=contact");
    let last = site.probe.last();
    assert_eq!(
        (&last["image"][0], &last["files"]),
        (&json!("a.png"), &json!([]))
    );
    assert_eq!(last["phones"][0], json!(["1", null]));
    assert_eq!(last["phones"][1], json!(["", null]));
    assert_eq!(last["phones"][2][1][0], "a.png");
    let again = send(&site, multipart(PATH, &parts)).await;
    assert_eq!(again.headers, reply.headers);
    assert_eq!(site.probe.count(), 1);
}

#[tokio::test]
async fn reports_rejected_file_on_its_field() {
    let site = Site::new();
    for (part, errors) in [
        (
            Part("image", Some("../a.png"), "image/png", b"text"),
            "The content of the file does not match its type, image/png.",
        ),
        (
            Part("image", Some("a.png"), "image/png", b""),
            "The file is empty.",
        ),
        (
            Part(
                "image",
                Some("a.png"),
                "image/png",
                &[PNG, &vec![0; 1_000_000]].concat(),
            ),
            "The file must be at most 1 MB.",
        ),
        (
            Part("__proto__", Some("a.png"), "image/png", b"x"),
            "Unknown field.",
        ),
    ] {
        let parts = [
            part,
            text("name", "Ada"),
            text("__page", "/contact/"),
            text("__token", TOKEN),
        ];
        let reply = send(&site, multipart(PATH, &parts)).await;
        assert_eq!(reply.status, 422);
        let state = shown(&reply);
        assert_eq!(state["errors"], json!({ part.0: [errors] }));
        assert_eq!(
            (&state["values"]["name"], &state["token"]),
            (&json!("Ada"), &json!(TOKEN))
        );
    }
    assert_eq!(site.probe.started.get(), 0);
}

#[tokio::test]
async fn reports_unknown_and_invalid_fields_on_their_paths() {
    let site = Site::new();
    let name = ("name", "Ada");
    let rows: Vec<_> = (0..6).map(|i| format!("phones.{i}.number")).collect();
    let mut too_many: Vec<_> = rows.iter().map(|path| (path.as_str(), "1")).collect();
    too_many.extend([name, PAGE]);
    for (fields, errors) in [
        (
            &[name, PAGE, ("more", "1")][..],
            json!({ "more": ["Unknown field."] }),
        ),
        (
            &[name, PAGE, ("__proto__", "1")],
            json!({ "__proto__": ["Unknown field."] }),
        ),
        (
            &[name, PAGE, ("__proto__.a", "1")],
            json!({ "__proto__": ["Unknown field."] }),
        ),
        (
            &[name, PAGE, ("__evil", "1")],
            json!({ "__evil": ["Unknown field."] }),
        ),
        (&[name, PAGE, ("", "1")], json!({ "": ["Unknown field."] })),
        (
            &[name, PAGE, ("phones.0.__proto__", "1")],
            json!({ "phones.0.__proto__": ["Unknown field."] }),
        ),
        (
            &[name, PAGE, ("image", "/etc/passwd")],
            json!({ "image": ["Must be a file, sent as a part of multipart/form-data."] }),
        ),
        (
            &too_many,
            json!({ "phones": ["Must have at most 5 items."] }),
        ),
    ] {
        let reply = send(&site, form(fields)).await;
        assert_eq!(reply.status, 422, "{fields:?}");
        assert_eq!(shown(&reply)["errors"], errors, "{fields:?}");
    }
    let reply = send(&site, form(&[("name", "a\r\nb"), PAGE])).await;
    assert_eq!(reply.status, 303);
    assert_eq!(
        site.probe.last()["name"],
        "a\nb",
        "line breaks are normalized"
    );
}

#[tokio::test]
async fn rejects_bodies_that_are_not_forms() {
    let site = Site::new();
    let large = "x".repeat(1024 * 1024);
    let many = vec!["a=b"; 10_000].join("&");
    let urlencoded = |body: String| {
        let request =
            Request::post(PATH).header("content-type", "application/x-www-form-urlencoded");
        request.body(Full::from(body)).unwrap()
    };
    let parts = vec![text("a", "b"); 10_000];
    for (request, status, message) in [
        (
            urlencoded(format!("name={large}")),
            413,
            "larger than 1048576 bytes",
        ),
        (urlencoded(many), 413, "more than 1000 fields"),
        (urlencoded("name=%ff".to_owned()), 400, "not valid UTF-8"),
        (multipart(PATH, &parts), 413, "more than 1000 parts"),
        (
            multipart_of(PATH, unended(&[text("name", "Ada")])),
            400,
            "incomplete or malformed",
        ),
        (post(PATH, "{}"), 415, "Send the form"),
        (
            Request::post(PATH).body(Full::from("name=Ada")).unwrap(),
            415,
            "Send the form",
        ),
    ] {
        let (found, page) = plain(&send(&site, request).await);
        assert!(found == status && page.contains(message), "{found} {page}");
    }
    assert_eq!(site.probe.started.get(), 0);
}

#[tokio::test]
async fn rejects_disallowed_methods() {
    let site = Site::new();
    let pages = site.pages();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let request = bodiless(Request::builder().method(method).uri(PATH));
        let reply = call(&site.service, request).await;
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.header("allow"), Some("POST"));
    }
    for path in [
        "/api/mizan/form/none",
        "/api/mizan/form/",
        "/api/mizan/form/contact/",
        "/api/mizan/form/contact.submit",
    ] {
        let reply = call(&pages, form_at(path, &[])).await;
        assert_eq!(reply.failure(), (404, "not_found".to_owned()), "{path}");
    }
    // All other requests go to the pages.
    for request in [
        get("/contact/"),
        form_at("/contact/", &[]),
        form_at("/form/contact", &[]),
    ] {
        let reply = call(&pages, request).await;
        assert_eq!(
            (reply.status, reply.header("cache-control")),
            (200, Some("public"))
        );
    }
}

#[tokio::test]
async fn rejects_cross_site_forms() {
    let site = Site::new();
    let ada = || form(&[("name", "Ada"), PAGE]);
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("host", "example.com"), ("origin", "https://evil.example")],
        &[("host", "example.com"), ("origin", "null")],
    ] {
        for reply in [
            call(&site.pages(), with(ada(), headers)).await,
            call(&site.service, with(ada(), headers)).await,
        ] {
            assert_eq!(
                reply.failure(),
                (403, "cross_site".to_owned()),
                "{headers:?}"
            );
        }
    }
    assert_eq!(site.probe.started.get(), 0);
    // The `Referer` header is ignored.
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[
            ("sec-fetch-site", "same-origin"),
            ("referer", "https://evil.example/"),
        ],
        &[("host", "example.com"), ("origin", "https://example.com")],
        &[],
    ] {
        let reply = send(&site, with(ada(), headers)).await;
        assert_eq!(location(&reply), "/contact/?a=b&sent=contact");
    }
}

#[tokio::test]
async fn submits_form_over_a_socket() {
    let site = Site::new();
    let server = Server::start_with(site.pages(), |serve| serve).await;
    let mut socket = server.connect().await;
    for (name, status) in [("", 422), ("Ada", 303), ("taken", 422)] {
        let body = encoded(&[("name", name), PAGE]);
        socket
            .send(format!(
                "POST {PATH} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await;
        assert_eq!(socket.reply().await.status, status);
    }
}

#[tokio::test]
async fn wraps_axum_router() {
    let site = Site::new();
    let mizan = site.service.clone();
    let contact = |request: axum::extract::Request| async move {
        let caller = mizan.caller(&request).await.unwrap();
        let state = caller.call("contact.schema".to_owned(), Bytes::new()).await;
        state.unwrap()
    };
    let router = axum::Router::<()>::new()
        .route("/contact/", axum::routing::get(contact))
        .nest_service("/api/mizan", site.service.clone());
    let wrapped = mizan_http::FormPages::new(router, site.service.clone());
    let router = axum::Router::<()>::new().fallback_service(wrapped);
    let body = |name| axum::body::Body::from(encoded(&[("name", name), ("__page", "/contact/")]));
    let request = |name| {
        let request =
            Request::post(PATH).header("content-type", "application/x-www-form-urlencoded");
        request.body(body(name)).unwrap()
    };
    assert_eq!(
        location(&call(&router, request("Ada")).await),
        "/contact/?sent=contact"
    );
    let reply = call(&router, request("")).await;
    assert_eq!(reply.status, 422);
    let state: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(
        state["errors"]["name"],
        json!(["Must have 1 to 80 characters."])
    );
}

#[tokio::test]
async fn shows_error_when_the_server_is_busy() {
    let site = Site::with(FormProbe::default(), |limits| {
        limits.max_concurrent_calls = 0;
    });
    let reply = call(&site.service, form(&[("name", "Ada")])).await;
    let (status, page) = plain(&reply);
    assert!(
        status == 503 && page.contains("The server is busy. Try again in a moment."),
        "{page}"
    );
}
