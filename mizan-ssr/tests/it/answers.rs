//! Tests of components that answer a page without markup.

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use mizan_ssr::page::{PageBody, PageOutcome};
use mizan_ssr::renderer::EngineKind;
use mizan_ssr::{Pages, Vite};
use serde_json::json;

use crate::app::App;
use crate::pages::{builder_with_entry, functions, header, on_pages, text};

/// Answers as the prop `answer` says, at the place that the prop `at` names.
const ANSWERING: &str = "import { Suspense, use } from 'react';
    const PageSuspense = ({ children }) => <Suspense>{children}</Suspense>;
    const functions = globalThis[Symbol.for('mizan.functions')];
    const later = new Map();
    function Answer({ answer, status, waits }) {
        if (waits) use(functions.call('fast'));
        if (status) throw Object.assign(new Error('refused'), { name: 'CallError', status });
        throw Object.assign(new Error('answered'), { digest: answer });
    }
    function Late(props) {
        let timer = later.get(props.answer);
        if (!timer) later.set(props.answer, timer = new Promise((done) => setTimeout(done, 20)));
        use(timer);
        return <Answer {...props} />;
    }
    export default function App({ at = 'shell', ...props }) {
        const answer = at === 'late' ? <Late {...props} /> : <Answer {...props} />;
        if (at === 'shell') return <main>{answer}</main>;
        if (at === 'provider') return <PageSuspense><main>{answer}</main></PageSuspense>;
        return <PageSuspense><Suspense fallback={<i>wait</i>}>{answer}</Suspense></PageSuspense>;
    }";

const NOT_FOUND: &str = "import { use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    export default ({ path }) => <h1>{path} is not here, {JSON.parse(use(functions.call('user')).json)}</h1>;";

fn pages(app: &App, engine: EngineKind) -> Pages {
    app.write("src/NotFound.tsx", NOT_FOUND);
    app.write(
        "src/Forbidden.tsx",
        "export default () => <h1>Staff only</h1>;",
    );
    let pages = builder_with_entry(app, engine)
        .not_found("src/NotFound.tsx")
        .forbidden("src/Forbidden.tsx")
        .sign_in("/sign-in/");
    pages.build().expect("valid settings")
}

fn get(uri: &str) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = uri.parse().expect("a URI");
    let html = HeaderValue::from_static("text/html");
    request.headers_mut().insert(header::ACCEPT, html);
    request
}

async fn respond(pages: &Pages, props: serde_json::Value) -> Response<PageBody> {
    let page = pages.page("src/App.tsx").props(&props).functions(functions);
    page.request(&get("/posts/7/?a=b")).respond().await
}

fn location(response: &Response<PageBody>) -> Option<&str> {
    response.headers().get(LOCATION)?.to_str().ok()
}

#[test]
fn component_answers_with_status_before_the_shell() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = pages(app, engine);
        for at in ["shell", "provider", "boundary"] {
            for waits in [false, true] {
                let props = json!({ "at": at, "waits": waits, "path": "/posts/7/", "answer": "mizan-page:not_found" });
                let response = respond(&pages, props).await;
                assert_eq!(response.status(), StatusCode::NOT_FOUND, "{at} {waits}");
                assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
                let html = text(response).await;
                assert!(
                    html.contains("/posts/7/<!-- --> is not here, <!-- -->user&lt;/script&gt;"),
                    "{html}"
                );
                assert!(
                    html.contains("{\"component\":\"src/NotFound.tsx\""),
                    "{html}"
                );
            }
        }
        let forbidden = respond(&pages, json!({ "answer": "mizan-page:forbidden" })).await;
        assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
        assert!(text(forbidden).await.contains("<h1>Staff only</h1>"));

        for (answer, status, path) in [
            (
                "redirect:/posts/8/?a#b",
                StatusCode::TEMPORARY_REDIRECT,
                "/posts/8/?a#b",
            ),
            (
                "permanent_redirect:/posts/",
                StatusCode::PERMANENT_REDIRECT,
                "/posts/",
            ),
            (
                "unauthorized",
                StatusCode::SEE_OTHER,
                "/sign-in/?next=%2Fposts%2F7%2F%3Fa%3Db",
            ),
        ] {
            let response =
                respond(&pages, json!({ "answer": format!("mizan-page:{answer}") })).await;
            assert_eq!(response.status(), status, "{answer}");
            assert_eq!(location(&response), Some(path));
            assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
            assert_eq!(text(response).await, "");
        }
    });
}

#[test]
fn whole_page_waits_for_answers_of_its_boundaries() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = pages(app, engine);
        let props = json!({ "at": "late", "answer": "mizan-page:not_found" });
        let page = pages.page("src/App.tsx").props(&props).functions(functions);
        let response = page.whole().respond().await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    });
}

#[test]
fn browser_receives_the_digest_of_a_late_answer() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = pages(app, engine);
        let props = json!({ "at": "late", "answer": "mizan-page:redirect:/posts/" });
        let response = respond(&pages, props).await;
        assert_eq!(response.status(), StatusCode::OK);
        let html = text(response).await;
        assert!(html.contains("<i>wait</i>"), "{html}");
        assert!(html.contains("\"mizan-page:redirect:/posts/\""), "{html}");
        assert!(!html.contains("data-mizan-error"), "{html}");
    });
}

#[test]
fn failed_call_outside_of_boundaries_answers_the_page() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = pages(app, engine);
        for (status, answer) in [
            (401, StatusCode::SEE_OTHER),
            (403, StatusCode::FORBIDDEN),
            (404, StatusCode::NOT_FOUND),
            (409, StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            let response = respond(&pages, json!({ "status": status })).await;
            assert_eq!(response.status(), answer);
            let in_boundary = json!({ "status": status, "at": "boundary" });
            let response = respond(&pages, in_boundary).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(text(response).await.contains("<i>wait</i>"));
        }
        let in_provider = json!({ "status": 404, "at": "provider" });
        let response = respond(&pages, in_provider).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    });
}

#[test]
fn redirects_to_other_sites_are_errors() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = pages(app, engine);
        for path in [
            "//example.com",
            "https://example.com",
            "/\\example.com",
            "/\t/example.com",
        ] {
            let answer = format!("mizan-page:redirect:{path}");
            let response = respond(&pages, json!({ "answer": answer })).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(location(&response), None);
        }
    });
}

#[test]
fn answers_have_default_pages() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = builder_with_entry(app, engine)
            .build()
            .expect("valid settings");
        for (answer, status, message) in [
            (
                "not_found",
                StatusCode::NOT_FOUND,
                "This page does not exist.",
            ),
            (
                "forbidden",
                StatusCode::FORBIDDEN,
                "You have no access to this page.",
            ),
            (
                "unauthorized",
                StatusCode::UNAUTHORIZED,
                "Please sign in to see this page.",
            ),
        ] {
            let props = json!({ "answer": format!("mizan-page:{answer}") });
            let response = respond(&pages, props.clone()).await;
            assert_eq!(response.status(), status);
            assert!(
                text(response)
                    .await
                    .contains(&format!("<h1>{message}</h1>"))
            );
            let page = pages.page("src/App.tsx").props(&props);
            let request = crate::pages::request(Method::HEAD, &HeaderMap::new());
            let response = page.request(&request).respond().await;
            assert_eq!(response.status(), status);
            assert_eq!(text(response).await, "");
        }
    });
}

#[test]
fn page_of_an_answer_that_answers_is_an_error() {
    on_pages(ANSWERING, &async |app, engine| {
        let pages = builder_with_entry(app, engine)
            .not_found("src/App.tsx")
            .sign_in("/sign-in/")
            .build()
            .expect("valid settings");
        let props = json!({ "answer": "mizan-page:not_found" });
        let response = respond(&pages, props).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);

        let props = json!({ "answer": "mizan-page:unauthorized" });
        let page = pages.page("src/App.tsx").props(&props);
        let response = page.request(&get("/sign-in/?next=/")).respond().await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(location(&response), None);
    });
}

#[test]
fn render_without_page_returns_the_outcome() {
    on_pages(ANSWERING, &async |app, engine| {
        let renderer = app.renderer(engine);
        let props = json!({ "answer": "mizan-page:forbidden" });
        let error = renderer.render("src/App.tsx", &props).await;
        let error = error.expect_err("no markup");
        assert_eq!(error.outcome(), Some(&PageOutcome::Forbidden));
        // The next render is not affected.
        app.write("Next.tsx", "export default () => <p>next</p>;");
        let next = renderer.render("Next.tsx", &json!({})).await;
        assert!(next.expect("markup").html.contains("<p>next</p>"));
    });
}

#[test]
fn rejects_sign_in_page_of_another_site() {
    on_pages(ANSWERING, &async |app, engine| {
        for path in ["sign-in", "//example.com/", "https://example.com/"] {
            let renderer = app
                .builder(engine)
                .vite(Vite::dev_server("http://localhost:5173"));
            let pages = Pages::builder(renderer.build().expect("valid settings"));
            let pages = pages.entry("src/main.tsx").sign_in(path).build();
            let error = pages.expect_err("another site").to_string();
            assert!(error.contains(path), "{error}");
        }
    });
}
