use std::fs;
use std::path::PathBuf;

use mizan_ssr::Renderer;
use mizan_ssr::renderer::{CacheStatistics, EngineKind};
use serde_json::json;

use crate::app::{App, html, on_engines};

/// Renders once and closes the renderer, as a process does.
fn render_once(renderer: Renderer, expected: &str) -> CacheStatistics {
    assert_eq!(html(&renderer, "App.tsx", &json!({})), expected);
    let clone = renderer.clone();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(renderer.close());
    clone.cache_statistics()
}

fn entries(app: &App) -> Vec<PathBuf> {
    fs::read_dir(app.path("node_modules/.cache/mizan-ssr"))
        .expect("the cache directory")
        .map(|entry| entry.expect("a readable entry").path())
        .collect()
}

fn is_v8(engine: EngineKind) -> bool {
    format!("{engine:?}") == "V8"
}

const APP: &str = "import { n } from './n'; export default () => <b>{n}</b>;";

#[test]
fn second_process_reuses_cached_modules() {
    on_engines(|engine| {
        let app = App::new(&[("App.tsx", APP), ("n.ts", "export const n: number = 1;")]);
        let first = render_once(app.renderer(engine), "<b>1</b>");
        assert!(first.transformed > 2 && first.read == 0, "{first:?}");
        assert_eq!(first.written, first.transformed, "{first:?}");
        assert_eq!(entries(&app).len() as u64, first.written);
        let second = render_once(app.renderer(engine), "<b>1</b>");
        assert_eq!((second.transformed, second.written), (0, 0), "{second:?}");
        assert_eq!(second.read, first.transformed, "{second:?}");
        if is_v8(engine) {
            assert_eq!(second.code_reused, first.compiled, "{second:?}");
            assert_eq!((second.compiled, second.code_rejected), (0, 0));
        }
    });
}

#[test]
fn transforms_only_changed_files() {
    on_engines(|engine| {
        let app = App::new(&[("App.tsx", APP), ("n.ts", "export const n: number = 1;")]);
        let first = render_once(app.renderer(engine), "<b>1</b>");
        app.write("n.ts", "export const n: number = 2;");
        let second = render_once(app.renderer(engine), "<b>2</b>");
        assert_eq!(second.transformed, 1, "{second:?}");
        assert_eq!(second.read, first.transformed - 1, "{second:?}");
        app.write("n.ts", "export const n: number = 1;");
        assert_eq!(render_once(app.renderer(engine), "<b>1</b>").transformed, 0);
        let developed = app.builder(engine).development(true).build();
        let developed = render_once(developed.expect("valid settings"), "<b>1</b>");
        assert_eq!(developed.read, 0, "{developed:?}");
    });
}

#[test]
fn rewrites_damaged_cache_files() {
    on_engines(|engine| {
        let app = App::new(&[("App.tsx", APP), ("n.ts", "export const n: number = 1;")]);
        let first = render_once(app.renderer(engine), "<b>1</b>");
        for (number, entry) in entries(&app).into_iter().enumerate() {
            let mut bytes = fs::read(&entry).expect("an existing file");
            let middle = bytes.len() / 2;
            match number % 4 {
                0 => bytes.truncate(middle),
                1 => bytes[middle] ^= 0x10,
                2 => bytes.clear(),
                _ => bytes = b"another program's".to_vec(),
            }
            fs::write(&entry, bytes).expect("a writable file");
        }
        let second = render_once(app.renderer(engine), "<b>1</b>");
        assert_eq!((second.read, second.code_reused), (0, 0), "{second:?}");
        assert_eq!(second.written, first.written, "{second:?}");
        let third = render_once(app.renderer(engine), "<b>1</b>");
        assert_eq!(third.read, first.written, "{third:?}");
    });
}

#[test]
fn shares_compiled_code_between_realms() {
    on_engines(|engine| {
        if !is_v8(engine) {
            return;
        }
        let app = App::component("export default () => <b>{String((globalThis as any).leak)}</b>;");
        app.write(
            "Leak.tsx",
            "export default () => { (globalThis as any).leak = 1; return null; };",
        );
        let renderer = app.builder(engine).no_disk_cache().build();
        let renderer = renderer.expect("valid settings");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>undefined</b>");
        let before = renderer.cache_statistics();
        html(&renderer, "Leak.tsx", &json!({}));
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>undefined</b>");
        let after = renderer.cache_statistics();
        assert_eq!(after.compiled, before.compiled + 1, "{after:?}");
        assert!(after.code_reused >= before.compiled, "{after:?}");
    });
}

#[test]
fn uses_configured_cache_directory() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let elsewhere = app.path("kept/here");
        let builder = app.builder(engine).cache_dir(&elsewhere);
        let first = render_once(builder.build().expect("valid settings"), "<b>1</b>");
        assert_eq!(
            fs::read_dir(&elsewhere)
                .expect("the cache directory")
                .count() as u64,
            first.written
        );
        assert!(!app.path("node_modules/.cache").exists());
        let builder = app.builder(engine).no_disk_cache();
        let none = render_once(builder.build().expect("valid settings"), "<b>1</b>");
        assert_eq!((none.read, none.written), (0, 0));
        // Rendering works without a writable cache directory.
        let builder = app.builder(engine).cache_dir(app.path("App.tsx/cache"));
        let none = render_once(builder.build().expect("valid settings"), "<b>1</b>");
        assert_eq!(none.written, 0);
    });
}

#[test]
fn closed_renderer_rejects_renders() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let renderer = app.renderer(engine);
        let clone = renderer.clone();
        render_once(renderer, "<b>1</b>");
        let error = clone
            .render_blocking("App.tsx", &json!({}))
            .expect_err("a closed renderer");
        assert!(error.to_string().contains("closed"), "{error}");
    });
}
