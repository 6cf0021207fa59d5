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
use crate::log::Log;

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

/// Polls a future once.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The parts of a component that ran on the current thread, from the log that they write.
#[derive(Debug, PartialEq, Eq)]
enum Here {
    Nothing,
    Start,
    Whole,
}

/// Waits for a render of a component that logs `starts` and `ends`.
///
/// The first poll can return a result from the pool, so that only the log tells which thread ran the component.
async fn observe<F: Future>(render: F) -> (Here, F::Output) {
    let mut render = pin!(render);
    let (log, guard) = Log::of_this_thread();
    let polled = poll_once(render.as_mut());
    drop(guard);
    let log = log.text();
    let here = match (log.contains("starts"), log.contains("ends")) {
        (_, true) => Here::Whole,
        (true, false) => Here::Start,
        (false, false) => Here::Nothing,
    };
    match polled {
        Poll::Ready(output) => (here, output),
        Poll::Pending => (here, render.await),
    }
}

async fn html(renderer: &Renderer, props: &Value) -> Result<String, RenderError> {
    let rendered = renderer.render("App.tsx", props).await?;
    Ok(inside(&rendered.html))
}

/// Renders until renders of `props` run on the current thread.
async fn warm_up(renderer: &Renderer, props: &Value) {
    for _ in 0..1000 {
        let (here, rendered) = observe(renderer.render("App.tsx", props)).await;
        rendered.expect("a rendered component");
        if here == Here::Whole {
            return;
        }
        // A render thread replies before it cleans up and releases its isolate.
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no render ran on the current thread");
}

const HELLO: &str = "export default ({ n }: { n: number }) => {
        console.info('starts, ends');
        return <b>{n}</b>;
    };";

#[test]
fn first_render_runs_in_pool_and_short_ones_on_callers_thread() {
    on_v8(HELLO, &async |renderer| {
        let props = json!({ "n": 1 });
        let (here, rendered) = observe(renderer.render("App.tsx", &props)).await;
        assert_eq!(here, Here::Nothing);
        rendered.expect("a rendered component");
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
                let (here, rendered) = observe(renderer.render("App.tsx", &props)).await;
                assert_eq!(here, Here::Nothing);
                rendered.expect("a rendered component");
            }
        });
    });
}

#[test]
fn long_code_is_interrupted_and_repeated_in_pool() {
    let source = "export default ({ milliseconds }: { milliseconds: number }) => {
            console.info('starts');
            const end = Date.now() + milliseconds;
            while (Date.now() < end);
            console.info('ends');
            return <b>{milliseconds}</b>;
        };";
    on_v8(source, &async |renderer| {
        let short = json!({ "milliseconds": 0 });
        warm_up(renderer, &short).await;
        let long = json!({ "milliseconds": 300 });
        let (here, rendered) = observe(renderer.render("App.tsx", &long)).await;
        assert_ne!(here, Here::Whole);
        let rendered = rendered.expect("a rendered component");
        assert_eq!(inside(&rendered.html), "<b>300</b>");
        // The component is no longer expected to be short.
        let (here, rendered) = observe(renderer.render("App.tsx", &short)).await;
        assert_eq!(here, Here::Nothing);
        let rendered = rendered.expect("a rendered component");
        assert_eq!(inside(&rendered.html), "<b>0</b>");
    });
}

#[test]
fn endless_loop_exceeds_deadline_after_repetition() {
    on_engines(|engine| {
        if format!("{engine:?}") != "V8" {
            return;
        }
        let app = App::component(
            "export default ({ loops }: { loops: boolean }) => {
                while (loops);
                console.info('starts, ends');
                return <b />;
            };",
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
    export default () => (console.info('starts, ends'), <Suspense><Call name=\"one\" /><Call name=\"two\" /></Suspense>);";

#[test]
fn available_results_complete_render_on_callers_thread() {
    on_v8(CALLS, &async |renderer| {
        let render = || {
            let call = |name: String, _| async move { Ok(Bytes::from(json!(name).to_string())) };
            renderer.component("App.tsx").functions(call).render()
        };
        for _ in 0..1000 {
            let (here, rendered) = observe(render()).await;
            let rendered = rendered.expect("a rendered component");
            let html = &rendered.html;
            assert!(html.contains("<b>one</b><b>two</b>"), "{html}");
            let results = &rendered.function_results;
            assert!(results.contains(r#"{"name":"two","output":"two"}"#));
            if here == Here::Whole {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
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
        // glibc reuses the stack of a thread that has ended if it is at most four times as large.
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let renderer = renderer.clone();
        let thread = small.spawn(move || {
            block_on(async {
                let (here, rendered) = observe(renderer.render("App.tsx", &props)).await;
                rendered.expect("a rendered component");
                here
            })
        });
        let here = thread.expect("a thread").join().expect("no panic");
        assert_eq!(here, Here::Nothing);
    });
}

#[test]
fn endless_recursion_fails_on_callers_thread() {
    let source = "const recurse = (n: number): number => recurse(n + 1) + 1;
        export default ({ deep }: { deep: boolean }) => {
            console.info('starts, ends');
            return <b>{deep ? recurse(0) : 1}</b>;
        };";
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
            console.info('starts, ends');
            if (changes) (globalThis as any).leaked = 'leaked';
            return <b>{String((globalThis as any).leaked)}</b>;
        };";
    on_v8(source, &async |renderer| {
        let (changes, reads) = (json!({ "changes": true }), json!({ "changes": false }));
        warm_up(renderer, &reads).await;
        for _ in 0..1000 {
            let (here, changed) = observe(renderer.render("App.tsx", &changes)).await;
            let changed = changed.expect("a rendered component");
            assert_eq!(inside(&changed.html), "<b>leaked</b>");
            assert_eq!(
                html(renderer, &reads).await.expect("a component"),
                "<b>undefined</b>"
            );
            if here == Here::Whole {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("no render ran on the current thread");
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
