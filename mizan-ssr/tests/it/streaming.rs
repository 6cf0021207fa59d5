use std::time::Duration;

use futures_util::StreamExt;
use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::RenderStream;
use serde_json::json;

use crate::app::{App, block_on, html, on_engines};

async fn parts(mut stream: RenderStream) -> Vec<String> {
    let mut parts = Vec::new();
    while let Some(part) = stream.next().await {
        parts.push(
            String::from_utf8(part.expect("a successful chunk").to_vec()).expect("valid UTF-8"),
        );
    }
    parts
}

const SLOW: &str = "import { Suspense, use } from 'react';
    let p: Promise<string>;
    const Slow = () => <b>{use(p)}</b>;
    export default () => {
      p ??= new Promise((done) => setTimeout(() => done('slow'), 50));
      return <main><h1>fast</h1><Suspense fallback={<i>wait</i>}><Slow /></Suspense></main>;
    };";

#[test]
fn streams_shell_first() {
    on_engines(|engine| {
        // With a boundary below a `<main>`, and with one below nothing at all.
        for (source, shell) in [
            (SLOW.into(), "<main><h1>fast</h1><!--$?-->"),
            (SLOW.replace("main>", ">"), "<h1>fast</h1><!--$?-->"),
        ] {
            let app = App::component(&source);
            let renderer = app.renderer(engine);
            let parts = block_on(async {
                let stream = renderer.render_stream("App.tsx", &json!({})).await;
                parts(stream.expect("a shell")).await
            });
            let (first, rest) = (&parts[0], parts[1..].concat());
            assert!(
                first.starts_with(&format!("<div id=\"mizan-root\">{shell}")),
                "{first}"
            );
            assert!(
                first.contains("<i>wait</i>") && first.contains("</div>"),
                "{first}"
            );
            assert!(!first.contains("slow"), "{first}");
            assert!(
                rest.contains("<b>slow</b>") && rest.contains("$RC"),
                "{rest}"
            );
        }
    });
}

#[test]
fn reports_shell_error_before_stream() {
    on_engines(|engine| {
        let app = App::component("export default () => { throw new Error('shell'); };");
        let renderer = app.renderer(engine);
        let error =
            block_on(renderer.render_stream("App.tsx", &json!({}))).expect_err("a failed shell");
        assert_eq!(error.code(), RenderErrorCode::Component);
        assert!(error.to_string().contains("Error: shell"), "{error}");
    });
}

#[test]
fn dropping_stream_cancels_render() {
    on_engines(|engine| {
        let app = App::new(&[
            ("App.tsx", SLOW),
            ("Good.tsx", "export default () => <b>good</b>;"),
        ]);
        let renderer = app
            .builder(engine)
            .deadline(Duration::from_secs(20))
            .build()
            .expect("valid settings");
        block_on(async {
            drop(
                renderer
                    .render_stream("App.tsx", &json!({}))
                    .await
                    .expect("a shell"),
            );
        });
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    });
}

#[test]
fn endless_suspension_ends_with_fallback() {
    on_engines(|engine| {
        let app = App::component(&SLOW.replace("setTimeout(() => done('slow'), 50)", "{}"));
        let renderer = app.renderer(engine);
        let (text, error) = block_on(async {
            let mut stream = renderer
                .render_stream("App.tsx", &json!({}))
                .await
                .expect("a shell");
            let (mut text, mut error) = (String::new(), None);
            while let Some(part) = stream.next().await {
                match part {
                    Ok(part) => text.push_str(std::str::from_utf8(&part).expect("valid UTF-8")),
                    Err(failed) => error = Some(failed),
                }
            }
            (text, error)
        });
        // `$RX` tells the browser to render the part itself.
        assert!(
            text.contains("<i>wait</i>") && text.contains("$RX"),
            "{text}"
        );
        assert_eq!(
            error.expect("an error in the stream").code(),
            RenderErrorCode::Suspended
        );
    });
}
