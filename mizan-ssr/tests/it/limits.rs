//! Limits of memory and time, and large inputs within the limits.

use std::time::{Duration, Instant};

use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;
use serde_json::value::RawValue;

use crate::app::{App, block_on, error, html, inside, on_engines};
use crate::memory::resident;

const GOOD: &str = "export default () => <b>good</b>;";

#[test]
fn limits_memory_of_array_buffers() {
    on_engines(|engine| {
        for source in [
            "export default () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20)); };",
            "const all: unknown[] = []; export default () => { for (;;) all.push(new ArrayBuffer(1 << 22)); };",
            "export default () => { const all = []; const text = 'x'.repeat(1 << 20); for (;;) all.push(new TextEncoder().encode(text)); };",
            "const all: unknown[] = []; for (;;) all.push(new Float64Array(1 << 18)); export default () => null;",
        ] {
            let app = App::new(&[("App.tsx", source), ("Good.tsx", GOOD)]);
            let builder = app.builder(engine).max_heap_bytes(64 << 20);
            let renderer = builder.deadline(Duration::from_secs(20)).build();
            let renderer = renderer.expect("valid settings");
            let before = resident();
            let error = error(&renderer, "App.tsx");
            assert_eq!(error.code(), RenderErrorCode::OutOfMemory, "{error}");
            assert!(
                error.to_string().contains("memory limit of 64 MB"),
                "{error}"
            );
            assert!(resident() < before + 400, "{source}");
            assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
        }
    });
}

#[test]
fn releases_memory_of_unreachable_array_buffers() {
    on_engines(|engine| {
        let app = App::component(
            "export default () => { let sum = 0; for (let k = 0; k < 300; k++) sum += new Uint8Array(1 << 20).length; return <b>{sum}</b>; };",
        );
        let renderer = app.builder(engine).max_heap_bytes(64 << 20).build();
        let html = html(&renderer.expect("valid settings"), "App.tsx", &json!({}));
        assert_eq!(html, format!("<b>{}</b>", 300 << 20));
    });
}

#[test]
fn bounds_memory_of_console_output() {
    on_engines(|engine| {
        let app = App::component(
            "const line = 'x'.repeat(1 << 20);
             export default () => { for (let k = 0; k < 1024; k++) console.log(line); return <b>done</b>; };",
        );
        let deadline = Duration::from_secs(10);
        let renderer = app.builder(engine).deadline(deadline).build();
        let renderer = renderer.expect("valid settings");
        let (before, started) = (resident(), Instant::now());
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>done</b>");
        assert!(started.elapsed() < deadline);
        assert!(
            resident() < before + 100,
            "{before} MB, then {}",
            resident()
        );
    });
}

#[test]
fn rejects_gigabyte_of_markup() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "const line = 'x'.repeat(1 << 20);
                 export default () => <>{Array.from({ length: 1024 }, (_, k) => <p key={k}>{line + k}</p>)}</>;",
            ),
            ("Good.tsx", GOOD),
        ]);
        let deadline = Duration::from_secs(10);
        let renderer = app.builder(engine).deadline(deadline).build();
        let renderer = renderer.expect("valid settings");
        let (before, started) = (resident(), Instant::now());
        let error = error(&renderer, "App.tsx");
        let expected = [
            RenderErrorCode::OutOfMemory,
            RenderErrorCode::DeadlineExceeded,
            // V8 limits the length of strings.
            RenderErrorCode::Component,
        ];
        assert!(expected.contains(&error.code()), "{error}");
        assert!(started.elapsed() < deadline * 2);
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
        assert!(
            resident() < before + 900,
            "{before} MB, then {}",
            resident()
        );
    });
}

#[test]
fn replaces_lone_surrogates_in_props() {
    on_engines(|engine| {
        let app = App::component("export default (p: { a: string }) => <b title={p.a}>{p.a}</b>;");
        let renderer = app.renderer(engine);
        for (json, text) in [
            (r#"{"a":"x\ud800y"}"#, "x\u{fffd}y"),
            (r#"{"a":"\udc00\ud800"}"#, "\u{fffd}\u{fffd}"),
            (r#"{"a":"\ud83c\udf89"}"#, "\u{1f389}"),
        ] {
            let props: &RawValue = serde_json::from_str(json).expect("valid JSON");
            let page = renderer.render_blocking("App.tsx", props).expect("a page");
            let expected = format!("<b title=\"{text}\">{text}</b>");
            assert_eq!(inside(&page.html), expected);
        }
    });
}

#[test]
fn interrupts_endless_microtasks() {
    on_engines(|engine: EngineKind| {
        for source in [
            "import { use } from 'react';
             const spin = async () => { for (;;) await null; };
             export default () => use(spin());",
            "import { use } from 'react';
             const again = () => { queueMicrotask(again); };
             export default () => { again(); return use(new Promise(() => {})); };",
            "import { use } from 'react';
             const again = (): Promise<void> => Promise.resolve().then(again, again);
             export default () => { again().catch(again); return <b>{String(use(again()))}</b>; };",
            "const again = () => { queueMicrotask(again); };
             again();
             throw new Error('and it goes on');
             export default () => null;",
            "const again = () => { queueMicrotask(again); };
             export default () => { again(); for (;;); };",
        ] {
            let app = App::new(&[("App.tsx", source), ("Good.tsx", GOOD)]);
            let deadline = Duration::from_secs(3);
            let renderer = app.builder(engine).deadline(deadline).build();
            let renderer = renderer.expect("valid settings");
            assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
            let code = error(&renderer, "App.tsx").code();
            let ended = [
                RenderErrorCode::DeadlineExceeded,
                // Each microtask allocates a little memory.
                RenderErrorCode::OutOfMemory,
            ];
            assert!(ended.contains(&code), "{code:?}");
            assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
        }
    });
}

#[test]
fn calls_no_finalizers() {
    on_engines(|engine| {
        let app = App::component(
            "let gone = 0;
             let kept: unknown[] = [];
             const registry = new FinalizationRegistry(() => { gone += 1; });
             export default () => {
               registry.register({}, 0);
               if (kept.length > 4) kept = [];
               kept.push(Array.from({ length: 100_000 }, (_, k) => ({ k })));
               return <b>{gone}{String(registry)}{typeof globalThis.Atomics?.waitAsync}</b>;
             };",
        );
        let renderer = app.builder(engine).max_heap_bytes(128 << 20).build();
        let renderer = renderer.expect("valid settings");
        for _ in 0..30 {
            let html = html(&renderer, "App.tsx", &json!({}));
            assert_eq!(
                html,
                "<b>0<!-- -->[object FinalizationRegistry]<!-- -->undefined</b>"
            );
        }
    });
}

/// V8's optimizer may unroll the inner loop, and the outer loop then never checks for an interruption.
#[cfg(feature = "v8")]
#[test]
fn interrupts_loops_around_builtins() {
    if crate::app::packages().is_none() {
        return println!("not run: there is no node_modules with react-dom");
    }
    let deadline = Duration::from_secs(1);
    for (body, code) in [
        (
            "for (;;) sum += new Array(1000).fill(1).length;",
            RenderErrorCode::DeadlineExceeded,
        ),
        (
            "for (;;) all.push(new Array(1000).fill(1));",
            RenderErrorCode::OutOfMemory,
        ),
    ] {
        let source = format!("let sum = 0; export default () => {{ const all = []; {body} }};");
        let app = App::new(&[("App.tsx", &source), ("Good.tsx", GOOD)]);
        let builder = app.builder(EngineKind::V8).max_heap_bytes(64 << 20);
        let renderer = builder.deadline(deadline).build().expect("valid settings");
        let started = Instant::now();
        let error = error(&renderer, "App.tsx");
        assert_eq!(error.code(), code, "{error}");
        // Before the thread counts as stuck.
        assert!(started.elapsed() < deadline + Duration::from_millis(800));
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<b>good</b>");
    }
}

#[test]
fn replaces_stuck_thread_and_replies() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "Stuck.tsx",
                "export default () => { const a: number[] = []; a.length = 4294967295; a.reverse(); return <p>{a.length}</p>; };",
            ),
            ("Good.tsx", "export default () => <p>good</p>;"),
        ]);
        let builder = app.builder(engine).deadline(Duration::from_millis(1500));
        let renderer = builder.build().expect("valid settings");
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<p>good</p>");
        let started = Instant::now();
        let stuck = error(&renderer, "Stuck.tsx");
        assert_eq!(stuck.code(), RenderErrorCode::DeadlineExceeded);
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<p>good</p>");
        block_on(renderer.close());
    });
}

#[test]
fn survives_deeply_nested_sources() {
    on_engines(|engine| {
        let nested = |n: usize| format!("{}{}", "<b>".repeat(n), "</b>".repeat(n));
        let sum = vec!["1"; 20_000].join("+");
        let app = App::new(&[
            (
                "Deep.tsx",
                &format!("export default () => {};", nested(8_000)),
            ),
            (
                "Sum.tsx",
                &format!("export default () => <p>{{{sum}}}</p>;"),
            ),
            ("Good.tsx", "export default () => <p>good</p>;"),
        ]);
        let renderer = app.renderer(engine);
        // The engine's parser may reject the modules.
        for name in ["Deep.tsx", "Sum.tsx"] {
            let _ = renderer.render_blocking(name, &json!({}));
        }
        assert_eq!(html(&renderer, "Good.tsx", &json!({})), "<p>good</p>");
    });
}

#[test]
fn rejects_resizable_buffers() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "Grow.tsx",
                "export default () => { const b = new ArrayBuffer(8, { maxByteLength: 2 ** 36 } as never); (b as any).resize(2 ** 36); return <p>{b.byteLength}</p>; };",
            ),
            (
                "Around.tsx",
                "const Buffer = new Uint8Array(1).buffer.constructor as any; export default () => <p>{String(new Buffer(8, { maxByteLength: 2 ** 36 }).byteLength)}</p>;",
            ),
            (
                "Good.tsx",
                "export default () => <p>{new Uint8Array(new ArrayBuffer(3)).length}{String(new ArrayBuffer(1) instanceof ArrayBuffer)}{typeof WebAssembly}</p>;",
            ),
        ]);
        let renderer = app.renderer(engine);
        for name in ["Grow.tsx", "Around.tsx"] {
            let refused = error(&renderer, name);
            assert!(
                refused.to_string().contains("is not supported"),
                "{refused}"
            );
        }
        assert_eq!(
            html(&renderer, "Good.tsx", &json!({})),
            "<p>3<!-- -->true<!-- -->undefined</p>"
        );
    });
}
