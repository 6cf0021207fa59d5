//! Tests of client navigations: the data of a page without its markup.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, VARY};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use mizan_ssr::page::PageBody;
use mizan_ssr::{Pages, Vite};
use serde_json::{Value, json};

use crate::app::App;
use crate::dom::Dom;
use crate::pages::{
    SLOW, build_pages, builder_with, builder_with_entry, functions, header, on_pages, text,
};

fn navigation(headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = "/posts/7/".parse().expect("a URI");
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("a header value");
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name, value);
    }
    request
}

/// Returns the id of the browser files, as the document of a page has it.
async fn build_id(app: &App, pages: &Pages) -> String {
    app.write("src/Empty.tsx", "export default () => null;");
    let document = pages.page("src/Empty.tsx").respond().await;
    let document = Dom::parse(&text(document).await);
    let data: Value = serde_json::from_str(&document.by_id("mizan-page").text).expect("JSON");
    data["build"].as_str().expect("a build id").into()
}

/// Navigates to a page as a page of the same build does.
async fn navigate(app: &App, pages: &Pages, props: &Value) -> Response<PageBody> {
    let build = build_id(app, pages).await;
    let page = pages.page("src/App.tsx").props(props).functions(functions);
    let headers = [
        ("mizan-navigation", "1"),
        ("mizan-build", &*build),
        ("sec-fetch-site", "same-origin"),
    ];
    page.request(&navigation(&headers)).respond().await
}

async fn lines(response: Response<PageBody>) -> Vec<Value> {
    let text = text(response).await;
    assert!(text.ends_with('\n'), "{text:?}");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON in each line"))
        .collect()
}

#[test]
fn navigation_receives_data_without_markup() {
    on_pages(SLOW, &async |app, engine| {
        let renderer = app.builder(engine).shell_delay(std::time::Duration::ZERO);
        let vite = Vite::manifest(app.path("dist")).expect("a manifest");
        let pages = builder_with(app, renderer, vite).entry("src/main.tsx");
        let pages = pages.title("Chat").build().expect("valid settings");
        let response = navigate(app, &pages, &json!({ "id": 7 })).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, &CONTENT_TYPE), "application/x-ndjson");
        assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
        assert_eq!(header(&response, &VARY), "mizan-navigation");
        let build = HeaderName::from_static("mizan-build");
        assert_eq!(header(&response, &build), build_id(app, &pages).await);
        let lines = lines(response).await;
        assert_eq!(
            lines[0]["page"],
            json!({
                "component": "src/App.tsx", "props": { "id": 7 }, "title": "Chat",
            })
        );
        assert_eq!(
            lines[0]["results"],
            json!([{ "name": "fast", "output": "fast</script>" }])
        );
        assert_eq!(lines[0]["pending"], json!([{ "name": "slow" }]));
        let slow = json!({ "results": [{ "name": "slow", "output": "slow</script>" }] });
        assert_eq!(lines[1..], [slow]);
    });
}

#[test]
fn prefetch_receives_the_files_of_the_page() {
    on_pages("export default () => null;", &async |app, engine| {
        let pages = build_pages(app, engine);
        let build = build_id(app, &pages).await;
        let headers = [("mizan-navigation", "prefetch"), ("mizan-build", &*build)];
        let page = pages.page("src/App.tsx");
        let response = page.request(&navigation(&headers)).respond().await;
        let description = &lines(response).await[0]["page"];
        // The entry has loaded the other files.
        assert_eq!(description["styles"], json!(["/assets/App-4.css"]));
        assert_eq!(description["modules"], json!(["/assets/App-4.js"]));
    });
}

#[test]
fn navigation_is_not_much_larger_than_its_data() {
    let source = "import { use } from 'react';
        const functions = globalThis[Symbol.for('mizan.functions')];
        export default ({ heading }) => {
            const rows = JSON.parse(use(functions.call('rows', '{\"page\":1}')).json);
            return <table><caption>{heading}</caption><tbody>{rows.map((row) =>
                <tr key={row.id}><td>{row.id}</td><td>{row.title}</td></tr>)}</tbody></table>;
        };";
    on_pages(source, &async |app, engine| {
        let rows: Vec<_> = (0..20)
            .map(|id| json!({ "id": id, "title": format!("<b>{id}</b>") }))
            .collect();
        let rows = json!(rows).to_string();
        let call = {
            let rows = rows.clone();
            move |_, _| {
                let rows = Bytes::from(rows.clone());
                async move { Ok::<_, Bytes>(rows) }
            }
        };
        let pages = build_pages(app, engine);
        let props = json!({ "heading": "Posts" });
        let build = build_id(app, &pages).await;
        let headers = [("mizan-navigation", "1"), ("mizan-build", &*build)];
        let page = pages.page("src/App.tsx").props(&props).functions(call);
        let response = page.request(&navigation(&headers)).respond().await;
        let sent = text(response).await.len();
        let data = props.to_string().len() + rows.len();
        assert!(
            sent * 10 < data * 12,
            "{sent} bytes for {data} bytes of data"
        );
    });
}

#[test]
fn navigation_of_another_site_or_build_loads_the_document() {
    on_pages("export default () => <p>hi</p>;", &async |app, engine| {
        let pages = build_pages(app, engine);
        let build = build_id(app, &pages).await;
        for site in ["cross-site", "same-site", "none"] {
            let request = navigation(&[
                ("mizan-navigation", "1"),
                ("mizan-build", &build),
                ("sec-fetch-site", site),
            ]);
            let response = pages.page("src/App.tsx").request(&request).respond().await;
            assert_eq!(header(&response, &CONTENT_TYPE), "text/html; charset=utf-8");
            assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
            assert!(text(response).await.contains("<p>hi</p>"));
        }

        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let page = pages.page("src/App.tsx").functions(move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { Ok(Bytes::from_static(b"1")) }
        });
        let request = navigation(&[("mizan-navigation", "1"), ("mizan-build", "old")]);
        let response = page.request(&request).respond().await;
        assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
        assert_eq!(lines(response).await, [json!({ "reload": true })]);
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn answers_of_a_navigation_are_redirects_and_pages() {
    let source = "export default ({ answer }) => {
        throw Object.assign(new Error('answered'), { digest: 'mizan-page:' + answer });
    };";
    on_pages(source, &async |app, engine| {
        app.write(
            "src/NotFound.tsx",
            "export default () => <h1>Not here</h1>;",
        );
        let pages = builder_with_entry(app, engine)
            .not_found("src/NotFound.tsx")
            .sign_in("/sign-in/")
            .build()
            .expect("valid settings");
        let navigate = async |answer: &str| {
            let props = json!({ "answer": answer });
            let document = pages.page("src/NotFound.tsx").respond().await;
            let document = Dom::parse(&text(document).await);
            let data = document.by_id("mizan-page").text;
            let data: Value = serde_json::from_str(&data).expect("JSON");
            assert_eq!(data["notFound"], "src/NotFound.tsx");
            assert_eq!(data["signIn"], "/sign-in/");
            let build = data["build"].as_str().expect("a build id");
            let headers = [("mizan-navigation", "1"), ("mizan-build", build)];
            let page = pages.page("src/App.tsx").props(&props);
            page.request(&navigation(&headers)).respond().await
        };
        let response = navigate("not_found").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(header(&response, &CONTENT_TYPE), "application/x-ndjson");
        let lines = lines(response).await;
        assert_eq!(lines[0]["page"]["component"], "src/NotFound.tsx");

        let response = navigate("redirect:/posts/8/").await;
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(header(&response, &LOCATION), "/posts/8/");
        assert_eq!(header(&response, &VARY), "mizan-navigation");

        let response = navigate("unauthorized").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            header(&response, &LOCATION),
            "/sign-in/?next=%2Fposts%2F7%2F"
        );
    });
}

#[test]
fn navigation_has_the_head_of_the_page() {
    let source = "export default ({ titled }) => <main>{titled && <title>Own</title>}hi</main>;";
    on_pages(source, &async |app, engine| {
        let pages = builder_with_entry(app, engine)
            .title("Chat")
            .head("<meta name=\"a\">");
        let pages = pages.build().expect("valid settings");
        let build = build_id(app, &pages).await;
        let headers = [("mizan-navigation", "1"), ("mizan-build", &*build)];
        let page = |titled| {
            let page = pages
                .page("src/App.tsx")
                .props(&json!({ "titled": titled }));
            page.title("Post").head("<meta name=\"b\">")
        };
        let response = page(false).request(&navigation(&headers)).respond().await;
        let description = &lines(response).await[0]["page"];
        assert_eq!(description["title"], "Post");
        assert_eq!(description["head"], "<meta name=\"b\">");
        let response = page(true).request(&navigation(&headers)).respond().await;
        assert_eq!(lines(response).await[0]["page"].get("title"), None);

        // The browser finds the elements of the page that it replaces.
        let document = text(page(false).respond().await).await;
        let own = "<meta name=\"a\"><!--mizan-head--><title>Post</title><meta name=\"b\"><!--/mizan-head-->";
        assert!(document.contains(own), "{document}");
    });
}

#[test]
fn page_without_browser_files_ignores_navigations() {
    on_pages("export default () => <p>hi</p>;", &async |app, engine| {
        let pages = Pages::builder(app.renderer(engine));
        let pages = pages.build().expect("valid settings");
        let request = navigation(&[("mizan-navigation", "1"), ("mizan-build", "")]);
        let response = pages.page("src/App.tsx").request(&request).respond().await;
        assert!(!response.headers().contains_key(VARY));
        assert!(text(response).await.contains("<p>hi</p>"));
    });
}
