use std::time::{Duration, Instant};

use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::EngineKind;
use serde_json::{Value, json};

use crate::app::{App, block_on, error, html, inside, on_engines, packages};
use crate::react_19_0::copy;

const GOOD: &str = "export default () => <b>good</b>;";

#[test]
fn rejects_paths_outside_component_directory() {
    on_engines(|engine| {
        let app = App::new(&[
            ("in/Good.tsx", GOOD),
            ("Secret.tsx", GOOD),
            ("in/data.json", "{}"),
        ]);
        std::os::unix::fs::symlink(app.path("Secret.tsx"), app.path("in/Link.tsx"))
            .expect("a symbolic link");
        let renderer = mizan_ssr::Renderer::builder()
            .root(app.path("in"))
            .engine(engine)
            .threads(1)
            .build()
            .expect("valid settings");
        let absolute = app.path("in/Good.tsx").to_string_lossy().into_owned();
        for path in [
            "../Secret.tsx",
            "a/../../Secret.tsx",
            "..\\Secret.tsx",
            "./../Secret.tsx",
            ".. /Secret.tsx",
            "/etc/passwd",
            &absolute,
            "C:/x.tsx",
            "file:///etc/passwd",
            "Good.tsx\0",
            "",
            ".",
            "Link.tsx",
            "data.json",
        ] {
            assert_eq!(
                error(&renderer, path).code(),
                RenderErrorCode::InvalidPath,
                "{path:?}"
            );
        }
        for path in [
            "Gone.tsx",
            "%2e%2e/Secret.tsx",
            "..%2fSecret.tsx",
            "....//Secret.tsx",
            "good.tsx",
        ] {
            assert_eq!(
                error(&renderer, path).code(),
                RenderErrorCode::NotFound,
                "{path:?}"
            );
        }
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    });
}

fn assert_fails(engine: EngineKind, source: &str, code: RenderErrorCode) -> mizan_ssr::RenderError {
    assert_fails_with(engine, source, &[code])
}

/// Renders `source` and returns its error. Checks the deadline, and that another component renders afterwards.
fn assert_fails_with(
    engine: EngineKind,
    source: &str,
    codes: &[RenderErrorCode],
) -> mizan_ssr::RenderError {
    let app = App::new(&[("App.tsx", source), ("Good.tsx", GOOD)]);
    // An unoptimized build of QuickJS loads React in about a second.
    let deadline = Duration::from_secs(4);
    let renderer = app
        .builder(engine)
        .deadline(deadline)
        .max_heap_bytes(64 << 20)
        .build()
        .expect("valid settings");
    assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    let started = Instant::now();
    let error = error(&renderer, "App.tsx");
    assert!(
        started.elapsed() < deadline * 2,
        "it took {:?}",
        started.elapsed()
    );
    assert!(codes.contains(&error.code()), "{error}");
    assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    error
}

#[test]
fn reports_missing_default_export() {
    on_engines(|engine| {
        let error = assert_fails(
            engine,
            "export const App = 1;",
            RenderErrorCode::NoDefaultExport,
        );
        assert!(
            error.to_string().contains("App.tsx has no default export"),
            "{error}"
        );
        assert_fails(
            engine,
            "export default 7;",
            RenderErrorCode::NoDefaultExport,
        );
        assert_fails(
            engine,
            "export default null;",
            RenderErrorCode::NoDefaultExport,
        );
    });
}

#[test]
fn reports_location_and_excerpt_of_syntax_error() {
    on_engines(|engine| {
        let error = assert_fails(
            engine,
            "export default () => {\n  return <b;\n};\n",
            RenderErrorCode::Syntax,
        );
        let (file, line, column) = error.location().expect("a location");
        assert!(file.ends_with("App.tsx"));
        assert_eq!((line, column), (2, 12));
        assert!(
            error
                .excerpt()
                .expect("a value")
                .contains("> 2 |   return <b;")
        );
    });
}

#[test]
fn maps_stack_of_exception_to_source() {
    on_engines(|engine| {
        let source = "type Props = {\n  a: string;\n};\nfunction Inner(props: Props) {\n  throw new TypeError('no ' + typeof props);\n}\nexport default function App() {\n  return <Inner a=\"b\" />;\n}\n";
        let error = assert_fails(engine, source, RenderErrorCode::Component);
        assert!(
            error.to_string().starts_with("TypeError: no object"),
            "{error}"
        );
        let (file, line, _) = error.location().expect("a location");
        assert!(file.ends_with("App.tsx"));
        assert_eq!(line, 5, "{error}");
        let stack = error.stack().expect("a value");
        assert!(stack.contains("at Inner ("), "{stack}");
        assert!(stack.contains("App.tsx:5:"), "{stack}");
    });
}

#[test]
fn reports_thrown_values_that_are_not_errors() {
    on_engines(|engine| {
        for thrown in [
            "null",
            "undefined",
            "'text'",
            "{ get message() { throw 1 } }",
            "Object.create(null)",
        ] {
            let source = format!("export default () => {{ throw {thrown}; }};");
            assert_fails(engine, &source, RenderErrorCode::Component);
        }
        assert_fails(
            engine,
            "throw new Error('early'); export default () => null;",
            RenderErrorCode::Component,
        );
        assert_fails(
            engine,
            "export default async () => { throw new Error('late'); };",
            RenderErrorCode::Component,
        );
    });
}

#[test]
fn reports_endless_suspension_immediately() {
    on_engines(|engine| {
        let started = Instant::now();
        assert_fails(
            engine,
            "import { use } from 'react'; const never = new Promise(() => {}); export default () => use(never);",
            RenderErrorCode::Suspended,
        );
        assert!(started.elapsed() < Duration::from_secs(4));
    });
}

#[test]
fn interrupts_endless_loops_at_deadline() {
    on_engines(|engine| {
        for source in [
            "export default () => { for (;;); };",
            "for (;;); export default () => null;",
            "import { use } from 'react';
             const spin = async () => { for (;;) await null; };
             export default () => use(spin());",
            "import { use } from 'react';
             const tick = () => setTimeout(tick, 0);
             const p = new Promise(() => tick());
             export default () => use(p);",
            "export default () => { for (;;) try { (() => { for (;;); })(); } catch {} finally { continue; } };",
        ] {
            assert_fails(engine, source, RenderErrorCode::DeadlineExceeded);
        }
    });
}

#[test]
fn limits_heap_memory() {
    on_engines(|engine| {
        assert_fails(
            engine,
            "export default () => { const all = []; for (;;) all.push({ a: all.length, b: [1, 2, 3] }); };",
            RenderErrorCode::OutOfMemory,
        );
    });
}

#[test]
fn reports_endless_recursion() {
    on_engines(|engine| {
        assert_fails(
            engine,
            "const f = (): number => f() + 1; export default () => <b>{f()}</b>;",
            RenderErrorCode::Component,
        );
        // React catches the stack overflow and continues with an empty stack, until a limit is reached.
        assert_fails_with(
            engine,
            "export default function App() { return <App />; }",
            &[
                RenderErrorCode::DeadlineExceeded,
                RenderErrorCode::OutOfMemory,
            ],
        );
    });
}

#[test]
fn survives_excessive_console_output() {
    on_engines(|engine| {
        let app = App::component(
            "const line = 'x'.repeat(1 << 16);
             export default () => { for (let k = 0; k < 4000; k++) console.log(line); return <b>done</b>; };",
        );
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>done</b>"
        );
    });
}

#[test]
fn resets_globals_changed_by_render() {
    on_engines(|engine| {
        let look = "export default () => <b>{[typeof globalThis.leak, ({} as any).leak, [].map === Array.prototype.map, typeof JSON.parse].join()}</b>;";
        for change in [
            "(globalThis as any).leak = 1",
            "(Object.prototype as any).leak = 1",
            "(globalThis as any).JSON = {}",
            "JSON.parse = 1 as any",
            "(Array.prototype as any).map = () => []",
            "delete (Array.prototype as any).map",
        ] {
            let source = format!(
                "export default () => {{ const end = Date.now() + 20; while (Date.now() < end); {change}; return null; }};"
            );
            let app = App::new(&[("App.tsx", &source), ("Look.tsx", look)]);
            let renderer = app.renderer(engine);
            let before = html(&renderer, "Look.tsx", &json!({}));
            // The render may fail because of its own change.
            let _ = renderer.render_blocking("App.tsx", &json!({}));
            assert_eq!(html(&renderer, "Look.tsx", &json!({})), before, "{change}");
            // With a render that is queued already.
            let props = json!({});
            let (_, next) = block_on(async {
                tokio::join!(
                    renderer.render("App.tsx", &props),
                    renderer.render("Look.tsx", &props)
                )
            });
            let next = next.expect("a successful render");
            assert_eq!(inside(&next.html), before, "{change}, one after the other");
        }
    });
}

#[test]
fn treats_hostile_props_as_data() {
    on_engines(|engine| {
        let app = App::component(
            "export default (props: any) => <p>{JSON.stringify(props)}{String(props.polluted)}{String(({} as any).polluted)}</p>;",
        );
        let renderer = app.renderer(engine);
        let props: Value = serde_json::from_str(
            r#"{"__proto__":{"polluted":true},"a":"</script><!--","constructor":{"prototype":{"polluted":1}}}"#,
        )
        .expect("valid JSON");
        let page = html(&renderer, "App.tsx", &props);
        assert!(page.contains("&lt;/script&gt;&lt;!--"), "{page}");
        assert!(page.ends_with("undefined<!-- -->undefined</p>"), "{page}");
        for props in [json!([1]), json!("text"), json!(1)] {
            let error = renderer
                .render_blocking("App.tsx", &props)
                .expect_err("invalid props");
            assert_eq!(error.code(), RenderErrorCode::InvalidProps);
        }
    });
}

#[test]
fn replaces_lone_surrogates_in_markup() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>{'a\\ud800b'}</b>;");
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>a\u{fffd}b</b>"
        );
    });
}

#[test]
fn renders_large_props() {
    on_engines(|engine| {
        let app =
            App::component("export default ({ text }: { text: string }) => <b>{text.length}</b>;");
        let renderer = app
            .builder(engine)
            .max_heap_bytes(1 << 30)
            .deadline(Duration::from_secs(60))
            .build()
            .expect("valid settings");
        let text = "x".repeat(50 << 20);
        assert_eq!(
            html(&renderer, "App.tsx", &json!({ "text": text })),
            format!("<b>{}</b>", 50 << 20)
        );
    });
}

#[test]
fn rejects_renders_when_queue_is_full() {
    on_engines(|engine| {
        let app = App::component(
            "export default () => { const end = performance.now() + 300; while (performance.now() < end); return null; };",
        );
        let renderer = app
            .builder(engine)
            .queue_capacity(1)
            .build()
            .expect("valid settings");
        let renders: Vec<_> = (0..6)
            .map(|_| {
                let renderer = renderer.clone();
                std::thread::spawn(move || renderer.render_blocking("App.tsx", &json!({})))
            })
            .collect();
        let results: Vec<_> = renders
            .into_iter()
            .map(|r| r.join().expect("a thread without panic"))
            .collect();
        let refused = results
            .iter()
            .filter(|r| matches!(r, Err(e) if e.code() == RenderErrorCode::Overloaded))
            .count();
        assert!(refused >= 1, "{results:?}");
        assert!(results.iter().flatten().any(|r| inside(&r.html).is_empty()));
    });
}

#[test]
fn reports_file_of_unsupported_syntax() {
    on_engines(|engine| {
        for (source, place, message) in [
            (
                "const mark = (value: unknown) => value;\nexport class A { @mark field = 1; }",
                "inner.ts:2:18",
                "decorators need `experimentalDecorators`",
            ),
            (
                "const mark = (value: unknown) => value;\n@mark export class A {}",
                "inner.ts:2:1",
                "decorators need `experimentalDecorators`",
            ),
        ] {
            let app = App::new(&[
                (
                    "App.tsx",
                    "import { A } from './inner'; export default () => <b>{typeof A}</b>;",
                ),
                ("inner.ts", source),
            ]);
            let error = error(&app.renderer(engine), "App.tsx");
            assert_eq!(error.code(), RenderErrorCode::Syntax, "{error}");
            let text = error.to_string();
            assert!(text.contains(place) && text.contains(message), "{text}");
        }
        // Identifiers and strings that resemble the syntax.
        let app = App::component(
            "class A { accessor = '@'; get() { return this.accessor; } }
             export default () => <b>{new A().get()}</b>;",
        );
        let renderer = app.renderer(engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>@</b>");
    });
}

#[test]
fn reports_files_of_duplicate_react() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { useOther } from 'other'; export default () => <b>{useOther()}</b>;",
            ),
            (
                "node_modules/other/index.js",
                "import { useState } from 'react'; export const useOther = () => useState(1)[0];",
            ),
            (
                "node_modules/other/package.json",
                r#"{ "name": "other", "type": "module", "main": "index.js" }"#,
            ),
        ]);
        let packages = packages().expect("`on_engines` checks for the packages");
        let own = app.path("node_modules/other/node_modules/react");
        copy(&packages.join("react"), &own);
        let error = error(&app.renderer(engine), "App.tsx");
        let text = error.to_string();
        assert!(text.contains("several copies of React"), "{text}");
        for copy in [packages.join("react"), own] {
            let copy = copy.canonicalize().expect("an existing file");
            assert!(text.contains(&*copy.to_string_lossy()), "{text}");
        }
    });
}
