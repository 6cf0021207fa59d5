//! React 19.0, the oldest supported version, whose server has no `renderToPipeableStream`.

use std::path::Path;

use futures_util::StreamExt;
use mizan_ssr::error::RenderErrorCode;
use serde_json::json;

use crate::app::{App, block_on, error, html, on_engines, packages};

const PAGE: &str = "import { Suspense, use, version } from 'react';
    let p: Promise<string>;
    const Slow = () => <b>{use(p)}</b>;
    export default () => {
      p = new Promise((done) => setTimeout(() => done('slow'), 20));
      return <main><h1>{version}</h1><Suspense fallback={<i>wait</i>}><Slow /></Suspense></main>;
    };";

/// Creates a project with a copy of React 19.0. Through a symbolic link, its imports would resolve to other packages.
fn app(files: &[(&str, &str)]) -> Option<App> {
    let packages = packages()?;
    if !packages.join("react-dom-19.0").is_dir() {
        println!("not run: React 19.0 is missing; run `npm ci` at the workspace's root");
        return None;
    }
    let app = App::new(files);
    for name in ["react", "react-dom"] {
        let link = app.path("node_modules").join(name);
        std::fs::remove_file(&link).expect("a symbolic link");
        copy(&packages.join(format!("{name}-19.0")), &link);
    }
    Some(app)
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a temporary directory");
    for entry in std::fs::read_dir(from).expect("a temporary directory") {
        let entry = entry.expect("a readable entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}

#[test]
fn renders_and_streams_suspended_content() {
    on_engines(|engine| {
        let Some(app) = app(&[("App.tsx", PAGE)]) else {
            return;
        };
        let renderer = app.renderer(engine);
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<main><h1>19.0.0</h1><!--$--><b>slow</b><!--/$--></main>"
        );
        let parts = block_on(async {
            let stream = renderer.render_stream("App.tsx", &json!({})).await;
            let parts = stream.expect("a shell").map(|part| {
                String::from_utf8(part.expect("a successful chunk").to_vec()).expect("valid UTF-8")
            });
            parts.collect::<Vec<_>>().await
        });
        let (shell, rest) = (&parts[0], parts[1..].concat());
        assert!(
            shell.contains("<h1>19.0.0</h1><!--$?-->") && !shell.contains("slow"),
            "{shell}"
        );
        assert!(
            rest.contains("<b>slow</b>") && rest.contains("$RC"),
            "{rest}"
        );
    });
}

#[test]
fn reports_shell_errors_and_endless_suspension() {
    on_engines(|engine| {
        let Some(app) = app(&[
            (
                "Throws.tsx",
                "export default () => { throw new Error('shell'); };",
            ),
            (
                "Never.tsx",
                &PAGE.replace("setTimeout(() => done('slow'), 20)", "{}"),
            ),
            ("Good.tsx", "export default () => <b>good</b>;"),
        ]) else {
            return;
        };
        let renderer = app.renderer(engine);
        let thrown = error(&renderer, "Throws.tsx");
        assert_eq!(thrown.code(), RenderErrorCode::Component);
        assert!(thrown.to_string().contains("Error: shell"), "{thrown}");
        let stream = block_on(renderer.render_stream("Throws.tsx", &json!({})));
        let thrown = stream.expect_err("a failed shell");
        assert!(thrown.to_string().contains("Error: shell"), "{thrown}");
        assert_eq!(
            error(&renderer, "Never.tsx").code(),
            RenderErrorCode::Suspended
        );
        // The abort reaches React, which instructs the browser to render the part.
        let text = block_on(async {
            let stream = renderer.render_stream("Never.tsx", &json!({})).await;
            let parts = stream.expect("a shell").filter_map(async |part| part.ok());
            parts.collect::<Vec<_>>().await.concat()
        });
        let text = String::from_utf8(text).expect("valid UTF-8");
        assert!(text.contains("$RX"), "{text}");
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    });
}

#[test]
fn styles_carry_nonce() {
    let page = "export default () => <><style href='a' precedence='low'>{'.a {}'}</style><style>{'.b {}'}</style></>;";
    on_engines(|engine| {
        let Some(app) = app(&[("App.tsx", page)]) else {
            return;
        };
        let renderer = app.renderer(engine);
        let rendered = block_on(renderer.component("App.tsx").nonce("n0nce\"").render());
        let html = rendered.expect("a page").html;
        assert_eq!(html.matches("<style").count(), 2, "{html}");
        assert_eq!(
            html.matches("<style nonce=\"n0nce&#34;\"").count(),
            2,
            "{html}"
        );
    });
}
