//! Styles of libraries under the strict content security policy, in Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as PathOf, State};
use axum::routing::get;
use http::Response;
use mizan_ssr::page::{PageBody, STRICT_CSP};
use mizan_ssr::{Pages, Renderer, Vite};
use serde::Deserialize;
use serde_json::Value;

use crate::app::{block_on, on_engines};

const PAGES: [&str; 4] = ["Mui", "Emotion", "StyledComponents", "Precedence"];

/// A comparison of a page under the policy with the same page without one.
#[derive(Debug, Deserialize)]
struct Comparison {
    elements: usize,
    /// Styles that differ under the policy, for each element.
    hydrated: Vec<String>,
    /// The same after the browser has added elements.
    added: Vec<String>,
    /// Messages of the browser, such as violations of the policy.
    reports: Vec<String>,
}

#[test]
fn libraries_have_the_same_styles_under_the_strict_policy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/policy");
    let chromium = std::env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    let packages = folder.join("../../../../node_modules");
    if !Path::new(&chromium).is_file() || !packages.join("@playwright/test").is_dir() {
        println!("not run: there is no Chromium or no node_modules with @playwright/test");
        return;
    }
    let dist = tempfile::tempdir().expect("a temporary directory");
    node(&folder, "build.mjs", &[&dist.path().to_string_lossy()]);
    on_engines(|engine| {
        let vite = Vite::manifest(dist.path()).expect("a build").root(&folder);
        let files = vite.service().expect("readable files");
        let renderer = Renderer::builder()
            .root(&folder)
            .vite(vite)
            .engine(engine)
            .threads(1)
            .deadline(Duration::from_secs(60))
            .build()
            .expect("valid settings");
        let builder = || Pages::builder(renderer.clone()).entry("main.tsx");
        let plain = builder().build().expect("valid settings");
        let strict = builder().content_security_policy(STRICT_CSP).build();
        let routes = |pages| Router::new().route("/{page}", get(page)).with_state(pages);
        let router = Router::new()
            .nest("/plain", routes(plain))
            .nest("/strict", routes(strict.expect("valid settings")))
            .fallback_service(files);
        let report = block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            let origin = format!("http://{}", listener.local_addr().expect("an address"));
            let server = tokio::spawn(async move { axum::serve(listener, router).await });
            let folder = folder.clone();
            let compare = move || {
                let arguments: Vec<&str> = [&*origin].into_iter().chain(PAGES).collect();
                node(&folder, "compare.mjs", &arguments)
            };
            let report = tokio::task::spawn_blocking(compare)
                .await
                .expect("a report");
            server.abort();
            report
        });
        for name in PAGES {
            let comparison: Comparison =
                serde_json::from_value(report[name].clone()).expect("a comparison");
            let Comparison { elements, .. } = comparison;
            assert!(elements > 5, "{name} has {elements} elements");
            let is_equal = comparison.hydrated.is_empty() && comparison.added.is_empty();
            assert!(
                is_equal && comparison.reports.is_empty(),
                "{name}: {comparison:#?}"
            );
        }
    });
}

async fn page(State(pages): State<Pages>, PathOf(name): PathOf<String>) -> Response<PageBody> {
    pages.page(&format!("pages/{name}.tsx")).respond().await
}

/// Runs a script of the folder, and returns the JSON that it prints.
fn node(folder: &PathBuf, script: &str, arguments: &[&str]) -> Value {
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("Node.js");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
