use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use mizan_ssr::Renderer;
use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;
use tokio::time::sleep;

use crate::app::{App, inside, on_engines};
use crate::log::Log;

/// A minimal version of the generated client's calls of server functions.
const CLIENT: &str = "
    import { use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    export const call = (name, input) => {
      const { answered, json } = use(functions.call(name, input === undefined ? '' : JSON.stringify(input)));
      const value = JSON.parse(json);
      return answered ? value : `failed: ${value.code}`;
    };
";

const PAGE: &str = "
    import { Suspense } from 'react';
    import { call } from './client';
    const User = () => <b>{call('current_user').name}</b>;
    const Post = ({ id }: { id: number }) => <p>{call('post', { id })}</p>;
    export default () => <main><User /><User /><Suspense fallback={<i>..</i>}><Post id={2} /></Suspense></main>;
";

async fn functions(name: String, input: Bytes) -> Result<Bytes, Bytes> {
    match name.as_str() {
        "current_user" => Ok(r#"{"name":"Ada"}"#.into()),
        "post" if input == r#"{"id":2}"# => {
            sleep(Duration::from_millis(30)).await;
            Ok(r#""</script><b>\u2028""#.into())
        }
        "never_completes" => std::future::pending().await,
        _ => Err(r#"{"code":"unknown_function"}"#.into()),
    }
}

/// Runs `test` on every engine with an app that consists of `page` and the client.
fn on_pages(page: &str, test: &impl AsyncFn(&App, EngineKind)) {
    on_engines(|engine| {
        let app = App::new(&[("App.tsx", page), ("client.js", CLIENT)]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(test(&app, engine));
    });
}

const ANSWER_OF_USER: &str = r#"{"name":"current_user","output":{"name":"Ada"}}"#;
const ANSWER_OF_POST: &str =
    r#"{"name":"post","input":{"id":2},"output":"\u003c/script\u003e\u003cb\u003e\u2028"}"#;

fn element(answers: &str) -> String {
    format!("<script type=\"application/json\" data-mizan-answers>[{answers}]</script>")
}

#[test]
fn runs_server_functions_and_embeds_results() {
    on_pages(PAGE, &async |app, engine| {
        let renderer = app.renderer(engine);
        for _ in 0..2 {
            let calls = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&calls);
            let page = renderer.component("App.tsx").functions(move |name, input| {
                counted.fetch_add(1, Ordering::Relaxed);
                functions(name, input)
            });
            let page = page.render().await.expect("a successful render");
            assert_eq!(
                inside(&page.html),
                "<main><b>Ada</b><b>Ada</b><!--$--><p>&lt;/script&gt;&lt;b&gt;\u{2028}</p><!--/$--></main>"
            );
            assert_eq!(
                page.function_results,
                element(&format!("{ANSWER_OF_USER},{ANSWER_OF_POST}"))
            );
            assert_eq!(calls.load(Ordering::Relaxed), 2, "asked twice, run once");
        }
    });
}

#[test]
fn streams_results_before_dependent_content() {
    on_pages(PAGE, &async |app, engine| {
        let builder = app.builder(engine).shell_delay(Duration::ZERO);
        let renderer = builder.build().expect("valid settings");
        let page = renderer.component("App.tsx").functions(functions);
        let mut stream = page.nonce("n0nce").stream().await.expect("the shell");
        let shell = stream
            .next()
            .await
            .expect("a chunk")
            .expect("a successful render");
        let shell = String::from_utf8_lossy(&shell).into_owned();
        let html = "<div id=\"mizan-root\"><main><b>Ada</b><b>Ada</b><!--$?--><template id=\"B:0\"></template><i>..</i><!--/$--></main></div>";
        assert!(shell.starts_with(html), "{shell}");
        assert!(shell.ends_with(&element(ANSWER_OF_USER)), "{shell}");
        let rest = stream
            .next()
            .await
            .expect("a chunk")
            .expect("a successful render");
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(rest.starts_with(&element(ANSWER_OF_POST)), "{rest}");
        assert!(
            rest.contains("<p>&lt;/script&gt;") && rest.contains("nonce=\"n0nce\""),
            "{rest}"
        );
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn shell_waits_only_for_server_functions() {
    on_pages(PAGE, &async |app, engine| {
        let builder = app.builder(engine).shell_delay(Duration::from_secs(5));
        let renderer = builder.build().expect("valid settings");
        let page = renderer.component("App.tsx").functions(functions);
        let mut stream = page.stream().await.expect("the shell");
        let shell = stream
            .next()
            .await
            .expect("a chunk")
            .expect("a successful render");
        let shell = String::from_utf8_lossy(&shell).into_owned();
        assert!(shell.contains("<!--$--><p>&lt;/script&gt;"), "{shell}");
        let answers = element(&format!("{ANSWER_OF_USER},{ANSWER_OF_POST}"));
        assert!(shell.ends_with(&answers), "{shell}");
        assert!(stream.next().await.is_none());

        app.write(
            "Timer.tsx",
            "import { Suspense, use } from 'react'; import { call } from './client';
             let p; const Late = () => <b>{use(p ??= new Promise((done) => setTimeout(() => done('late'), 300)))}</b>;
             const Post = () => <p>{call('post', { id: 2 })}</p>;
             export default () => <main><Suspense fallback={<i>..</i>}><Late /></Suspense><Suspense><Post /></Suspense></main>;",
        );
        let page = renderer.component("Timer.tsx").functions(functions);
        let mut stream = page.stream().await.expect("the shell");
        let shell = stream
            .next()
            .await
            .expect("a chunk")
            .expect("a successful render");
        let shell = String::from_utf8_lossy(&shell).into_owned();
        assert!(
            shell.contains("<i>..</i>") && shell.contains("<p>&lt;"),
            "{shell}"
        );
        let late = stream
            .next()
            .await
            .expect("a chunk")
            .expect("a successful render");
        assert!(String::from_utf8_lossy(&late).contains("<b>late</b>"));
    });
}

#[test]
fn embeds_problem_details_as_results() {
    let page = "import { call } from './client'; export default () => <p>{call('gone')}</p>;";
    on_pages(page, &async |app, engine| {
        let renderer = app.renderer(engine);
        let page = renderer.component("App.tsx").functions(functions);
        let page = page.render().await.expect("a successful render");
        assert_eq!(inside(&page.html), "<p>failed: unknown_function</p>");
        assert_eq!(
            page.function_results,
            element(r#"{"name":"gone","problem":{"code":"unknown_function"}}"#)
        );
    });
}

#[test]
fn isolates_functions_of_concurrent_renders() {
    on_pages(PAGE, &async |app, engine| {
        let renderer = app.renderer(engine);
        let ask = |user: usize| {
            let renderer: Renderer = renderer.clone();
            tokio::spawn(async move {
                let page = renderer
                    .component("App.tsx")
                    .functions(move |name, _| async move {
                        sleep(Duration::from_millis(5)).await;
                        Ok::<_, Bytes>(match name.as_str() {
                            "current_user" => json!({ "name": user }).to_string().into(),
                            _ => json!(format!("post of {user}")).to_string().into(),
                        })
                    });
                let html = page.render().await.expect("a successful render").html;
                assert!(html.contains(&format!("<b>{user}</b>")), "{html}");
                assert!(html.contains(&format!("post of {user}")), "{html}");
            })
        };
        let asked: Vec<_> = (0..30).map(ask).collect();
        for render in asked {
            render.await.expect("a task without panic");
        }
    });
}

#[test]
fn reports_missing_excessive_and_pending_calls() {
    let source =
        "import { call } from './client'; export default ({ name }) => <p>{call(name)}</p>;";
    on_pages(source, &async |app, engine| {
        let builder = app.builder(engine).deadline(Duration::from_secs(2));
        let renderer = builder.build().expect("valid settings");
        let props = json!({ "name": "never_completes" });

        let alone = renderer
            .render("App.tsx", &props)
            .await
            .expect_err("no server functions");
        assert!(
            alone
                .to_string()
                .contains("`never_completes` was called during a render without server functions"),
            "{alone}"
        );
        let page = renderer
            .component("App.tsx")
            .props(&props)
            .functions(functions);
        let late = page.render().await.expect_err("an expired deadline");
        assert_eq!(late.code(), RenderErrorCode::DeadlineExceeded);

        app.write(
            "Many.tsx",
            "import { call } from './client'; import { useState } from 'react';
             let n = 0; export default () => { for (;;) globalThis[Symbol.for('mizan.functions')].call('x' + n++); };",
        );
        let page = renderer.component("Many.tsx").functions(functions);
        let many = page.render().await.expect_err("too many calls");
        assert!(many.to_string().contains("too many calls"), "{many}");

        let page = renderer
            .component("App.tsx")
            .props(&json!({ "name": "current_user" }));
        let page = page.functions(|_, _| async { Ok(Bytes::from_static(b"\"fine\"")) });
        let html = page.render().await.expect("a successful render").html;
        assert_eq!(inside(&html), "<p>fine</p>");
    });
}

#[test]
fn converts_panic_to_problem_details() {
    on_pages(PAGE, &async |app, engine| {
        let renderer = app.renderer(engine);
        let page = renderer
            .component("App.tsx")
            .functions(|name, input| async move {
                assert!(name != "post", "a secret of the code");
                functions(name, input).await
            });
        let page = page.render().await.expect("a successful render");
        assert_eq!(
            inside(&page.html),
            "<main><b>Ada</b><b>Ada</b><!--$--><p>failed: internal</p><!--/$--></main>"
        );
        assert!(
            !page.function_results.contains("secret"),
            "{}",
            page.function_results
        );
    });
}

#[test]
fn cancels_calls_when_render_is_dropped() {
    let source =
        "import { call } from './client'; export default () => <p>{call('never_completes')}</p>;";
    on_pages(source, &async |app, engine| {
        struct Dropped(tokio::sync::mpsc::UnboundedSender<()>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let renderer = app.renderer(engine);
        let (sender, mut dropped) = tokio::sync::mpsc::unbounded_channel();
        let (started, mut running) = tokio::sync::mpsc::unbounded_channel();
        let page = renderer.component("App.tsx").functions(move |_, _| {
            let guard = Dropped(sender.clone());
            let started = started.clone();
            async move {
                let _guard = guard;
                let _ = started.send(());
                std::future::pending().await
            }
        });
        tokio::select! {
            _ = page.render() => panic!("it cannot end"),
            started = running.recv() => assert!(started.is_some()),
        }
        assert!(dropped.recv().await.is_some());
    });
}

#[test]
fn logs_rejected_calls_at_debug_without_stack() {
    const REJECTED: &str = "
        import { Suspense } from 'react';
        class CallError extends Error { name = 'CallError'; }
        const Protected = ({ status, outdated }: { status: number, outdated?: boolean }) => {
          throw Object.assign(new CallError(`rejected ${status}`), { status, outdated, code: 'forbidden' });
        };
        export default ({ status, outdated }: { status: number, outdated?: boolean }) =>
          <Suspense fallback=\"..\"><Protected status={status} outdated={outdated} /></Suspense>;
    ";
    let log = Log::of_the_process();
    on_engines(|engine| {
        let app = App::component(REJECTED);
        log.clear();
        let renderer = app.renderer(engine);
        for status in [401, 403, 404, 422] {
            let _ = renderer.render_blocking("App.tsx", &json!({ "status": status }));
            let text = log.text();
            assert!(text.contains("DEBUG"), "{text}");
            assert!(text.contains(&format!("rejected {status}")), "{text}");
            assert!(
                !text.contains("ERROR") && !text.contains("App.tsx:"),
                "{text}"
            );
            log.clear();
        }
        for props in [
            json!({ "status": 500 }),
            json!({ "status": 410, "outdated": true }),
        ] {
            let _ = renderer.render_blocking("App.tsx", &props);
            let text = log.text();
            assert!(
                text.contains("ERROR") && text.contains("App.tsx:"),
                "{text}"
            );
            log.clear();
        }
    });
}

#[test]
fn embeds_data_of_queries() {
    const PAGE: &str = "
        const functions = globalThis[Symbol.for('mizan.functions')];
        export default () => functions.embed(JSON.stringify({ key: ['own'], data: '</script>' }));
    ";
    on_pages(PAGE, &async |app, engine| {
        let page = app.renderer(engine).component("App.tsx").render().await;
        let page = page.expect("a successful render");
        let record = r#"{"key":["own"],"data":"\u003c/script\u003e"}"#;
        assert_eq!(page.function_results, element(record));
    });
}
