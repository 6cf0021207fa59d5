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
                ["node:fs", "App.tsx:1:1", "server function"],
            ),
            (
                "import 'left-pad'; export default () => null;",
                ["left-pad", "App.tsx:1:1", "install"],
            ),
            (
                "export const x = 1;\n  import './gone'; export default () => null;",
                ["./gone", "App.tsx:2:3", "no such file"],
            ),
            (
                "import { use } from 'react';\nconst late = import('./late');\nexport default () => use(late).x;",
                ["./late", "App.tsx:2:14", "no such file"],
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
            if let Some((_, line, _)) = error.location() {
                let excerpt = error.excerpt().expect("a readable file");
                assert!(excerpt.contains(&format!("> {line} |")), "{excerpt}");
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

#[test]
fn functions_of_star_exports_work_in_cycles() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { Wrapped } from './bh_index'; export default () => <Wrapped />;",
                ),
                (
                    "bh_index.ts",
                    "export { Wrapped } from './bh_wrapped'; export * from './bh_hoc';",
                ),
                (
                    "bh_wrapped.tsx",
                    "import { withX } from './bh_index'; export const Wrapped = withX(() => <i>in</i>);",
                ),
                (
                    "bh_hoc.tsx",
                    "export function withX(Inner: any) { return () => <b><Inner /></b>; }",
                ),
            ],
            "<b><i>in</i></b>",
        );
    });
}

#[test]
fn awaits_at_top_level_of_cycles() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { order } from './order'; import { a } from './a'; import './after';
                     export default () => <b>{a}{order.join()}</b>;",
                ),
                ("order.ts", "export const order: string[] = [];"),
                (
                    "a.ts",
                    "import { order } from './order'; import { b } from './b'; order.push('a'); export const a = b + 'a'; export function late() { return a; }",
                ),
                (
                    "b.ts",
                    "import { order } from './order'; import { late } from './a'; order.push('b1');
                     export const b = await Promise.resolve('b'); order.push('b2', typeof late);",
                ),
                (
                    "after.ts",
                    "import { order } from './order'; order.push('after');",
                ),
            ],
            "<b>ba<!-- -->b1,after,b2,function,a</b>",
        );
    });
}

#[test]
fn namespaces_are_sorted_and_sealed() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import * as ns from './ns'; import * as old from './old.cjs';
                     const attempt = (run: () => void) => { try { run(); return 'done'; } catch (error) { return error.name; } };
                     export default () => <b>{[Object.keys(ns), Object.keys(old), Object.prototype.toString.call(ns), Object.getPrototypeOf(ns), Object.isExtensible(ns),
                       attempt(() => { ns.z = 2; }), attempt(() => { delete ns.z; }), attempt(() => { ns.other = 1; })].join(' ')}</b>;",
                ),
                (
                    "ns.ts",
                    "export const z = 1, a = 2; export * from './star'; export default 3; export * as inner from './star';",
                ),
                ("star.ts", "export const m = 4, a = 5; export default 6;"),
                ("old.cjs", "exports.z = 1; exports.b = 2;"),
            ],
            "<b>a,default,inner,m,z b,default,z [object Module]  false TypeError TypeError TypeError</b>",
        );
    });
}

#[test]
fn exports_names_of_common_js_modules_with_star() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import { own, theirs } from './facade'; import * as ns from './facade';
                     export default () => <b>{[own, theirs, Object.keys(ns)].join()}</b>;",
                ),
                (
                    "facade.ts",
                    "export * from './outer'; export const own = 'o'; export const shadowed = 1;",
                ),
                ("outer.ts", "export * from './old.cjs';"),
                (
                    "old.cjs",
                    "exports.theirs = 't'; exports.shadowed = 2; exports.a = 3;",
                ),
            ],
            "<b>o,t,a,own,shadowed,theirs</b>",
        );
    });
}

#[test]
fn names_default_exports_without_names() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import f from './f'; import g from './g'; import C from './c'; export default () => <b>{[f.name, g.name, C.name, f()].join()}</b>;",
                ),
                (
                    "f.ts",
                    "import { early } from './g'; export default function () { return early; }",
                ),
                (
                    "g.ts",
                    "import f from './f'; export const early = typeof f; export default () => 1;",
                ),
                ("c.ts", "export default class {}"),
            ],
            "<b>default,default,default,function</b>",
        );
    });
}

#[test]
fn reports_missing_exports_with_location() {
    on_engines(|engine| {
        for (files, location, part) in [
            (
                [
                    (
                        "App.tsx",
                        "import { x } from './x';\nexport default () => <b>{x}</b>;",
                    ),
                    ("x.ts", "export const a = 1, b = 2;"),
                ],
                ("App.tsx", 1, 10),
                "The requested module './x' does not provide an export named 'x'; it exports a, b",
            ),
            (
                [
                    (
                        "App.tsx",
                        "import {} from 'react';\nimport x from './x';\nexport default () => <b>{x}</b>;",
                    ),
                    (
                        "x.ts",
                        "interface T { a: 1 }\nexport { T };\nexport const T2 = 1;",
                    ),
                ],
                ("App.tsx", 2, 8),
                "an export named 'default'; it exports T2",
            ),
            (
                [
                    (
                        "App.tsx",
                        "import { a } from './x';\nexport default () => <b>{a}</b>;",
                    ),
                    (
                        "x.ts",
                        "export const a = 1;\nexport { gone as b } from './App';",
                    ),
                ],
                ("x.ts", 2, 10),
                "The requested module './App' does not provide an export named 'gone'; it exports default",
            ),
        ] {
            let app = App::new(&files);
            let error = error(&app.renderer(engine), "App.tsx");
            assert_eq!(error.code(), RenderErrorCode::Syntax);
            assert!(error.to_string().contains(part), "{error}");
            let (file, line, column) = error.location().expect("a location");
            assert!(file.ends_with(location.0), "{error}");
            assert_eq!((line, column), (location.1, location.2), "{error}");
        }
    });
}

#[test]
fn reports_ambiguous_and_duplicate_exports() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { both } from './facade'; export default () => <b>{both}</b>;",
            ),
            ("facade.ts", "export * from './one'; export * from './two';"),
            ("one.ts", "export const both = 1;"),
            ("two.ts", "export const both = 2;"),
            (
                "Twice.tsx",
                "export const a = 1; export { a }; export default () => null;",
            ),
        ]);
        let renderer = app.renderer(engine);
        let ambiguous = error(&renderer, "App.tsx").to_string();
        assert!(
            ambiguous.contains("conflicting star exports for name 'both'")
                && ambiguous.contains("App.tsx:1:10"),
            "{ambiguous}"
        );
        let duplicate = error(&renderer, "Twice.tsx").to_string();
        assert!(duplicate.contains("Twice.tsx:1:"), "{duplicate}");
    });
}

#[test]
fn evaluates_failed_modules_again_in_the_next_render() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { attempt } from './flaky'; export default () => <b>{attempt}</b>;",
            ),
            (
                "flaky.ts",
                "import { count } from './count'; import './linked'; if (count.n++ === 0) throw new Error('at first'); export const attempt = count.n;",
            ),
            ("linked.ts", "import './flaky';"),
            ("count.ts", "export const count = { n: 0 };"),
        ]);
        let renderer = app.renderer(engine);
        assert!(error(&renderer, "App.tsx").to_string().contains("at first"));
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>2</b>");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>2</b>");
    });
}

#[test]
fn queries_convert_files_as_in_vite() {
    on_engines(|engine| {
        check(
            engine,
            &[
                (
                    "App.tsx",
                    "import Work from './work?worker'; import init from './sum.wasm?init'; import text from './a.css?inline';
                     import dot from './dot.gif?inline'; import again, { n } from './n?copy'; import './b.css';
                     n.push(1); const attempt = () => { try { new Work(); } catch (error) { return error.message.includes('effect'); } };
                     export default () => <b>{[attempt(), typeof init, text, dot, again === n].join()}</b>;",
                ),
                ("work.ts", "self.onmessage = () => {};"),
                ("sum.wasm", "x"),
                ("a.css", ".a { color: red }"),
                ("b.css", ".b { color: red }"),
                ("dot.gif", "GIF"),
                ("n.ts", "export const n: number[] = []; export default n;"),
            ],
            if cfg!(feature = "css-modules") {
                "<b>true,function,.a{color:red},data:image/gif;base64,R0lG,true</b>"
            } else {
                "<b>true,function,.a { color: red },data:image/gif;base64,R0lG,true</b>"
            },
        );
    });
}

#[test]
fn reports_unusable_imports_with_location_and_way_out() {
    on_engines(|engine| {
        for (import, parts) in [
            (
                "import Logo from './logo.svg?react';",
                ["App.tsx:2:18: cannot import \"./logo.svg?react\"", "<img>"],
            ),
            (
                "import url from './w?worker&url';",
                ["App.tsx:2:17", "create the worker in an effect"],
            ),
            (
                "import text from './a.md';",
                ["App.tsx:2:18", "import the file with ?raw or ?url"],
            ),
            (
                "import css from './a.css';",
                ["App.tsx:2:8", "does not provide an export named 'default'"],
            ),
        ] {
            let app = App::new(&[
                (
                    "App.tsx",
                    &format!("\n{import}\nexport default () => null;"),
                ),
                ("logo.svg", "<svg/>"),
                ("w.ts", ""),
                ("a.md", ""),
                ("a.css", ""),
                (
                    "tsconfig.json",
                    r#"{"compilerOptions":{"verbatimModuleSyntax":true}}"#,
                ),
            ]);
            let error = error(&app.renderer(engine), "App.tsx").to_string();
            for part in parts {
                assert!(error.contains(part), "{part:?} in {error}");
            }
        }
    });
}

#[test]
fn supports_decorators_of_typescript_and_accessors() {
    let source = "const log: string[] = [];
        const sealed = (target: any) => { target.sealed = true; };
        const named = (name: string) => (target: any) => class extends target { static title = name; };
        const bound = (target: any, key: string, descriptor: PropertyDescriptor) => {
          const { value } = descriptor;
          return { ...descriptor, value(this: any, ...values: any[]) { return '<' + value.apply(this, values) + '>'; } };
        };
        const field = (target: any, key: string) => { log.push('field ' + key); };
        const parameter = (target: any, key: string, index: number) => { log.push(key + index); };
        @named('first') @sealed
        class A {
          @field name = 'n';
          accessor own = 2;
          @bound greet(@parameter who: string) { return this.name + who + this.own; }
        }
        export default () => <b>{[(A as any).title, (A as any).sealed, new A().greet('w'), ...log].join()}</b>;";
    on_engines(|engine| {
        check(
            engine,
            &[
                ("App.tsx", source),
                (
                    "tsconfig.json",
                    r#"{"compilerOptions":{"experimentalDecorators":true,"emitDecoratorMetadata":true}}"#,
                ),
            ],
            "<b>first,true,&lt;nw2&gt;,field name,greet0</b>",
        );
        // Without decorators, `accessor` needs no option.
        check(
            engine,
            &[(
                "App.tsx",
                "class A { accessor n = 1; static accessor s = 'x'; } export default () => <b>{new A().n}{A.s}</b>;",
            )],
            "<b>1<!-- -->x</b>",
        );
    });
}
