//! Renders on the thread that requests them.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join_all;
use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::{RenderError, Renderer};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::app::{App, block_on, inside, on_engines};

/// Runs `test` on V8, whose isolates can change threads, inside of an async runtime.
fn on_v8(component: &str, test: &impl AsyncFn(&Renderer)) {
    on_engines(|engine| {
        if format!("{engine:?}") == "V8" {
            let app = App::component(component);
            let renderer = app.renderer(engine);
            block_on(test(&renderer));
        }
    });
}

/// Polls a future once. A render that is ready was completed on the current thread.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn html(renderer: &Renderer, props: &Value) -> Result<String, RenderError> {
    let rendered = renderer.render("App.tsx", props).await?;
    Ok(inside(&rendered.html))
}

/// Renders until renders of `props` run on the current thread.
async fn warm_up(renderer: &Renderer, props: &Value) {
    for _ in 0..1000 {
        let mut render = pin!(renderer.render("App.tsx", props));
        if poll_once(render.as_mut()).is_ready() {
            return;
        }
        render.await.expect("a rendered component");
        // A render thread replies before it cleans up and releases its isolate.
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no render ran on the current thread");
}

const HELLO: &str = "export default ({ n }: { n: number }) => <b>{n}</b>;";

#[test]
fn first_render_runs_in_pool_and_short_ones_on_callers_thread() {
    on_v8(HELLO, &async |renderer| {
        let props = json!({ "n": 1 });
        let mut first = pin!(renderer.render("App.tsx", &props));
        assert!(poll_once(first.as_mut()).is_pending());
        first.await.expect("a rendered component");
        warm_up(renderer, &props).await;
        let mut stream = renderer
            .render_stream("App.tsx", &props)
            .await
            .expect("a shell");
        let chunk = stream.next().await.expect("a chunk").expect("markup");
        assert_eq!(chunk, "<div id=\"mizan-root\"><b>1</b></div>");
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn setting_disables_renders_on_callers_thread() {
    on_engines(|engine| {
        let app = App::component(HELLO);
        let renderer = app.builder(engine).render_on_caller_thread(false);
        let renderer = renderer.build().expect("valid settings");
        block_on(async {
            for n in 0..20 {
                let props = json!({ "n": n });
                let mut render = pin!(renderer.render("App.tsx", &props));
                assert!(poll_once(render.as_mut()).is_pending());
                render.await.expect("a rendered component");
            }
        });
    });
}

#[test]
fn long_code_is_interrupted_and_repeated_in_pool() {
    let source = "export default ({ milliseconds }: { milliseconds: number }) => {
            const end = Date.now() + milliseconds;
            while (Date.now() < end);
            return <b>{milliseconds}</b>;
        };";
    on_v8(source, &async |renderer| {
        let short = json!({ "milliseconds": 0 });
        warm_up(renderer, &short).await;
        let long = json!({ "milliseconds": 300 });
        let mut render = pin!(renderer.render("App.tsx", &long));
        assert!(poll_once(render.as_mut()).is_pending());
        let rendered = render.await.expect("a rendered component");
        assert_eq!(inside(&rendered.html), "<b>300</b>");
        // The component is no longer expected to be short.
        let mut render = pin!(renderer.render("App.tsx", &short));
        assert!(poll_once(render.as_mut()).is_pending());
        assert_eq!(inside(&render.await.expect("a component").html), "<b>0</b>");
    });
}

#[test]
fn endless_loop_exceeds_deadline_after_repetition() {
    on_engines(|engine| {
        if format!("{engine:?}") != "V8" {
            return;
        }
        let app = App::component(
            "export default ({ loops }: { loops: boolean }) => { while (loops); return <b />; };",
        );
        let renderer = app.builder(engine).deadline(Duration::from_secs(2));
        let renderer = renderer.build().expect("valid settings");
        block_on(async {
            warm_up(&renderer, &json!({ "loops": false })).await;
            let error = html(&renderer, &json!({ "loops": true })).await;
            let error = error.expect_err("a render that does not end");
            assert_eq!(error.code(), RenderErrorCode::DeadlineExceeded);
            assert_eq!(
                html(&renderer, &json!({ "loops": false }))
                    .await
                    .expect("a component"),
                "<b></b>"
            );
        });
    });
}

const CALLS: &str = "import { Suspense, use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    const Call = ({ name }) => <b>{JSON.parse(use(functions.call(name)).json)}</b>;
    export default () => <Suspense><Call name=\"one\" /><Call name=\"two\" /></Suspense>;";

#[test]
fn available_results_complete_render_on_callers_thread() {
    on_v8(CALLS, &async |renderer| {
        let render = || {
            let call = |name: String, _| async move { Ok(Bytes::from(json!(name).to_string())) };
            renderer.component("App.tsx").functions(call).render()
        };
        render().await.expect("a rendered component");
        for _ in 0..100 {
            let mut render = pin!(render());
            let rendered = match poll_once(render.as_mut()) {
                Poll::Ready(rendered) => rendered.expect("a rendered component"),
                Poll::Pending => {
                    render.await.expect("a rendered component");
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            };
            assert!(
                rendered.html.contains("<b>one</b><b>two</b>"),
                "{}",
                rendered.html
            );
            assert!(
                rendered
                    .function_results
                    .contains(r#"{"name":"two","output":"two"}"#)
            );
            return;
        }
        panic!("no render ran on the current thread");
    });
}

#[test]
fn waiting_render_continues_in_pool() {
    on_v8(CALLS, &async |renderer| {
        let answer = Arc::new(Notify::new());
        let calls = Arc::new(AtomicUsize::new(0));
        for _ in 0..50 {
            let (waits, counter) = (Arc::clone(&answer), Arc::clone(&calls));
            let call = move |name: String, _| {
                let (waits, counter) = (Arc::clone(&waits), Arc::clone(&counter));
                async move {
                    counter.fetch_add(1, Ordering::SeqCst);
                    if name == "one" {
                        waits.notified().await;
                    }
                    Ok(Bytes::from(json!(name).to_string()))
                }
            };
            let before = calls.load(Ordering::SeqCst);
            let mut render = pin!(renderer.component("App.tsx").functions(call).render());
            assert!(poll_once(render.as_mut()).is_pending());
            answer.notify_one();
            let rendered = render.await.expect("a rendered component");
            assert!(
                rendered.html.contains("<b>one</b><b>two</b>"),
                "{}",
                rendered.html
            );
            assert_eq!(calls.load(Ordering::SeqCst), before + 2);
        }
    });
}

#[test]
fn dropping_suspended_stream_releases_isolate() {
    on_v8(CALLS, &async |renderer| {
        for _ in 0..20 {
            let call = |_, _| std::future::pending();
            let mut stream = pin!(renderer.component("App.tsx").functions(call).stream());
            assert!(poll_once(stream.as_mut()).is_pending());
        }
        let call = |name: String, _| async move { Ok(Bytes::from(json!(name).to_string())) };
        let rendered = renderer.component("App.tsx").functions(call).render().await;
        assert!(rendered.expect("a component").html.contains("<b>two</b>"));
    });
}

#[test]
fn thread_with_small_stack_renders_in_pool() {
    on_v8(HELLO, &async |renderer| {
        let props = json!({ "n": 1 });
        warm_up(renderer, &props).await;
        let small = std::thread::Builder::new().stack_size(1 << 20);
        let renderer = renderer.clone();
        let thread = small.spawn(move || {
            block_on(async {
                let mut render = pin!(renderer.render("App.tsx", &props));
                let was_pending = poll_once(render.as_mut()).is_pending();
                let result = render.await.is_ok();
                (was_pending, result)
            })
        });
        let result = thread.expect("a thread").join();
        assert_eq!(result.expect("no panic"), (true, true));
    });
}

#[test]
fn endless_recursion_fails_on_callers_thread() {
    let source = "const recurse = (n: number): number => recurse(n + 1) + 1;
        export default ({ deep }: { deep: boolean }) => <b>{deep ? recurse(0) : 1}</b>;";
    on_v8(source, &async |renderer| {
        // The stack of the threads of tokio.
        let renderer = renderer.clone();
        let thread = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || {
                block_on(async {
                    warm_up(&renderer, &json!({ "deep": false })).await;
                    let deep = json!({ "deep": true });
                    // The error may take long enough to be reported by the pool.
                    let result = html(&renderer, &deep).await;
                    let error = result.expect_err("a recursion without end");
                    assert!(
                        error
                            .to_string()
                            .contains("Maximum call stack size exceeded"),
                        "{error}"
                    );
                    assert_eq!(
                        html(&renderer, &json!({ "deep": false }))
                            .await
                            .expect("a component"),
                        "<b>1</b>"
                    );
                });
            });
        thread.expect("a thread").join().expect("no panic");
    });
}

#[test]
fn changes_of_globals_do_not_reach_next_render_on_callers_thread() {
    let source = "export default ({ changes }: { changes: boolean }) => {
            if (changes) (globalThis as any).leaked = 'leaked';
            return <b>{String((globalThis as any).leaked)}</b>;
        };";
    on_v8(source, &async |renderer| {
        let (changes, reads) = (json!({ "changes": true }), json!({ "changes": false }));
        warm_up(renderer, &reads).await;
        let mut render = pin!(renderer.render("App.tsx", &changes));
        let Poll::Ready(changed) = poll_once(render.as_mut()) else {
            panic!("the render ran in the pool");
        };
        assert_eq!(inside(&changed.expect("a component").html), "<b>leaked</b>");
        assert_eq!(
            html(renderer, &reads).await.expect("a component"),
            "<b>undefined</b>"
        );
    });
}

#[test]
fn threads_share_isolates() {
    on_engines(|engine| {
        let app = App::component(
            CALLS
                .replace("name=\"one\"", "name={name}")
                .replace("() =>", "({ name }) =>")
                .as_str(),
        );
        let renderer = app
            .builder(engine)
            .threads(2)
            .build()
            .expect("valid settings");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .expect("a runtime");
        let tasks: Vec<_> = (0..200)
            .map(|n: usize| {
                let renderer = renderer.clone();
                runtime.spawn(async move {
                    for _ in 0..3 {
                        let name = format!("task{n}");
                        let call = move |name: String, _| async move {
                            if n.is_multiple_of(3) {
                                tokio::task::yield_now().await;
                            }
                            Ok(Bytes::from(json!(name).to_string()))
                        };
                        let component = renderer.component("App.tsx");
                        let component = component.props(&json!({ "name": name })).functions(call);
                        let html = component.render().await.expect("a component").html;
                        assert!(html.contains(&format!("<b>{name}</b><b>two</b>")), "{html}");
                    }
                })
            })
            .collect();
        for task in runtime.block_on(join_all(tasks)) {
            task.expect("no panic");
        }
        runtime.block_on(renderer.close());
    });
}

#[test]
fn closed_renderer_refuses_renders() {
    on_v8(HELLO, &async |renderer| {
        let props = json!({ "n": 1 });
        warm_up(renderer, &props).await;
        renderer.clone().close().await;
        let error = html(renderer, &props).await.expect_err("a closed renderer");
        assert!(
            error.to_string().contains("the renderer is closed"),
            "{error}"
        );
    });
}
