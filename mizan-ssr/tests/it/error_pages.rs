//! The application's own pages for unknown paths and errors.

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use mizan_ssr::Pages;
use mizan_ssr::page::{PageBody, PagesBuilder, TrailingSlash};
use mizan_ssr::renderer::EngineKind;

use crate::app::{App, block_on, on_engines};
use crate::log::Log;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Runs `test` on every engine with an app whose page `Broken.tsx` throws.
fn on_apps(test: &impl AsyncFn(&App, EngineKind)) {
    on_engines(|engine| {
        let app = App::new(&[
            ("NotFound.tsx", "export default () => <p>nothing here</p>;"),
            (
                "Error.tsx",
                "export default ({ user, status, id }) => <p data-id={id} title={user.name}>sorry: {status}</p>;",
            ),
            (
                "Broken.tsx",
                "export default () => { throw new Error('the secret cause'); };",
            ),
        ]);
        block_on(test(&app, engine));
    });
}

fn builder(app: &App, engine: EngineKind) -> PagesBuilder {
    Pages::builder(app.renderer(engine))
}

fn request(method: Method, uri: &str, accept: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(uri);
    request.header(ACCEPT, accept).body(()).expect("a request")
}

async fn text(response: Response<PageBody>) -> String {
    let body = response.into_body().collect().await.expect("a body");
    String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8")
}

fn header<'a>(response: &'a Response<PageBody>, name: &http::HeaderName) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().expect("ASCII"))
}

#[test]
fn unknown_paths_have_page_or_problem() {
    on_apps(&async |app, engine| {
        let pages = builder(app, engine).not_found("NotFound.tsx").build();
        let pages = pages.expect("valid settings");
        let fallback = async |method, accept| {
            let request = request(method, "/nowhere", accept);
            pages.fallback(&request).respond().await
        };
        let page = fallback(Method::GET, BROWSER).await;
        assert_eq!(page.status(), 404);
        assert!(text(page).await.contains("<p>nothing here</p>"));
        for (method, accept) in [(Method::GET, "*/*"), (Method::POST, "application/json")] {
            let problem = fallback(method, accept).await;
            assert_eq!(problem.status(), 404);
            assert_eq!(header(&problem, &CONTENT_TYPE), "application/problem+json");
            assert_eq!(
                text(problem).await,
                r#"{"type":"about:blank","title":"Not Found","status":404}"#
            );
        }
        let head = fallback(Method::HEAD, BROWSER).await;
        assert_eq!(head.status(), 404);
        assert_eq!(text(head).await, "");

        // Without the setting, and with a component that does not exist, there is an answer too.
        let pages = builder(app, engine).build().expect("valid settings");
        let page = pages.fallback(&request(Method::GET, "/nowhere", BROWSER));
        let page = page.respond().await;
        assert_eq!(page.status(), 404);
        assert!(
            text(page)
                .await
                .contains("<h1>This page does not exist.</h1>")
        );
    });
}

#[test]
fn fallback_redirects_to_canonical_path() {
    on_apps(&async |app, engine| {
        let pages = builder(app, engine).trailing_slash(TrailingSlash::Always);
        let pages = pages.build().expect("valid settings");
        let fallback = async |method: Method, uri: &str| {
            let request = request(method, uri, BROWSER);
            pages.fallback(&request).respond().await
        };
        for method in [Method::GET, Method::HEAD] {
            let response = fallback(method, "/contact?a=b").await;
            assert_eq!(response.status(), 308);
            assert_eq!(header(&response, &LOCATION), "/contact/?a=b");
        }
        for uri in ["/contact/", "//evil.example", "//evil", "/missing.png"] {
            assert_eq!(fallback(Method::GET, uri).await.status(), 404, "{uri}");
        }
        assert_eq!(fallback(Method::POST, "/contact").await.status(), 404);
    });
}

#[test]
fn production_renders_page_of_application_for_errors() {
    on_apps(&async |app, engine| {
        let (log, _guard) = Log::of_this_thread();
        let pages = builder(app, engine).error("Error.tsx").build();
        let pages = pages.expect("valid settings");
        let broken = async |method, accept| {
            let props = serde_json::json!({ "user": { "name": "Ada" } });
            let page = pages.page("Broken.tsx").props(&props);
            page.request(&request(method, "/", accept)).respond().await
        };
        let response = broken(Method::GET, BROWSER).await;
        assert_eq!(response.status(), 500);
        assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
        let html = text(response).await;
        let (_, id) = html.split_once("data-id=\"").expect("an id");
        let (id, _) = id.split_once('"').expect("an attribute");
        assert!(
            html.contains("title=\"Ada\">sorry: <!-- -->500</p>"),
            "{html}"
        );
        assert!(!html.contains("secret"), "{html}");
        assert!(log.text().contains(id), "{}", log.text());
        let plain = text(broken(Method::GET, "*/*").await).await;
        assert!(plain.starts_with("Something went wrong on the server."));
        let head = broken(Method::HEAD, BROWSER).await;
        assert_eq!(head.status(), 500);
        assert_eq!(text(head).await, "");
    });
}

#[test]
fn broken_error_page_falls_back_to_built_in_page() {
    on_apps(&async |app, engine| {
        for component in ["Broken.tsx", "Missing.tsx"] {
            let pages = builder(app, engine).error(component).build();
            let page = pages.expect("valid settings");
            let page = page.page("Broken.tsx").respond().await;
            assert_eq!(page.status(), 500);
            let html = text(page).await;
            assert!(
                html.contains("Something went wrong on the server."),
                "{html}"
            );
        }
        let renderer = app.builder(engine).development(true).build();
        let pages = Pages::builder(renderer.expect("valid settings")).error("Error.tsx");
        let pages = pages.build().expect("valid settings");
        let html = text(pages.page("Broken.tsx").respond().await).await;
        assert!(html.contains("the secret cause"), "{html}");
    });
}
