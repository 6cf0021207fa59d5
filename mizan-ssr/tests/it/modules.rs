use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{App, error, html, on_engines};
use crate::log::Log;

fn check(engine: EngineKind, files: &[(&str, &str)], expected: &str) {
    let app = App::new(files);
    assert_eq!(html(&app.renderer(engine), "App.tsx", &json!({})), expected);
}

#[test]
fn imports_between_all_module_formats() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import old, { named } from 'old'; import * as data from './data.json'; import raw from './note.txt?raw';
                     import logo from './logo.svg'; import { fromOld } from 'modern';
                     export default () => <b>{[old.whole, named, data.list.length, data.default.list[0], raw, logo, fromOld].join()}</b>;",
                ),
                ("data.json", r#"{"list":["x","y"],"__proto__":1}"#),
                ("note.txt", "note"),
                ("logo.svg", "<svg/>"),
                ("node_modules/old/package.json", r#"{"main":"i.js"}"#),
                ("node_modules/old/i.js", "exports.whole = 'w'; exports.named = require('./n'); "),
                ("node_modules/old/n.js", "module.exports = 'n';"),
                ("node_modules/modern/package.json", r#"{"type":"module","exports":"./i.js"}"#),
                ("node_modules/modern/i.js", "import old from 'old'; export const fromOld = old.named + import.meta.url.slice(0, 8);"),
            ],
            "<b>w,n,2,x,note,/logo.svg,nfile:///</b>",
        );
    });
}

#[test]
fn resolves_default_exports_as_bundlers_do() {
    on_engines(|engine| {
        let compiled =
            "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'd';";
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import d from 'compiled'; import { viaNode } from 'strict'; export default () => <b>{d}{viaNode}</b>;",
                ),
                ("node_modules/compiled/index.js", compiled),
                (
                    "node_modules/strict/package.json",
                    r#"{"type":"module","exports":"./i.js"}"#,
                ),
                (
                    "node_modules/strict/i.js",
                    "import d from 'compiled'; export const viaNode = d.default;",
                ),
            ],
            "<b>d<!-- -->d</b>",
        );
    });
}

#[test]
fn hoisted_functions_work_in_cycles() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { even } from './even'; export default () => <b>{String(even(10))}</b>;",
                ),
                (
                    "even.ts",
                    "import { odd } from './odd'; export function even(n: number): boolean { return n === 0 || odd(n - 1); }",
                ),
                (
                    "odd.ts",
                    "import { even } from './even'; export const start = even(0); export function odd(n: number): boolean { return n !== 0 && even(n - 1); }",
                ),
            ],
            "<b>true</b>",
        );
    });
}

#[test]
fn supports_top_level_await_and_dynamic_import() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { value } from './slow'; import { lazy, Suspense } from 'react';
                     const Late = lazy(() => import('./Late'));
                     export default () => <Suspense fallback=\"..\">{value}<Late /></Suspense>;",
                ),
                (
                    "slow.ts",
                    "export const value = await new Promise((done) => setTimeout(() => done('v'), 5));",
                ),
                ("Late.tsx", "export default () => <b>late</b>;"),
            ],
            "<!--$-->v<b>late</b><!--/$-->",
        );
    });
}

#[test]
fn requires_es_modules_and_updates_star_exports() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { n, bump } from './star'; import old from 'old'; bump(); export default () => <b>{n}{old}</b>;",
                ),
                ("star.ts", "export * from './count';"),
                (
                    "count.ts",
                    "export let n = 1; export const bump = () => { n++; };",
                ),
                (
                    "node_modules/old/index.js",
                    "module.exports = require('./esm.mjs').x;",
                ),
                ("node_modules/old/esm.mjs", "export const x = 'x';"),
            ],
            "<b>2<!-- -->x</b>",
        );
    });
}

#[test]
fn marks_required_es_modules() {
    let rollup = "const memo = require('memo'); const named = require('named');
                  const interop = (e) => (e && e.__esModule ? e : { default: e });
                  exports.all = interop(memo).default('a') + memo.bump() + memo.n + Object.keys(memo) + String(named.__esModule);";
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { all } from 'lib'; import * as memo from 'memo'; export default () => <b>{all}{String('__esModule' in memo)}</b>;",
                ),
                ("node_modules/lib/index.js", rollup),
                (
                    "node_modules/memo/package.json",
                    r#"{ "exports": { "module": "./m.mjs", "default": "./c.cjs" } }"#,
                ),
                (
                    "node_modules/memo/m.mjs",
                    "export default (x) => x + x; export let n = 1; export const bump = () => { n += 1; return '-'; };",
                ),
                (
                    "node_modules/memo/c.cjs",
                    "module.exports = () => 'not this';",
                ),
                ("node_modules/named/index.mjs", "export const only = 1;"),
                (
                    "node_modules/named/package.json",
                    r#"{ "main": "./index.mjs" }"#,
                ),
            ],
            "<b>aa-2bump,default,nundefined<!-- -->false</b>",
        );
    });
}

#[test]
fn names_missing_module_importer_and_fix() {
    on_engines(|engine| {
        for (source, parts) in [
            (
                "import 'node:fs'; export default () => null;",
                ["node:fs", "App.tsx", "server function"],
            ),
            (
                "import 'left-pad'; export default () => null;",
                ["left-pad", "App.tsx", "install"],
            ),
            (
                "import './gone'; export default () => null;",
                ["./gone", "App.tsx", "no such file"],
            ),
            #[cfg(not(feature = "css-modules"))]
            (
                "import './a.module.css'; export default () => null;",
                ["a.module.css", "CSS modules", "css-modules"],
            ),
        ] {
            let app = App::new(&[("App.tsx", source), ("a.module.css", "")]);
            let renderer = app.renderer(engine);
            let error = error(&renderer, "App.tsx");
            assert_eq!(error.code(), RenderErrorCode::Module);
            for part in parts {
                assert!(error.to_string().contains(part), "{part:?} in {error}");
            }
        }
    });
}

#[test]
fn suggests_fix_for_browser_globals() {
    on_engines(|engine| {
        let app = App::component("\n\nexport default () => <b>{window.innerWidth}</b>;");
        let error = error(&app.renderer(engine), "App.tsx");
        let message = error.to_string();
        assert!(message.contains("typeof window"), "{message}");
        let (file, line, _) = error.location().expect("a location");
        assert!(file.ends_with("App.tsx"));
        assert_eq!(line, 3);
    });
}

#[test]
fn logs_progress_of_slow_loading() {
    let log = Log::of_the_process();
    on_engines(|engine| {
        log.clear();
        // The module runs for longer than the log interval, and then imports another module.
        let app = App::new(&[
            (
                "App.tsx",
                "const end = performance.now() + 1100; while (performance.now() < end);
                 const { name } = await import('./later'); export default () => <b>{name}</b>;",
            ),
            ("later.ts", "export const name = 'later';"),
        ]);
        let renderer = app.renderer(engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>later</b>");
        // The worker logs the total after its reply, and before the next render.
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>later</b>");
        let text = log.text();
        let told: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("mizan_ssr::modules: "))
            .collect();
        assert!(
            told[0].contains("loading modules modules=") && told[0].contains("later.ts"),
            "{text}"
        );
        let ends = |line: &&&str| line.contains("loaded modules modules=");
        assert_eq!(told.iter().filter(ends).count(), 1, "{text}");
    });
}
