use mizan_ssr::Renderer;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{App, html, on_engines};

/// Returns the resident memory of this process in megabytes. nextest runs each test in its own process.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc of Linux");
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .expect("an existing file")
        / 1024
}

/// Returns the number of rounds for an engine: `slow` for QuickJS, otherwise `fast`.
fn rounds(engine: EngineKind, fast: u32, slow: u32) -> u32 {
    if format!("{engine:?}") == "QuickJs" {
        slow
    } else {
        fast
    }
}

/// Runs `once` to warm up and then twice as often, and fails if memory grows by more than
/// `max_growth` megabytes in the second phase.
fn assert_memory_is_bounded(rounds: u32, max_growth: u64, mut once: impl FnMut(u32)) {
    (0..rounds).for_each(&mut once);
    let before = resident();
    (rounds..rounds * 3).for_each(&mut once);
    let after = resident();
    println!(
        "{before} MB after {rounds} rounds, {after} MB after {}",
        rounds * 3
    );
    assert!(
        after <= before + max_growth,
        "from {before} MB to {after} MB"
    );
}

const ROWS: &str = "export default ({ n }: { n: number }) => <ul>{Array.from({ length: 20 }, (_, k) => <li key={k}>{k * n}</li>)}</ul>;";

#[test]
fn memory_stays_constant_over_renders() {
    on_engines(|engine| {
        let app = App::component(ROWS);
        let renderer = app.renderer(engine);
        // 100,000 renders with V8. An unoptimized build of QuickJS takes a millisecond for each.
        assert_memory_is_bounded(rounds(engine, 33_334, 400), 24, |n| {
            let html = html(&renderer, "App.tsx", &json!({ "n": n }));
            assert!(html.ends_with(&format!("<li>{}</li></ul>", n * 19)));
        });
    });
}

#[test]
fn frees_replaced_modules() {
    on_engines(|engine| {
        let app = App::new(&[(
            "App.tsx",
            "import { n } from './n'; export default () => <b>{n}</b>;",
        )]);
        let renderer: Renderer = app
            .builder(engine)
            .development(true)
            .max_heap_bytes(64 << 20)
            .no_disk_cache()
            .build()
            .expect("valid settings");
        // Each version of the file has 40 kB of functions and data.
        let ballast: String = (0..200)
            .map(|k| format!("export function f{k}() {{ return 'some text of some length to be kept, number {k}, which is here for its size alone, and again and again'; }}\nf{k}();\n"))
            .collect();
        // 1,000 versions with V8. Most of the time is spent reading them.
        assert_memory_is_bounded(rounds(engine, 334, 8), 80, |n| {
            app.write("n.ts", &format!("export const n = {n};\n{ballast}"));
            assert_eq!(
                html(&renderer, "App.tsx", &json!({})),
                format!("<b>{n}</b>")
            );
        });
    });
}
