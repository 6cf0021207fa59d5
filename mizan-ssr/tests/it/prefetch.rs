//! Calls of server functions that start before a component asks for them.

use std::sync::Arc;

use bytes::Bytes;
use mizan_ssr::Renderer;
use mizan_ssr::page::Page;
use mizan_ssr::renderer::{EngineKind, Rendered};
use mizan_ssr::{Pages, RenderError};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::app::{App, block_on, inside, on_engines};

/// A component that asks for the post only after it has the user, and for nothing if `id` is 0.
const PAGE: &str = "
    import { use } from 'react';
    const call = (name, input) => {
      const functions = globalThis[Symbol.for('mizan.functions')];
      const { answered, json } = use(functions.call(name, input === undefined ? '' : JSON.stringify(input)));
      return answered ? JSON.parse(json) : `failed: ${JSON.parse(json).code}`;
    };
    const Post = ({ id }: { id: number }) => <p>{call('post?contract=0badcafe', { id, by: 'ada' })}</p>;
    const Me = () => <b>{call('me?contract=c0ffee00')}</b>;
    export default ({ id, by }: { id: number; by: string }) => {
      if (id === 0) return <i>nothing</i>;
      const name = call('name');
      return <main>{name}<Me /><Post id={id} /></main>;
    };
";

/// The calls that ran, in the order of their start.
type Started = Arc<Mutex<Vec<String>>>;

/// Renders `id` as `user`. If `together` is set, each call waits until this number of calls runs.
async fn render(
    renderer: &Renderer,
    (user, id): (&'static str, u32),
    prefetched: &[(&str, Value)],
    together: Option<usize>,
) -> (Result<Rendered, RenderError>, Vec<String>) {
    let started = Started::default();
    let barrier = together.map(|calls| Arc::new(Barrier::new(calls)));
    let record = Arc::clone(&started);
    let mut component = renderer
        .component("App.tsx")
        .props(&json!({ "id": id, "by": "ada" }))
        .functions(move |name, input: Bytes| {
            let input = String::from_utf8_lossy(&input).into_owned();
            record.lock().push(format!("{name} {input}"));
            let barrier = barrier.clone();
            async move {
                if let Some(barrier) = barrier {
                    barrier.wait().await;
                }
                match name.split('?').next() {
                    Some("refused") => Err(r#"{"code":"forbidden","status":403}"#.into()),
                    Some("name" | "me") => Ok(json!(user).to_string().into()),
                    _ => Ok(json!(input).to_string().into()),
                }
            }
        });
    for (name, input) in prefetched {
        component = component.prefetch(name, input);
    }
    let rendered = component.render().await;
    let calls = started.lock().clone();
    (rendered, calls)
}

fn html(rendered: Result<Rendered, RenderError>) -> String {
    inside(&rendered.expect("a successful render").html)
}

fn post_of(user: &str, id: u32) -> String {
    format!(
        "<main>{user}<b>{user}</b><p>{{&quot;id&quot;:{id},&quot;by&quot;:&quot;ada&quot;}}</p></main>"
    )
}

#[test]
fn declared_calls_run_together_and_once() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let builder = app.builder(engine).prefetch_observed_calls(false);
        let renderer = builder.build().expect("valid settings");
        let declared = [
            ("name", Value::Null),
            ("me", Value::Null),
            // The order of members does not matter.
            ("post", json!({ "by": "ada", "id": 7 })),
        ];
        for _ in 0..3 {
            let (rendered, mut calls) = block_on(render(&renderer, ("bob", 7), &declared, Some(3)));
            assert_eq!(
                html(rendered),
                post_of("bob", 7).replace(
                    r"{&quot;id&quot;:7,&quot;by&quot;:&quot;ada&quot;}",
                    r"{&quot;by&quot;:&quot;ada&quot;,&quot;id&quot;:7}",
                )
            );
            calls.sort();
            assert_eq!(calls, ["me ", "name ", r#"post {"by":"ada","id":7}"#]);
        }
    });
}

#[test]
fn calls_of_the_last_render_run_together() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let renderer = app.renderer(engine);
        let (rendered, calls) = block_on(render(&renderer, ("ada", 1), &[], None));
        assert_eq!(html(rendered), post_of("ada", 1));
        let sequence = |id| {
            let post = format!("post?contract=0badcafe {{\"id\":{id},\"by\":\"ada\"}}");
            ["name ".to_owned(), "me?contract=c0ffee00 ".to_owned(), post]
        };
        assert_eq!(calls, sequence(1));
        for id in [2, 3] {
            let (rendered, calls) = block_on(render(&renderer, ("bob", id), &[], Some(3)));
            let rendered = rendered.expect("a successful render");
            // The members have the order of their names, and the page has the input of the component.
            assert!(rendered.function_results.contains(&format!(
                r#"{{"name":"post","input":{{"id":{id},"by":"ada"}}"#
            )));
            assert!(inside(&rendered.html).starts_with("<main>bob<b>bob</b>"));
            assert_eq!(calls.len(), 3, "{calls:?}");
        }
    });
}

#[test]
fn discards_results_for_which_no_component_asks() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let renderer = app.renderer(engine);
        let declared = [("refused", Value::Null), ("secret", json!({ "id": 0 }))];
        for (together, calls) in [(None, 2), (Some(9), 2)] {
            // The second render does not wait for calls that never complete.
            let (rendered, started) = block_on(render(&renderer, ("ada", 0), &declared, together));
            let rendered = rendered.expect("a successful render");
            assert_eq!(inside(&rendered.html), "<i>nothing</i>");
            assert_eq!(rendered.function_results, "");
            assert_eq!(started.len(), calls, "{started:?}");
        }
    });
}

#[test]
fn joins_only_calls_with_the_same_function_and_input() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let builder = app.builder(engine).prefetch_observed_calls(false);
        let renderer = builder.build().expect("valid settings");
        let others = [
            ("post", json!({ "id": 8, "by": "ada" })),
            ("post", json!({ "id": "7", "by": "ada" })),
            ("post?contract=12345678", json!({ "id": 7, "by": "ada" })),
            ("me?contract=12345678", Value::Null),
            ("me", json!({})),
        ];
        let (rendered, calls) = block_on(render(&renderer, ("ada", 7), &others, None));
        assert_eq!(html(rendered), post_of("ada", 7));
        assert_eq!(calls.len(), others.len() + 3, "{calls:?}");
    });
}

#[test]
fn keeps_the_calls_of_concurrent_users_apart() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let renderer = app.renderer(engine);
        let declared = [("me", Value::Null)];
        block_on(async {
            let ask = |user, id| render(&renderer, (user, id), &declared, None);
            let renders = tokio::join!(ask("ada", 1), ask("bob", 2), ask("cyd", 1), ask("ada", 2));
            let asked = [("ada", 1), ("bob", 2), ("cyd", 1), ("ada", 2)];
            for ((rendered, _), (user, id)) in <[_; 4]>::from(renders).into_iter().zip(asked) {
                let html = html(rendered);
                assert!(
                    html.starts_with(&format!("<main>{user}<b>{user}</b>")),
                    "{html}"
                );
                assert!(html.contains(&format!(":{id},")), "{html}");
            }
        });
    });
}

#[test]
fn development_and_disabled_renderers_observe_no_calls() {
    on_engines(|engine: EngineKind| {
        let app = App::component(PAGE);
        let builders = [
            app.builder(engine).development(true),
            app.builder(engine).prefetch_observed_calls(false),
        ];
        for builder in builders {
            let renderer = builder.build().expect("valid settings");
            for (id, expected) in [(1, 3), (0, 0)] {
                let (_, calls) = block_on(render(&renderer, ("ada", id), &[], None));
                assert_eq!(calls.len(), expected, "{calls:?}");
            }
        }
        let renderer = app.renderer(engine);
        for (id, expected) in [(1, 3), (0, 2), (0, 0)] {
            let (_, calls) = block_on(render(&renderer, ("ada", id), &[], None));
            assert_eq!(calls.len(), expected, "{calls:?}");
        }
    });
}

#[test]
fn pages_prefetch() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let builder = app.builder(engine).prefetch_observed_calls(false);
        let renderer = builder.build().expect("valid settings");
        let pages = Pages::builder(renderer).build().expect("valid settings");
        let barrier = Arc::new(Barrier::new(3));
        let page: Page<'_> = pages
            .page("App.tsx")
            .props(&json!({ "id": 1 }))
            .prefetch("name", &())
            .prefetch("me", &())
            .prefetch("post", &json!({ "id": 1, "by": "ada" }))
            .functions(move |_, _| {
                let barrier = Arc::clone(&barrier);
                async move {
                    barrier.wait().await;
                    Ok(Bytes::from_static(b"\"fine\""))
                }
            });
        let response = block_on(page.respond());
        assert_eq!(response.status(), 200);
    });
}
