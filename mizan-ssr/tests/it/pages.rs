use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use mizan_ssr::page::{Nonce, PageBody, PagesBuilder, PagesError, STRICT_CSP};
use mizan_ssr::renderer::{EngineKind, RendererBuilder};
use mizan_ssr::{Pages, Vite};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::app::{App, on_engines};
use crate::dom::{Dom, Element};
use crate::log::Log;

const MANIFEST: &str = r#"{
  "_react-1.js": { "file": "assets/react-1.js", "name": "react" },
  "_ui-2.js": { "file": "assets/ui-2.js", "imports": ["_react-1.js"], "css": ["assets/ui-2.css"] },
  "src/main.tsx": { "file": "assets/main-3.js", "src": "src/main.tsx", "isEntry": true,
    "imports": ["_ui-2.js", "_react-1.js"], "dynamicImports": ["src/App.tsx", "src/Other.tsx"],
    "css": ["assets/main-3.css"] },
  "src/App.tsx": { "file": "assets/App-4.js", "src": "src/App.tsx", "isDynamicEntry": true,
    "imports": ["_ui-2.js", "src/main.tsx"], "css": ["assets/App-4.css", "assets/ui-2.css"] },
  "src/Other.tsx": { "file": "assets/Other-5.js", "src": "src/Other.tsx", "isDynamicEntry": true,
    "css": ["assets/Other-5.css"] }
}"#;

pub(crate) const SLOW: &str = "import { Suspense, use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    const Call = ({ name }) => <b>{JSON.parse(use(functions.call(name)).json)}</b>;
    export default () => <main><Call name=\"fast\" /><Suspense fallback={<i>wait</i>}><Call name=\"slow\" /></Suspense></main>;";

pub(crate) async fn functions(name: String, _: Bytes) -> Result<Bytes, Bytes> {
    if name == "slow" {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    Ok(json!(format!("{name}</script>")).to_string().into())
}

/// Runs `test` on every engine with an app of `component` and the manifest of a Vite build.
pub(crate) fn on_pages(component: &str, test: &impl AsyncFn(&App, EngineKind)) {
    on_engines(|engine| {
        let app = App::new(&[("src/App.tsx", component)]);
        app.write("dist/.vite/manifest.json", MANIFEST);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(test(&app, engine));
    });
}

pub(crate) fn builder_with_entry(app: &App, engine: EngineKind) -> PagesBuilder {
    builder_with_manifest(app, app.builder(engine)).entry("src/main.tsx")
}

fn builder_with_manifest(app: &App, renderer: RendererBuilder) -> PagesBuilder {
    builder_with(app, renderer, manifest(app))
}

pub(crate) fn builder_with(app: &App, renderer: RendererBuilder, vite: Vite) -> PagesBuilder {
    let renderer = renderer.vite(vite.root(app.path("."))).build();
    Pages::builder(renderer.expect("valid settings"))
}

fn manifest(app: &App) -> Vite {
    Vite::manifest(app.path("dist")).expect("a manifest")
}

pub(crate) fn build_pages(app: &App, engine: EngineKind) -> Pages {
    let pages = builder_with_entry(app, engine);
    pages.build().expect("valid settings")
}

pub(crate) async fn text(response: Response<PageBody>) -> String {
    let body = response
        .into_body()
        .collect()
        .await
        .expect("an infallible body");
    String::from_utf8(body.to_bytes().to_vec()).expect("valid UTF-8")
}

#[track_caller]
fn parsed(html: &str) -> Dom {
    let dom = Dom::parse(html);
    assert_eq!(dom.errors(), Vec::<String>::new(), "{html}");
    dom
}

fn hrefs(elements: &[Element], rel: &str) -> Vec<String> {
    let links = elements.iter().filter(|link| link.get("rel") == Some(rel));
    links
        .map(|link| link.get("href").unwrap_or_default().into())
        .collect()
}

#[track_caller]
pub(crate) fn header<'a>(response: &'a Response<PageBody>, name: &http::HeaderName) -> &'a str {
    let value = response.headers().get(name).expect("the header");
    value.to_str().expect("ASCII")
}

pub(crate) fn request(method: Method, headers: &HeaderMap) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = headers.clone();
    request
}

#[test]
fn page_without_vite_is_static() {
    let source = SLOW.replace("name=\"slow\"", "name=\"slow\" key=\"1\"");
    on_pages(&source, &async |app, engine| {
        let pages = Pages::builder(app.renderer(engine));
        let pages = pages
            .lang("en")
            .title("Chat")
            .build()
            .expect("valid settings");
        let page = pages
            .page("src/App.tsx")
            .functions(functions)
            .respond()
            .await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(
            text(page).await,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>Chat</title></head><body><div id=\"mizan-root\"><main><b>fast&lt;/script&gt;</b>\
             <!--$--><b>slow&lt;/script&gt;</b><!--/$--></main></div></body></html>"
        );
    });
}

#[test]
fn links_chunks_once_with_imports_first() {
    on_pages(
        "export default ({ n }) => <p>{n}</p>;",
        &async |app, engine| {
            let pages = build_pages(app, engine);
            // The spelling of the path does not matter.
            let page = pages.page("./src/App.tsx").props(&json!({ "n": 1 }));
            let dom = parsed(&text(page.respond().await).await);
            let links = dom.all("link");
            assert_eq!(
                hrefs(&links, "stylesheet"),
                [
                    "/assets/ui-2.css",
                    "/assets/main-3.css",
                    "/assets/App-4.css"
                ]
            );
            assert_eq!(
                hrefs(&links, "modulepreload"),
                [
                    "/assets/react-1.js",
                    "/assets/ui-2.js",
                    "/assets/main-3.js",
                    "/assets/App-4.js"
                ]
            );
            assert!(links.iter().all(|link| link.parent == "head"));
            let data = dom.by_id("mizan-page");
            assert_eq!(data.get("type"), Some("application/json"));
            assert_eq!(
                data.text,
                r#"{"component":"src/App.tsx","props":{"n":1},"build":"72636a6458e6a129"}"#
            );
            let scripts: Vec<_> = dom.elements();
            let scripts: Vec<_> = scripts.iter().filter(|element| element.runs()).collect();
            assert_eq!(scripts.len(), 2);
            let (recovery, entry) = (scripts[0], scripts[1]);
            assert!(recovery.get("src").is_none() && recovery.text.contains("mizan-entry"));
            assert_eq!(entry.get("id"), Some("mizan-entry"));
            assert_eq!(entry.get("src"), Some("/assets/main-3.js"));
            assert_eq!(entry.get("type"), Some("module"));
            assert!(entry.get("async").is_some() && entry.get("nonce").is_none());
        },
    );
}

#[test]
fn links_entry_chunk_with_configured_base() {
    on_pages("export default () => <p />;", &async |app, engine| {
        app.write("src/Alone.tsx", "export default () => <p />;");
        for (base, start) in [
            ("/app", "/app/"),
            ("/app/", "/app/"),
            ("https://cdn.test/x/", "https://cdn.test/x/"),
        ] {
            let pages = builder_with(app, app.builder(engine), manifest(app).base(base));
            let pages = pages.entry("src/main.tsx").build().expect("valid settings");
            let dom = parsed(&text(pages.page("src/Alone.tsx").respond().await).await);
            let styles =
                ["assets/ui-2.css", "assets/main-3.css"].map(|file| format!("{start}{file}"));
            assert_eq!(hrefs(&dom.all("link"), "stylesheet"), styles);
        }
        app.write(
            "dist/.vite/manifest.json",
            r#"{ "style.css": { "file": "assets/style-1.css", "src": "style.css" },
                 "src/main.tsx": { "file": "assets/a#b%.js", "isEntry": true } }"#,
        );
        let pages = builder_with_entry(app, engine)
            .build()
            .expect("valid settings");
        let dom = parsed(&text(pages.page("src/Alone.tsx").respond().await).await);
        assert_eq!(
            hrefs(&dom.all("link"), "stylesheet"),
            ["/assets/style-1.css"]
        );
        assert_eq!(
            hrefs(&dom.all("link"), "modulepreload"),
            ["/assets/a%23b%25.js"]
        );
    });
}

#[test]
fn reports_invalid_settings_with_fix() {
    on_pages("export default () => <p />;", &async |app, engine| {
        let check = |error: PagesError, parts: &[&str]| {
            let error = error.to_string();
            for part in parts {
                assert!(error.contains(part), "{part:?} is not in {error}");
            }
        };
        let missing = Vite::manifest(app.path("none")).expect_err("a missing file");
        check(
            missing,
            &[
                "none/.vite/manifest.json",
                "`vite build`",
                "`build.manifest: true`",
            ],
        );
        for (text, parts) in [
            ("[1]", &["not a valid Vite manifest"][..]),
            (
                r#"{"a":{"file":"a.js","imports":["_b.js"]}}"#,
                &["no chunk `_b.js`", "its chunk `a`", "`vite build`"],
            ),
        ] {
            app.write("bad/.vite/manifest.json", text);
            let bad = Vite::manifest(app.path("bad")).expect_err("an invalid manifest");
            check(bad, parts);
        }
        let pages = |vite| builder_with(app, app.builder(engine), vite);
        let none = pages(manifest(app)).build().expect_err("a missing entry");
        check(none, &["`PagesBuilder::entry`"]);
        let unknown = pages(manifest(app)).entry("main.tsx").build();
        check(
            unknown.expect_err("an unknown entry"),
            &[
                "no entry `main.tsx`",
                "`src/main.tsx`",
                "build.rolldownOptions.input",
            ],
        );
        let base = pages(manifest(app).base("app/"))
            .entry("src/main.tsx")
            .build();
        check(base.expect_err("a relative base"), &["`app/`"]);
        for origin in [
            "localhost:5173",
            "ftp://localhost",
            "http://localhost:5173/app",
            "",
        ] {
            let pages = pages(Vite::dev_server(origin)).entry("src/main.tsx");
            check(
                pages.build().expect_err("an invalid origin"),
                &["http://localhost:5173"],
            );
        }
        let html = pages(Vite::dev_server("http://localhost:5173")).entry("index.html");
        check(
            html.build().expect_err("an entry that is not a script"),
            &["`index.html`", "src/main.tsx"],
        );
        let policy = Pages::builder(app.renderer(engine))
            .content_security_policy("default-src é\n\u{7f}")
            .build();
        check(
            policy.expect_err("an invalid header value"),
            &["content security policy"],
        );
    });
}

#[test]
fn streams_entry_after_shell_with_nonces() {
    on_pages(SLOW, &async |app, engine| {
        let pages = builder_with_manifest(app, app.builder(engine).shell_delay(Duration::ZERO));
        let pages = pages.entry("src/main.tsx");
        let pages = pages.content_security_policy(STRICT_CSP);
        let pages = pages.build().expect("valid settings");
        let page = pages.page("src/App.tsx").functions(functions);
        let response = page.respond().await;
        let policy = header(&response, &CONTENT_SECURITY_POLICY).to_owned();
        let (_, nonce) = policy.split_once("'nonce-").expect("a nonce");
        let (nonce, _) = nonce.split_once('\'').expect("a quote after the nonce");
        assert!(Nonce::parse(nonce).is_ok() && nonce.len() == 24);

        let mut body = response.into_body();
        let shell = body
            .frame()
            .await
            .expect("a frame")
            .expect("an infallible body");
        let shell = shell.into_data().expect("data");
        let shell = std::str::from_utf8(&shell).expect("valid UTF-8").to_owned();
        assert!(shell.contains("<i>wait</i>"), "{shell}");
        assert!(!shell.contains("slow"), "{shell}");
        assert!(shell.ends_with("</script>"), "{shell}");
        let rest = body.collect().await.expect("an infallible body").to_bytes();
        let rest = std::str::from_utf8(&rest).expect("valid UTF-8");
        assert!(
            rest.contains("<b>slow") && rest.ends_with("</body></html>"),
            "{rest}"
        );

        let dom = parsed(&format!("{shell}{rest}"));
        let elements = dom.elements();
        let at =
            |test: &dyn Fn(&Element) -> bool| elements.iter().position(test).expect("the element");
        let order = [
            at(&|e| e.get("id") == Some("mizan-root")),
            at(&|e| e.get("data-mizan-answers").is_some() && e.text.contains("fast")),
            at(&|e| e.get("id") == Some("mizan-page")),
            at(&|e| e.get("src") == Some("/assets/main-3.js")),
            at(&|e| e.get("data-mizan-answers").is_some() && e.text.contains("slow")),
            at(&|e| e.get("hidden").is_some()),
        ];
        assert!(order.is_sorted(), "{order:?}");
        // The client reads data only from children of the body, because users may write elements with the same names.
        for data in elements
            .iter()
            .filter(|e| e.get("type") == Some("application/json"))
        {
            assert_eq!(data.parent, "body", "{}", data.text);
        }
        let running: Vec<_> = elements.iter().filter(|element| element.runs()).collect();
        assert!(running.len() >= 4, "the recovery, the entry, and React's");
        for script in running {
            assert_eq!(script.get("nonce"), Some(nonce), "{}", script.text);
        }
        for preload in dom.all("link") {
            let preloads = preload.get("rel") == Some("modulepreload");
            assert_eq!(preload.get("nonce"), preloads.then_some(nonce));
        }
        let meta = dom.all("meta");
        let meta = meta
            .iter()
            .find(|meta| meta.get("property") == Some("csp-nonce"));
        assert_eq!(meta.and_then(|meta| meta.get("nonce")), Some(nonce));

        let other = pages
            .page("src/App.tsx")
            .functions(functions)
            .respond()
            .await;
        assert_ne!(header(&other, &CONTENT_SECURITY_POLICY), policy);
    });
}

const STYLED: &str = "import { Suspense, use } from 'react';
    let late: Promise<string>;
    const Late = () => <p><style href='late' precedence='low'>{use(late)}</style></p>;
    const inner = { __html: '.plain > b {}' };
    const written = { __html: '<style data-precedence=\"x\">.written {}</style>' };
    export default () => {
      late = new Promise((done) => setTimeout(() => done('.late {}'), 30));
      return <main><style href='early' precedence='low'>{'.early {}'}</style>
        <style data-own='' dangerouslySetInnerHTML={inner} /><p title='<style'>{'<style'}</p>
        <div dangerouslySetInnerHTML={written} />
        <Suspense fallback={<i>wait</i>}><Late /></Suspense></main>;
    };";

#[test]
fn component_styles_carry_nonce() {
    on_pages(STYLED, &async |app, engine| {
        let pages = builder_with_entry(app, engine).content_security_policy(STRICT_CSP);
        let pages = pages.build().expect("valid settings");
        let response = pages.page("src/App.tsx").respond().await;
        let policy = header(&response, &CONTENT_SECURITY_POLICY).to_owned();
        let (_, styles) = policy.split_once("style-src ").expect("style-src");
        let (_, nonce) = styles.split_once("'nonce-").expect("a nonce");
        let (nonce, _) = nonce.split_once('\'').expect("a quote after the nonce");
        let html = text(response).await;
        let dom = parsed(&html);
        let styles = dom.all("style");
        let mut rules: Vec<_> = styles.iter().map(|style| &*style.text).collect();
        rules.sort_unstable();
        assert_eq!(
            rules,
            [".early {}", ".late {}", ".plain > b {}", ".written {}"],
            "{html}"
        );
        for style in &styles {
            // HTML written by a component may contain user input.
            let expected = (style.text != ".written {}").then_some(nonce);
            assert_eq!(style.get("nonce"), expected, "{html}");
        }
        assert!(
            html.contains("<p title=\"&lt;style\">&lt;style</p>"),
            "{html}"
        );

        // Without a policy, the markup of React is unchanged.
        let response = build_pages(app, engine).page("src/App.tsx").respond().await;
        assert!(!text(response).await.contains("nonce"));
    });
}

#[test]
fn uses_external_nonce_without_header() {
    on_pages(SLOW, &async |app, engine| {
        let pages = build_pages(app, engine);
        let nonce = Nonce::parse("R4nd0m+/==").expect("a valid value");
        let page = pages.page("src/App.tsx").functions(functions).nonce(nonce);
        let response = page.respond().await;
        assert!(!response.headers().contains_key(CONTENT_SECURITY_POLICY));
        let elements = parsed(&text(response).await).elements();
        let mut scripts = elements.iter().filter(|element| element.runs());
        assert!(scripts.all(|script| script.get("nonce") == Some("R4nd0m+/==")));
    });
}

#[test]
fn whole_page_contains_no_react_scripts() {
    on_pages(SLOW, &async |app, engine| {
        let pages = build_pages(app, engine);
        let page = pages.page("src/App.tsx").functions(functions).whole();
        let html = text(page.respond().await).await;
        let dom = parsed(&html);
        let elements = dom.elements();
        let running: Vec<_> = elements.iter().filter(|element| element.runs()).collect();
        assert_eq!(running.len(), 2, "the recovery, and the entry: {html}");
        assert!(html.contains("<b>slow&lt;/script&gt;</b>"), "{html}");
        let answers = elements
            .iter()
            .find(|element| element.get("data-mizan-answers").is_some());
        let answers: Value =
            serde_json::from_str(&answers.expect("answers").text).expect("valid JSON");
        assert_eq!(answers[1]["output"], "slow</script>");
    });
}

#[test]
fn escapes_hostile_props_titles_and_paths() {
    let hostile = "</script><script>alert(1)</script><!--<script>\u{2028}\u{2029}&amp;\"'";
    let source = "export default (props) => <p title={props.text}>{props.text}{Object.keys(props).join()}</p>;";
    on_pages(source, &async |app, engine| {
        let name = "x <!--'&quot;.tsx";
        app.write(name, source);
        let pages = builder_with(
            app,
            app.builder(engine),
            manifest(app).base("/\"><script>/"),
        );
        let pages = pages.entry("src/main.tsx").lang("\"><script>");
        let pages = pages.title("all").build().expect("valid settings");
        let mut props = json!({ "text": hostile, "</script>": 1 });
        let proto = json!({ "polluted": hostile });
        props
            .as_object_mut()
            .expect("a valid value")
            .insert("__proto__".into(), proto);
        let page = pages.page(name).props(&props).title(hostile);
        let html = text(page.respond().await).await;
        assert!(!html.contains(['\u{2028}', '\u{2029}']) || html.matches('\u{2028}').count() == 3);
        let dom = parsed(&html);
        let data = dom.by_id("mizan-page");
        let page: Value = serde_json::from_str(&data.text).expect("valid JSON");
        assert_eq!(page["component"], name);
        assert_eq!(page["props"], props);
        assert!(!data.text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(dom.all("title")[0].text, hostile);
        assert_eq!(dom.all("p")[0].get("title"), Some(hostile));
        assert_eq!(dom.all("html")[0].get("lang"), Some("\"><script>"));
        let running: Vec<_> = dom.elements();
        let running: Vec<_> = running.iter().filter(|element| element.runs()).collect();
        assert_eq!(running.len(), 2);
        assert_eq!(running[1].get("src"), Some("/\"><script>/assets/main-3.js"));
    });
}

#[test]
fn moves_hoisted_elements_to_head() {
    let source = "import { preload } from 'react-dom';
        export default ({ viewport }) => {
          preload('/font.woff2', { as: 'font' });
          return <><link rel=\"stylesheet\" href=\"/own.css\" /><main><title>{'a < b </title>'}</title>
            <meta name=\"description\" content={'\"><script>'} />{viewport && <meta content=\"width=1\" name=\"viewport\" />}
            <link rel=\"stylesheet\" href=\"/hoisted.css\" precedence=\"high\" /><style href=\"k\" precedence=\"high\">{'a > b {}'}</style>
            <svg><title>drawing</title></svg></main></>;
        };";
    on_pages(source, &async |app, engine| {
        let pages = builder_with_entry(app, engine);
        let head = "<meta name=\"theme-color\" content=\"#fff\">";
        let pages = pages
            .title("page")
            .head(head)
            .build()
            .expect("valid settings");
        for whole in [false, true] {
            let mut page = pages
                .page("src/App.tsx")
                .head("<link rel=\"icon\" href=\"/i\">");
            page = page.props(&json!({ "viewport": whole }));
            if whole {
                page = page.whole();
            }
            let dom = parsed(&text(page.respond().await).await);
            let titles = dom.all("title");
            assert_eq!(titles[0].text, "a < b </title>");
            assert_eq!(titles[0].parent, "head");
            assert_eq!(titles[1].parent, "svg");
            assert_eq!(titles.len(), 2);
            for element in dom.all("meta").iter().chain(&dom.all("style")) {
                assert_eq!(element.parent, "head", "{:?}", element.get("name"));
            }
            let named = |name| {
                let meta = dom.all("meta");
                let contents = meta.iter().filter(|meta| meta.get("name") == Some(name));
                contents
                    .map(|meta| meta.get("content").unwrap_or_default().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(named("description"), ["\"><script>"]);
            assert_eq!(named("theme-color"), ["#fff"]);
            let viewport = if whole {
                "width=1"
            } else {
                "width=device-width, initial-scale=1"
            };
            assert_eq!(named("viewport"), [viewport]);
            let links = dom.all("link");
            let place = |href| {
                let link = links.iter().find(|link| link.get("href") == Some(href));
                link.expect("the link").parent.as_str()
            };
            assert_eq!(place("/own.css"), "div");
            assert_eq!(place("/hoisted.css"), "head");
            assert_eq!(place("/font.woff2"), "head");
            assert_eq!(place("/i"), "head");
        }
    });
}

#[test]
fn links_files_of_dev_server() {
    let source = "import './look me#up.css'; export default () => <p>hi</p>;";
    on_pages(source, &async |app, engine| {
        app.write("src/look me#up.css", "p { color: red }");
        let file = app
            .path("src/look me#up.css")
            .canonicalize()
            .expect("an existing path");
        let file = file.to_str().expect("valid UTF-8");
        let vite = Vite::dev_server("http://localhost:5173/").base("/app/");
        let pages = builder_with(app, app.builder(engine).development(true), vite)
            .entry("/src/main.tsx")
            .content_security_policy(STRICT_CSP);
        let pages = pages.build().expect("valid settings");
        let response = pages.page("src/App.tsx").respond().await;
        let policy = header(&response, &CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'self' http://localhost:5173 ws://localhost:5173; "),
            "{policy}"
        );
        let dom = parsed(&text(response).await);
        let links = dom.all("link");
        assert_eq!(
            hrefs(&links, "stylesheet"),
            [format!(
                "http://localhost:5173/app/@fs{}",
                file.replace('#', "%23")
            )]
        );
        assert_eq!(links[0].get("data-vite-dev-id"), Some(file));
        let elements = dom.elements();
        let running: Vec<_> = elements.iter().filter(|element| element.runs()).collect();
        assert_eq!(running.len(), 1);
        assert!(running[0].get("async").is_some() && running[0].get("nonce").is_some());
        let script = &*running[0].text;
        let mut order = 0;
        for part in [
            "[import(\"http://localhost:5173/app/@react-refresh\"), import(\"http://localhost:5173/app/@vite/client\")]",
            "the development server http://localhost:5173/app/ does not answer",
            "injectIntoGlobalHook(window);",
            "await import(\"http://localhost:5173/app/src/main.tsx\");",
        ] {
            let at = script
                .find(part)
                .unwrap_or_else(|| panic!("{part} is missing: {script}"));
            assert!(at > order, "{part}: {script}");
            order = at;
        }
    });
}

#[test]
fn sets_response_headers() {
    on_pages("export default () => <p>hi</p>;", &async |app, engine| {
        let pages = build_pages(app, engine);
        let response = pages.page("src/App.tsx").respond().await;
        assert_eq!(header(&response, &CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(&response, &X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header(&response, &CACHE_CONTROL), "no-cache");
        assert!(!response.headers().contains_key(CONTENT_SECURITY_POLICY));

        let page = pages.page("src/App.tsx").functions(functions);
        let response = page.status(StatusCode::NOT_FOUND).respond().await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");

        let page = pages
            .page("src/App.tsx")
            .request(&request(Method::HEAD, &HeaderMap::new()));
        let response = page.respond().await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, &CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(text(response).await, "");
        let page = pages
            .page("None.tsx")
            .request(&request(Method::HEAD, &HeaderMap::new()));
        let response = page.respond().await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(text(response).await, "");

        let error = pages.page("None.tsx").try_respond().await;
        assert_eq!(
            error.expect_err("a missing file").code(),
            mizan_ssr::error::RenderErrorCode::NotFound
        );
        for bad in [json!([1]), json!("x")] {
            let error = pages.page("src/App.tsx").props(&bad).try_respond().await;
            assert_eq!(
                error.expect_err("invalid props").code(),
                mizan_ssr::error::RenderErrorCode::InvalidProps
            );
        }
        let prices = std::collections::BTreeMap::from([("price", f64::NAN)]);
        let error = pages.page("src/App.tsx").props(&prices).try_respond().await;
        let error = error.expect_err("a price that is not a number").to_string();
        assert!(error.contains("`price` is NaN"), "{error}");
    });
}

const THROWS: &str = "import { fail } from 'broken';
    const Inner = () => {
      const secret: string = 'hunter2';
      return fail(() => { throw new TypeError('<img src=x onerror=alert(1)> ' + secret); });
    };
    export default () => <main><Inner /></main>;
";

fn with_package(app: &App) {
    app.write(
        "node_modules/broken/package.json",
        r#"{"name":"broken","main":"index.js"}"#,
    );
    app.write(
        "node_modules/broken/index.js",
        "exports.fail = (call) => call();",
    );
}

#[track_caller]
fn assert_no_external_resources(dom: &Dom) {
    for element in dom.elements() {
        let own = element.text.contains("mizan-retry") && element.get("nonce").is_some();
        assert!(
            (!element.runs() || own) && element.name != "link",
            "{}",
            element.name
        );
        assert!(element.get("src").is_none() && element.get("style").is_none());
    }
}

#[test]
fn development_error_page_polls_for_fix() {
    on_pages(THROWS, &async |app, engine| {
        with_package(app);
        let pages = |development| {
            let pages = builder_with_manifest(app, app.builder(engine).development(development));
            pages.entry("src/main.tsx").build().expect("valid settings")
        };
        let (log, _guard) = Log::of_this_thread();
        let scripts = async |pages: &Pages, headers: &HeaderMap| {
            let page = pages
                .page("src/App.tsx")
                .request(&request(Method::GET, headers));
            let response = page.respond().await;
            let policy = header(&response, &CONTENT_SECURITY_POLICY).to_owned();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            (parsed(&text(response).await).all("script"), policy)
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        let (found, policy) = scripts(&pages(true), &headers).await;
        assert_eq!(found.len(), 1);
        let nonce = found[0].get("nonce").expect("a nonce");
        assert!(
            policy.contains(&format!("script-src 'nonce-{nonce}'")),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self'"), "{policy}");
        assert!(log.text().contains("ERROR"));

        // In production, the page has no script, and every error is logged.
        headers.insert("mizan-retry", HeaderValue::from_static("1"));
        log.clear();
        let (found, policy) = scripts(&pages(false), &headers).await;
        assert!(
            found.is_empty() && !policy.contains("script-src"),
            "{policy}"
        );
        assert!(log.text().contains("ERROR"));

        // Requests of the script are not logged as errors again.
        log.clear();
        let pages = pages(true);
        scripts(&pages, &headers).await;
        assert!(!log.text().contains("ERROR"), "{}", log.text());
        app.write("src/App.tsx", "export default () => <b>mended</b>;");
        let page = pages
            .page("src/App.tsx")
            .request(&request(Method::GET, &headers));
        assert_eq!(page.respond().await.status(), StatusCode::OK);
    });
}

#[test]
fn development_error_page_shows_source_lines() {
    on_pages(THROWS, &async |app, engine| {
        with_package(app);
        let pages = builder_with_manifest(app, app.builder(engine).development(true));
        let pages = pages
            .entry("src/main.tsx")
            .content_security_policy(STRICT_CSP)
            .build()
            .expect("valid settings");
        let (log, _guard) = Log::of_this_thread();
        let response = pages.page("src/App.tsx").respond().await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(header(&response, &CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
        let policy = header(&response, &CONTENT_SECURITY_POLICY).to_owned();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'nonce-"),
            "{policy}"
        );
        let html = text(response).await;
        let dom = parsed(&html);
        assert_no_external_resources(&dom);
        let nonce = dom.all("style")[0].get("nonce").map(str::to_owned);
        assert!(policy.contains(&format!("'nonce-{}'", nonce.expect("a nonce"))));
        assert_eq!(
            dom.all("h1")[0].text,
            "TypeError <img src=x onerror=alert(1)> hunter2"
        );
        // The column depends on the engine.
        let place = &dom.all("h2")[0].text;
        assert!(place.contains("src/App.tsx:4:"), "{place}");
        let source = &dom.all("pre")[0].text;
        assert!(
            source.contains("> 4 |       return fail(() => { throw new TypeError("),
            "{source}"
        );
        let caret = dom.elements();
        let caret = caret.iter().find(|e| e.get("class") == Some("caret"));
        assert!(caret.expect("a caret").text.trim_end().ends_with(" ^"));
        let lists = dom.all("ol");
        assert!(lists[0].text.contains("src/App.tsx:4"), "{}", lists[0].text);
        assert!(!lists[0].text.contains("node_modules"), "{}", lists[0].text);
        let folded = &dom.all("details")[0].text;
        assert!(folded.contains("node_modules/broken/index.js"), "{folded}");
        let components = dom.all("section");
        let components = &components.last().expect("sections").text;
        assert!(components.starts_with("Component stack"), "{components}");
        // React names the component with `toString` of a call site, which QuickJS does not have.
        #[cfg(feature = "v8")]
        if engine == EngineKind::V8 {
            assert!(components.contains("Inner"), "{components}");
        }
        let log = log.text();
        let footer = &dom.all("footer")[0].text;
        let id = footer
            .trim_start_matches("The server log contains this error under the id ")
            .trim_end_matches('.');
        assert!(log.contains(id) && log.contains("hunter2"), "{log}");

        let mut curl = HeaderMap::new();
        curl.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let page = pages
            .page("src/App.tsx")
            .request(&request(Method::GET, &curl));
        let response = page.respond().await;
        assert_eq!(
            header(&response, &CONTENT_TYPE),
            "text/plain; charset=utf-8"
        );
        let plain = text(response).await;
        assert!(
            plain.contains("TypeError: <img src=x onerror=alert(1)> hunter2\n"),
            "{plain}"
        );
        assert!(plain.contains("> 4 |       return fail("), "{plain}");

        let mut browser = HeaderMap::new();
        let accept = "application/xml;q=0.9, TEXT/html;q=0.8";
        browser.insert(ACCEPT, HeaderValue::from_static(accept));
        let page = pages
            .page("src/App.tsx")
            .request(&request(Method::GET, &browser));
        assert_eq!(
            header(&page.respond().await, &CONTENT_TYPE),
            "text/html; charset=utf-8"
        );
    });
}

#[test]
fn development_error_page_shows_syntax_errors_and_hints() {
    on_pages(
        "export default () => {\n  return <b;\n};\n",
        &async |app, engine| {
            app.write(
                "Window.tsx",
                "export default () => <p>{window.innerWidth}</p>;",
            );
            app.write(
                "Import.tsx",
                "import './<none>'; export default () => <p />;",
            );
            let renderer = app.builder(engine).development(true).build();
            let pages = Pages::builder(renderer.expect("valid settings"))
                .build()
                .expect("valid settings");
            let dom = parsed(&text(pages.page("src/App.tsx").respond().await).await);
            assert!(dom.all("h1")[0].text.starts_with("SyntaxError "));
            assert!(dom.all("pre")[0].text.contains("> 2 |   return <b;"));
            let dom = parsed(&text(pages.page("Window.tsx").respond().await).await);
            let hint = dom.elements();
            let hint = hint
                .iter()
                .find(|element| element.get("class") == Some("hint"));
            assert!(hint.expect("a hint").text.contains("typeof window"));
            let dom = parsed(&text(pages.page("Import.tsx").respond().await).await);
            assert!(
                dom.all("h1")[0]
                    .text
                    .contains("cannot find module `./<none>`")
            );
            let dom = parsed(&text(pages.page("<b>.tsx").respond().await).await);
            assert!(dom.all("h1")[0].text.contains("<b>.tsx"));
        },
    );
}

#[test]
fn production_error_page_shows_only_id() {
    on_pages(THROWS, &async |app, engine| {
        with_package(app);
        let pages = build_pages(app, engine);
        let directory = app.path("").to_str().expect("valid UTF-8").to_owned();
        for path in ["src/App.tsx", "../Secret.tsx", "None.tsx"] {
            for html in [true, false] {
                let (log, _guard) = Log::of_this_thread();
                let mut headers = HeaderMap::new();
                let accept = if html { "text/html" } else { "*/*" };
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
                let page = pages.page(path).request(&request(Method::GET, &headers));
                let response = page.respond().await;
                assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
                assert_eq!(header(&response, &CACHE_CONTROL), "private, no-store");
                let body = text(response).await;
                for inside in [
                    "hunter2",
                    "TypeError",
                    "tsx",
                    "onerror",
                    &directory,
                    "React",
                ] {
                    assert!(!body.contains(inside), "{inside} is in {body}");
                }
                let id = if html {
                    let dom = parsed(&body);
                    assert_no_external_resources(&dom);
                    dom.all("code")[0].text.clone()
                } else {
                    let (_, id) = body.split_once("id: ").expect("an error id");
                    id.trim().into()
                };
                assert_eq!(id.len(), 32, "{id}");
                let log = log.text();
                assert!(log.contains("ERROR") && log.contains(&id), "{log}");
                assert!(log.contains(path), "{log}");
            }
        }
    });
}

#[test]
fn maps_deadline_and_overload_to_status() {
    let source = "export default ({ ms }) => { const end = performance.now() + ms; while (performance.now() < end); return null; };";
    on_pages(source, &async |app, engine| {
        let renderer = app
            .builder(engine)
            .queue_capacity(1)
            .deadline(Duration::from_millis(900));
        let pages = builder_with_manifest(app, renderer)
            .entry("src/main.tsx")
            .build()
            .expect("valid settings");
        let long = || {
            let pages = pages.clone();
            tokio::spawn(async move {
                let page = pages.page("src/App.tsx").props(&json!({ "ms": 100_000 }));
                page.respond().await
            })
        };
        let responses = [long(), long(), long(), long()];
        let mut seen = Vec::new();
        for response in responses {
            let response = response.await.expect("a thread without panic");
            let retry = response.headers().contains_key(RETRY_AFTER);
            seen.push((response.status().as_u16(), retry));
            assert!(text(response).await.contains("Please try again"));
        }
        assert!(seen.contains(&(503, true)), "{seen:?}");
        assert!(seen.contains(&(504, false)), "{seen:?}");
    });
}

#[test]
fn completes_document_after_late_error() {
    let source = "import { Suspense, use } from 'react';
        const never = new Promise(() => {});
        const Never = () => use(never);
        export default () => <main><h1>shell</h1><Suspense fallback={<i>wait</i>}><Never /></Suspense></main>;";
    on_pages(source, &async |app, engine| {
        let pages = build_pages(app, engine);
        let (log, _guard) = Log::of_this_thread();
        let response = pages.page("src/App.tsx").respond().await;
        assert_eq!(response.status(), StatusCode::OK);
        let html = text(response).await;
        assert!(html.ends_with("</template></body></html>"), "{html}");
        assert!(
            html.contains("<h1>shell</h1>") && html.contains("$RX"),
            "{html}"
        );
        let dom = parsed(&html);
        let marks = dom.all("template");
        let id = marks.iter().find_map(|mark| mark.get("data-mizan-error"));
        let (id, log) = (id.expect("an error id"), log.text());
        assert!(log.contains(id) && log.contains("suspended"), "{log}");
        assert!(!html.contains("suspended"), "{html}");
    });
}

#[test]
fn disconnect_cancels_render_and_calls() {
    struct Dropped(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    on_pages(SLOW, &async |app, engine| {
        app.write("Next.tsx", "export default () => <b>next</b>;");
        let pages = build_pages(app, engine);
        let (sender, mut dropped) = tokio::sync::mpsc::unbounded_channel();
        let (started, mut running) = tokio::sync::mpsc::unbounded_channel();
        let page = pages.page("src/App.tsx").functions(move |name, _| {
            let slow = (name == "slow").then(|| Dropped(sender.clone()));
            let started = started.clone();
            async move {
                if let Some(_guard) = slow {
                    let _ = started.send(());
                    return std::future::pending().await;
                }
                Ok(Bytes::from_static(b"1"))
            }
        });
        let mut body = page.respond().await.into_body();
        assert!(body.frame().await.is_some());
        assert!(running.recv().await.is_some());
        drop(body);
        assert!(dropped.recv().await.is_some());
        let html = text(pages.page("Next.tsx").respond().await).await;
        assert!(html.contains("<b>next</b>"), "{html}");
    });
}

#[test]
fn serves_pages_with_axum() {
    async fn home(
        State(pages): State<Pages>,
        request: axum::extract::Request,
    ) -> Response<PageBody> {
        let page = pages.page("src/App.tsx").functions(functions);
        page.request(&request).respond().await
    }
    on_pages(SLOW, &async |app, engine| {
        let router = Router::new()
            .route("/", get(home))
            .with_state(build_pages(app, engine));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("a bound socket");
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        for method in ["GET", "HEAD"] {
            let mut connection = tokio::net::TcpStream::connect(address)
                .await
                .expect("a listening server");
            let request = format!("{method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            connection
                .write_all(request.as_bytes())
                .await
                .expect("a sent request");
            let mut answer = String::new();
            connection
                .read_to_string(&mut answer)
                .await
                .expect("valid UTF-8");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(
                answer.contains("cache-control: private, no-store\r\n"),
                "{answer}"
            );
            if method == "GET" {
                assert!(
                    answer.contains("transfer-encoding: chunked\r\n"),
                    "{answer}"
                );
                assert!(answer.contains("<b>slow"), "{answer}");
                assert!(answer.ends_with("\r\n0\r\n\r\n"), "{answer}");
            } else {
                assert!(
                    answer.ends_with("\r\n\r\n") && !answer.contains('<'),
                    "{answer}"
                );
                assert!(!answer.contains("content-length: 0"), "{answer}");
            }
        }
        server.abort();
    });
}

#[test]
fn assets_have_browser_urls() {
    let source = "import big from './big.png'; import small from './a b.svg'; import quoted from './q.svg';
        export default () => <p data-base={import.meta.env.BASE_URL}><img src={big} /><img src={small} /><img src={quoted} /></p>;";
    on_pages(source, &async |app, engine| {
        app.write("src/big.png", "png");
        app.write(
            "src/a b.svg",
            "<svg viewBox=\"0 0 1 1\">\n  <path d=\"M0 0\n 1%#\"/>\n</svg>\n",
        );
        app.write("src/q.svg", "<svg id=\"it's\"/>");
        app.write(
            "dist/.vite/manifest.json",
            r#"{ "src/main.tsx": { "file": "assets/main.js", "isEntry": true },
                 "src/big.png": { "file": "assets/big-1.png", "src": "src/big.png" } }"#,
        );
        let images = async |pages: PagesBuilder| {
            let pages = pages.entry("src/main.tsx").build().expect("valid settings");
            let dom = parsed(&text(pages.page("src/App.tsx").respond().await).await);
            let base = dom.all("p")[0].get("data-base").map(str::to_owned);
            let sources = dom.all("img");
            let sources = sources
                .iter()
                .map(|img| img.get("src").unwrap_or_default().to_owned());
            (base.unwrap_or_default(), sources.collect::<Vec<_>>())
        };
        let (base, sources) = images(builder_with(
            app,
            app.builder(engine),
            manifest(app).base("/app"),
        ))
        .await;
        assert_eq!(base, "/app/");
        assert_eq!(
            sources,
            [
                "/app/assets/big-1.png",
                "data:image/svg+xml,%3csvg%20viewBox='0%200%201%201'%3e%3cpath%20d='M0%200%201%25%23'/%3e%3c/svg%3e",
                "data:image/svg+xml;base64,PHN2ZyBpZD0iaXQncyIvPg==",
            ]
        );
        let vite = Vite::dev_server("http://localhost:5173");
        let (_, sources) = images(builder_with(
            app,
            app.builder(engine).development(true),
            vite,
        ))
        .await;
        assert_eq!(
            sources,
            ["src/big.png", "src/a b.svg", "src/q.svg"]
                .map(|name| format!("http://localhost:5173/{name}"))
        );
    });
}

#[cfg(feature = "css-modules")]
#[test]
fn css_module_class_names_match_vite() {
    let source = "import look, { title } from './look.module.css';
        export default () => <p className={look.box}>{title}{String(look.gone)}</p>;";
    on_pages(source, &async |app, engine| {
        app.write(
            "src/look.module.css",
            ".title { color: red } .box { composes: title; margin: 0 } :global(.all) .title { margin: 0 }",
        );
        let pages = builder_with_entry(app, engine)
            .build()
            .expect("valid settings");
        let html = text(pages.page("src/App.tsx").respond().await).await;
        // The output of Vite 8.3 with `css.transformer: "lightningcss"` for the same file.
        let classes = "<p class=\"_8w735W_box _8w735W_title\">_8w735W_title<!-- -->undefined</p>";
        assert!(html.contains(classes), "{html}");
    });
}

#[test]
fn warns_once_about_styles_that_the_policy_blocks() {
    let source = "const html = { __html: '<style>p {}</style>' };
        export default () => <div dangerouslySetInnerHTML={html} />;";
    on_pages(source, &async |app, engine| {
        let (log, _guard) = Log::of_this_thread();
        let without_policy = build_pages(app, engine);
        text(without_policy.page("src/App.tsx").respond().await).await;
        assert_eq!(log.text(), "");
        let pages = builder_with_entry(app, engine).content_security_policy(STRICT_CSP);
        let pages = pages.build().expect("valid settings");
        for _ in 0..3 {
            text(pages.page("src/App.tsx").respond().await).await;
        }
        let text = log.text();
        assert_eq!(
            text.matches("blocks a <style> element").count(),
            1,
            "{text}"
        );
        assert!(text.contains("src/App.tsx"), "{text}");
    });
}

#[test]
fn links_styles_of_components_that_load_later() {
    const MANIFEST: &str = r#"{
      "src/main.tsx": { "file": "assets/main-1.js", "isEntry": true,
        "dynamicImports": ["src/App.tsx", "src/Other.tsx"] },
      "src/App.tsx": { "file": "assets/App-2.js", "isDynamicEntry": true, "imports": ["src/main.tsx"],
        "css": ["assets/App-2.css"], "dynamicImports": ["src/Chart.tsx"] },
      "src/Chart.tsx": { "file": "assets/Chart-3.js", "isDynamicEntry": true, "imports": ["_d3-4.js"],
        "css": ["assets/Chart-3.css", "assets/App-2.css"] },
      "_d3-4.js": { "file": "assets/d3-4.js", "css": ["assets/d3-4.css"] },
      "src/Other.tsx": { "file": "assets/Other-5.js", "css": ["assets/Other-5.css"] }
    }"#;
    on_pages("export default () => <p />;", &async |app, engine| {
        app.write("dist/.vite/manifest.json", MANIFEST);
        let pages = build_pages(app, engine);
        let html = text(pages.page("src/App.tsx").respond().await).await;
        let elements = parsed(&html).elements();
        assert_eq!(
            hrefs(&elements, "stylesheet"),
            [
                "/assets/App-2.css",
                "/assets/d3-4.css",
                "/assets/Chart-3.css"
            ]
        );
        assert_eq!(
            hrefs(&elements, "modulepreload"),
            ["/assets/main-1.js", "/assets/App-2.js"]
        );
    });
}
