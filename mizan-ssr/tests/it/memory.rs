use mizan_ssr::Renderer;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{App, html, on_engines};

/// The resident memory of this process, in megabytes. nextest gives each test a process of its own.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .expect("it is there")
        / 1024
}

/// Fewer where every round takes longer.
fn rounds(engine: EngineKind, fast: u32, slow: u32) -> u32 {
    if format!("{engine:?}") == "QuickJs" {
        slow
    } else {
        fast
    }
}

/// Runs `once` for a while, then for much longer, and looks at how much memory came with the latter.
fn stays_flat(rounds: u32, most: u64, mut once: impl FnMut(u32)) {
    (0..rounds / 2).for_each(&mut once);
    let before = resident();
    (rounds / 2..rounds * 3).for_each(&mut once);
    let after = resident();
    println!(
        "{before} MB after {} rounds, {after} MB after {}",
        rounds / 2,
        rounds * 3
    );
    assert!(after <= before + most, "from {before} MB to {after} MB");
}

const ROWS: &str = "export default ({ n }: { n: number }) => <ul>{Array.from({ length: 20 }, (_, k) => <li key={k}>{k * n}</li>)}</ul>;";

#[test]
fn memory_stays_flat_over_renders() {
    on_engines(|engine| {
        let app = App::component(ROWS);
        let renderer = app.renderer(engine);
        // On V8, 100,000 in all. Built without optimisation, QuickJS takes a millisecond for each.
        stays_flat(rounds(engine, 33_334, 400), 24, |n| {
            let html = html(&renderer, "App.tsx", &json!({ "n": n }));
            assert!(html.ends_with(&format!("<li>{}</li></ul>", n * 19)));
        });
    });
}

#[test]
fn old_modules_are_collected_when_files_change() {
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
            .expect("it builds");
        // 40 kB of functions and data in each version.
        let ballast: String = (0..200)
            .map(|k| format!("export function f{k}() {{ return 'some text of some length to be kept, number {k}, which is here for its size alone, and again and again'; }}\nf{k}();\n"))
            .collect();
        // On V8, 1,000 in all; reading each version takes longest.
        stays_flat(rounds(engine, 334, 8), 80, |n| {
            app.write("n.ts", &format!("export const n = {n};\n{ballast}"));
            assert_eq!(
                html(&renderer, "App.tsx", &json!({})),
                format!("<b>{n}</b>")
            );
        });
    });
}
