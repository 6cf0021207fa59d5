//! The static export of pages.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::BodyExt;
use mizan_ssr::page::{CachePolicy, STRICT_CSP};
use mizan_ssr::prerender::{Prerender, PrerenderSummary};
use mizan_ssr::renderer::EngineKind;
use mizan_ssr::{Pages, Vite};
use serde_json::json;
use tower_service::Service;
use walkdir::WalkDir;

use crate::app::{App, block_on, on_engines};

const COMPONENT: &str = "
    import { Suspense, use } from 'react';
    const Call = ({ name }) => {
      const { answered, json } = use(globalThis[Symbol.for('mizan.functions')].call(name));
      if (!answered) throw new Error(json);
      return <b>{json}</b>;
    };
    const Broken = () => { throw new Error('broken part'); };
    const Fatal = () => { throw new Error('no shell'); };
    export default ({ path, call }: { path: string; call?: string }) =>
      <main>
        {call === 'fatal' && <Fatal />}
        <style>{'b {}'}</style>
        {path}
        <Suspense fallback={<i>..</i>}>{call === 'broken' ? <Broken /> : call && <Call name={call} />}</Suspense>
      </main>;
";

const MANIFEST: &str = r#"{
    "src/main.tsx": { "file": "assets/main-Bx3dQ9aT.js", "src": "src/main.tsx", "isEntry": true }
}"#;

/// Answers `/call/NAME/` with a page that calls the function `NAME`, and other paths with one that calls none.
async fn page(State(pages): State<Pages>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let call = path
        .strip_prefix("/call/")
        .map(|call| call.trim_matches('/'));
    let props = json!({ "path": path, "call": call });
    let page = pages.page("App.tsx").props(&props).request(&request);
    let functions = |name: String, _| async move {
        tokio::task::yield_now().await;
        match name.as_str() {
            "members" => Err(r#"{"status":401,"title":"Unauthorized"}"#.into()),
            "secret" => Err(r#"{"status":403,"title":"Forbidden"}"#.into()),
            "down" => Err(r#"{"status":503,"title":"Service Unavailable"}"#.into()),
            _ => Ok(Bytes::from(json!({ "token": name }).to_string())),
        }
    };
    page.functions(functions).respond().await.into_response()
}

struct Site {
    app: App,
    router: Router,
    vite: Vite,
}

fn site(engine: EngineKind) -> Site {
    let app = App::new(&[
        ("App.tsx", COMPONENT),
        (
            "NotFound.tsx",
            "export default () => <h1>nothing here</h1>;",
        ),
        ("dist/.vite/manifest.json", MANIFEST),
        ("dist/assets/main-Bx3dQ9aT.js", "hydrate()"),
        ("dist/assets/main-Bx3dQ9aT.js.br", "compressed"),
        ("dist/.env", "SECRET=1"),
        ("dist/robots.txt", "User-agent: *"),
    ]);
    let vite = Vite::manifest(app.path("dist")).expect("a manifest");
    let renderer = app.builder(engine).vite(vite.clone()).build();
    let pages = Pages::builder(renderer.expect("valid settings"))
        .entry("src/main.tsx")
        .content_security_policy(STRICT_CSP)
        .not_found("NotFound.tsx")
        .build()
        .expect("valid settings");
    let not_found = async |State(pages): State<Pages>, request: Request| {
        pages.fallback(&request).respond().await
    };
    let router = Router::new()
        .route("/", get(page))
        .route("/posts/{id}/", get(page))
        .route("/same/", get(page))
        .route("/same", get(page))
        .route("/call/{name}/", get(page))
        .route("/old/", get(async || Redirect::to("/new/")))
        .route("/plain/", get(async || axum::response::Html("plain")))
        .route("/text/", get(async || "text"))
        .route(
            "/cookie/",
            get(async |pages, request| {
                let response = page(pages, request).await;
                ([("set-cookie", "visitor=1")], response).into_response()
            }),
        )
        .fallback(not_found)
        .with_state(pages);
    Site { app, router, vite }
}

impl Site {
    async fn get(&self, path: &str) -> Vec<u8> {
        let request = Request::get(path)
            .header("accept", "text/html")
            .body(Body::empty())
            .expect("a request");
        let response = self.router.clone().call(request).await.expect("infallible");
        let csp = response.headers()["content-security-policy"].clone();
        let csp = csp.to_str().expect("ASCII").to_owned();
        let (_, nonce) = csp.split_once("'nonce-").expect("a nonce");
        let (nonce, _) = nonce.split_once('\'').expect("a nonce");
        let body = response.into_body().collect().await.expect("a body");
        let html = String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8");
        // The element tells Vite's scripts the nonce.
        let meta = format!("<meta property=\"csp-nonce\" nonce=\"{nonce}\">");
        let html = html.replace(&meta, "");
        html.replace(&format!(" nonce=\"{nonce}\""), "")
            .into_bytes()
    }

    async fn export(&self, paths: &[&str]) -> Result<PrerenderSummary, String> {
        let export = Prerender::new(self.router.clone())
            .paths(paths.iter().copied())
            .files(&self.vite);
        let written = export.write(self.app.path("out")).await;
        written.map_err(|error| error.to_string())
    }
}

/// Returns the files below `folder` by their paths.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("a readable folder"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("a path below it");
            let content = std::fs::read(entry.path()).expect("a readable file");
            (path.to_string_lossy().into_owned(), content)
        })
        .collect()
}

#[test]
fn files_are_equal_to_served_pages() {
    on_engines(|engine| {
        let site = site(engine);
        block_on(async {
            let paths = ["/", "/posts/7/", "/posts/caf%C3%A9/", "/call/fine/"];
            let summary = site.export(&paths).await.expect("an export");
            assert_eq!(summary.to_string(), "5 pages, 3 browser files");
            let mut expected = BTreeMap::from([
                ("assets/main-Bx3dQ9aT.js".to_owned(), b"hydrate()".to_vec()),
                (
                    "assets/main-Bx3dQ9aT.js.br".to_owned(),
                    b"compressed".to_vec(),
                ),
                ("robots.txt".to_owned(), b"User-agent: *".to_vec()),
            ]);
            for (path, file) in [
                ("/", "index.html"),
                ("/posts/7/", "posts/7/index.html"),
                ("/posts/caf%C3%A9/", "posts/café/index.html"),
                ("/call/fine/", "call/fine/index.html"),
                ("/404.html", "404.html"),
            ] {
                expected.insert(file.to_owned(), site.get(path).await);
            }
            let exported = files(&site.app.path("out"));
            for (file, content) in &expected {
                let text = String::from_utf8_lossy(content);
                let written = exported
                    .get(file)
                    .map(|content| String::from_utf8_lossy(content));
                assert_eq!(written.as_deref(), Some(&*text), "{file}");
            }
            assert_eq!(exported.len(), expected.len());
        });
    });
}

#[test]
fn refuses_pages_that_depend_on_the_visitor() {
    on_engines(|engine| {
        let site = site(engine);
        block_on(async {
            let paths = [
                "/call/members/",
                "/call/secret/",
                "/call/down/",
                "/call/contact.state/",
                "/call/broken/",
                "/call/fatal/",
                "/old/",
                "/plain/",
                "/text/",
                "/cookie/",
                "/missing/",
                "/",
            ];
            let error = site.export(&paths).await.expect_err("refused pages");
            let expected = [
                "these pages cannot be exported:",
                "  /call/members/: in App.tsx, the function `members` needs a user",
                "  /call/secret/: in App.tsx, the function `secret` needs a user",
                "  /call/down/: in App.tsx, the function `down` failed with status 503 Service Unavailable",
                "  /call/contact.state/: in App.tsx, a form has a submission token that belongs to one visitor; render it \
                 on the server, or in the browser",
                "  /call/broken/: in App.tsx, a component threw an error, which the log contains",
                "  /call/fatal/: in App.tsx, the render failed: Error: no shell",
                "  /old/: redirects to /new/",
                "  /plain/: is not a page whose handler passes the request to `Page::request`",
                "  /text/: is not HTML",
                "  /cookie/: sets a cookie",
                "  /missing/: has the status 404 Not Found",
            ];
            assert_eq!(error, expected.join("\n"));
            assert!(files(&site.app.path("out")).is_empty());
        });
    });
}

#[test]
fn refuses_other_files_and_paths() {
    on_engines(|engine| {
        let site = site(engine);
        block_on(async {
            for (paths, expected) in [
                (["/../secret/", "/"], "cannot be exported"),
                (["/", "/posts/7?a=1"], "a file has no query"),
                (["/same/", "/same"], "have the same file"),
            ] {
                let error = site.export(&paths).await.expect_err(expected);
                assert!(error.contains(expected), "{error}");
                assert!(files(&site.app.path("out")).is_empty());
            }
            site.app.write("dist/index.html", "Vite's page");
            let error = site.export(&["/"]).await.expect_err("two files");
            assert!(error.contains("have the same file"), "{error}");
            site.app.write("out/own.txt", "important");
            let error = site.export(&["/"]).await.expect_err("a full directory");
            assert!(error.contains("is not empty"), "{error}");
            assert_eq!(files(&site.app.path("out")).len(), 1);
        });
    });
}

#[test]
fn renders_a_bounded_number_of_pages_at_once() {
    on_engines(|engine| {
        let site = site(engine);
        let (running, maximum) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (Arc::clone(&running), Arc::clone(&maximum));
        let counted = site.router.clone().layer(axum::middleware::from_fn(
            move |request: Request, next: axum::middleware::Next| {
                let (running, maximum) = (Arc::clone(&counts.0), Arc::clone(&counts.1));
                async move {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    maximum.fetch_max(now, Ordering::SeqCst);
                    let response = next.run(request).await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    response
                }
            },
        ));
        let progress = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&progress);
        block_on(async {
            let export = Prerender::new(counted)
                .paths((0..20).map(|id| format!("/posts/{id}/")))
                .parallel(3)
                .progress(move |path| seen.lock().expect("no panic").push(path.to_owned()));
            let summary = export.write(site.app.path("out")).await.expect("an export");
            assert_eq!((summary.pages, summary.files), (21, 0));
        });
        let maximum = maximum.load(Ordering::SeqCst);
        assert!((2..=3).contains(&maximum), "{maximum}");
        assert_eq!(progress.lock().expect("no panic").len(), 21);
    });
}

#[test]
fn pages_with_forms_are_not_cached() {
    on_engines(|engine| {
        let site = site(engine);
        let renderer = site.app.renderer(engine);
        let pages = Pages::builder(renderer).build().expect("valid settings");
        let calls = AtomicUsize::new(0);
        let calls = Arc::new(calls);
        block_on(async {
            for (name, expected) in [("contact.state", 2), ("posts", 3)] {
                for _ in 0..2 {
                    let calls = Arc::clone(&calls);
                    let page = pages.page("App.tsx").props(&json!({ "call": name }));
                    let page = page.public_functions(move |_, _| {
                        calls.fetch_add(1, Ordering::SeqCst);
                        async { Ok(Bytes::from_static(b"1")) }
                    });
                    let policy = CachePolicy::max_age(std::time::Duration::from_secs(60));
                    page.cache(policy).respond().await;
                }
                assert_eq!(calls.load(Ordering::SeqCst), expected, "{name}");
            }
        });
    });
}
