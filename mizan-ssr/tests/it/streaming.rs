use std::time::Duration;

use futures_util::StreamExt;
use mizan_ssr::{RenderErrorCode, RenderStream};
use serde_json::json;

use crate::app::{App, html, on_engines};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

async fn parts(mut stream: RenderStream) -> Vec<String> {
    let mut parts = Vec::new();
    while let Some(part) = stream.next().await {
        parts.push(String::from_utf8(part.expect("no error").to_vec()).expect("UTF-8"));
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
fn the_shell_comes_first_and_the_rest_behind_the_root() {
    on_engines(|engine| {
        let app = App::component(SLOW);
        let renderer = app.renderer(engine);
        let parts = block_on(async {
            parts(
                renderer
                    .render_stream("App.tsx", &json!({}))
                    .await
                    .expect("a shell"),
            )
            .await
        });
        let (shell, rest) = (&parts[0], parts[1..].concat());
        assert!(shell.ends_with("</div>"), "{shell}");
        assert!(
            shell.starts_with("<div id=\"mizan-root\"><main><h1>fast</h1>"),
            "{shell}"
        );
        assert!(
            shell.contains("<i>wait</i>") && !shell.contains("slow"),
            "{shell}"
        );
        assert!(
            rest.contains("<b>slow</b>") && rest.contains("$RC"),
            "{rest}"
        );
    });
}

#[test]
fn an_error_in_the_shell_comes_before_anything_is_sent() {
    on_engines(|engine| {
        let app = App::component("export default () => { throw new Error('shell'); };");
        let renderer = app.renderer(engine);
        let error = block_on(renderer.render_stream("App.tsx", &json!({}))).expect_err("no shell");
        assert_eq!(error.code(), RenderErrorCode::Component);
        assert!(error.to_string().contains("Error: shell"), "{error}");
    });
}

#[test]
fn a_reader_who_leaves_ends_the_render_and_the_next_is_right() {
    on_engines(|engine| {
        let app = App::new(&[
            ("App.tsx", SLOW),
            ("Good.tsx", "export default () => <b>good</b>;"),
        ]);
        let renderer = app
            .builder(engine)
            .deadline(Duration::from_secs(20))
            .build()
            .expect("it builds");
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
fn what_never_comes_ends_with_the_fallback_and_an_error() {
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
                    Ok(part) => text.push_str(std::str::from_utf8(&part).expect("UTF-8")),
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
            error.expect("it is told").code(),
            RenderErrorCode::Suspended
        );
    });
}
