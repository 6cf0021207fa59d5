use std::error::Error as _;
use std::fs;

use mizan_ssr::Renderer;
use serde_json::json;

use crate::app::{App, block_on, html, on_engines};

#[test]
fn renders_component_by_path() {
    on_engines(|engine| {
        let app = App::new(&[(
            "components/Hello.tsx",
            "export default function Hello({ name }: { name: string }) { return <div>{`Hello, ${name}!`}</div>; }",
        )]);
        let rendered = app
            .renderer(engine)
            .render_blocking("components/Hello.tsx", &json!({ "name": "World" }))
            .expect("a successful render");
        assert_eq!(
            rendered.html,
            "<div id=\"mizan-root\"><div>Hello, World!</div></div>"
        );
    });
}

#[test]
fn supports_hooks_context_memo_and_refs() {
    on_engines(|engine| {
        let app = App::component(
            "import { createContext, forwardRef, memo, useContext, useId, useMemo, useReducer, useState } from 'react';
             const Theme = createContext('light');
             const Label = memo(function Label() { return <i>{useContext(Theme)}</i>; });
             const Box = forwardRef<HTMLDivElement, { n: number }>((p, ref) => <div ref={ref} data-n={p.n} />);
             export default memo(function App() {
               const [a] = useState(() => 1);
               const [b] = useReducer((s: number) => s, 2);
               const c = useMemo(() => a + b, [a, b]);
               return <Theme.Provider value=\"dark\"><Label /><Box n={c} /><label htmlFor={useId()} /></Theme.Provider>;
             });",
        );
        let html = html(&app.renderer(engine), "App.tsx", &json!({}));
        assert!(
            html.starts_with("<i>dark</i><div data-n=\"3\"></div><label for=\""),
            "{html}"
        );
    });
}

#[test]
fn creates_same_elements_as_react() {
    on_engines(|engine| {
        let app = App::component(
            "import { createElement, isValidElement, type ReactElement } from 'react';
             const known = { title: 't' };
             const keyed = { key: 'spread', title: 't' };
             const ref = () => {};
             const Named = (p: { ref?: unknown }) => <u>{typeof p.ref}</u>;
             const about = (e: ReactElement) => JSON.stringify([isValidElement(e), Object.entries(e).map(([name, value]) => [name, typeof value]), e.key, e.props]);
             const pairs = [
               [<a />, createElement('a')],
               [<a title=\"t\" />, createElement('a', known)],
               [<a key={7} title=\"t\" />, createElement('a', { key: 7, ...known })],
               [<a key={undefined} />, createElement('a', { key: undefined })],
               [<a key=\"\" />, createElement('a', { key: '' })],
               [<a {...keyed} />, createElement('a', keyed)],
               [<a key=\"first\" {...known} />, createElement('a', { key: 'first', ...known })],
               [<a {...keyed} key=\"last\" />, createElement('a', { ...keyed, key: 'last' })],
               [<Named ref={ref} />, createElement(Named, { ref })],
               [<a {...{ ref }} />, createElement('a', { ref })],
               [<a>{1}{2}</a>, createElement('a', { children: [1, 2] })],
             ];
             export default () => <b>{pairs.map(([a, b]) => about(a) === about(b) ? 'same' : about(a)).join(' ')}</b>;",
        );
        let html = html(&app.renderer(engine), "App.tsx", &json!({}));
        assert_eq!(html, format!("<b>{}</b>", ["same"; 11].join(" ")));
    });
}

#[test]
fn uses_replaced_jsx_runtime() {
    on_engines(|engine| {
        let own = "const { createElement, Fragment } = require('react');
                   const made = (by) => (type, props) => createElement(type, { ...props, title: by });
                   exports.Fragment = Fragment; exports.jsx = made('jsx'); exports.jsxs = made('jsxs');";
        let own_module = "import { createElement } from 'react';
                          const made = (by: string) => (type: string, props: object) => createElement(type, { ...props, title: by });
                          export { Fragment } from 'react'; export const jsx = made('jsx'); export const jsxs = made('jsxs');";
        for (name, source) in [("runtime.cjs", own), ("runtime.ts", own_module)] {
            let paths = json!({ "compilerOptions": { "paths": { "react/jsx-runtime": [format!("./{name}")] } } });
            let app = App::new(&[
                ("tsconfig.json", &paths.to_string()),
                (name, source),
                (
                    "App.tsx",
                    "import { jsx } from 'react/jsx-runtime'; export default () => <p>{1}{<b>2</b>}{typeof jsx}</p>;",
                ),
            ]);
            let rendered = app.renderer(engine).render_blocking("App.tsx", &json!({}));
            let html = rendered.expect("a successful render").html;
            let expected = "<p title=\"jsxs\">1<b title=\"jsx\">2</b>function</p></div>";
            assert!(html.ends_with(expected), "{name}: {html}");
        }
    });
}

#[test]
fn calls_wrapped_jsx_runtime_for_every_element() {
    on_engines(|engine| {
        let wrapper = "const { Fragment, jsx, jsxs } = require('react/jsx-runtime');
                       const own = (make) => (type, { css, ...props }, key) => make(type, css ? { ...props, className: css } : props, key);
                       exports.Fragment = Fragment; exports.jsx = own(jsx); exports.jsxs = own(jsxs);";
        let patch = "const runtime = require('react/jsx-runtime'); const { jsx, jsxs } = runtime;
                     const own = (make) => (type, { css, ...props }, key) => make(type, css ? { ...props, className: css } : props, key);
                     runtime.jsx = own(jsx); runtime.jsxs = own(jsxs);";
        let page = "export default () => <p css=\"red\">{1}{<b css=\"blue\">2</b>}</p>;";
        let wrapped = json!({ "compilerOptions": { "paths": { "own/jsx-runtime": ["./own.cjs"] }, "jsxImportSource": "own" } });
        for files in [
            [
                ("tsconfig.json", &*wrapped.to_string()),
                ("own.cjs", wrapper),
                ("App.tsx", page),
            ],
            [
                ("tsconfig.json", "{}"),
                ("patch.cjs", patch),
                ("App.tsx", &format!("import './patch.cjs'; {page}")),
            ],
        ] {
            let app = App::new(&files);
            assert_eq!(
                html(&app.renderer(engine), "App.tsx", &json!({})),
                "<p class=\"red\">1<b class=\"blue\">2</b></p>",
            );
        }
    });
}

#[test]
fn waits_for_suspended_content() {
    on_engines(|engine| {
        let app = App::component(
            "import { Suspense, use } from 'react';
             const cache = new Map<string, Promise<string>>();
             const load = (key: string) => {
               if (!cache.has(key)) cache.set(key, new Promise((done) => setTimeout(() => done(key + '!'), 20)));
               return cache.get(key)!;
             };
             const Slow = ({ of }: { of: string }) => <b>{use(load(of))}</b>;
             export default ({ of }: { of: string }) => <Suspense fallback={<i>..</i>}><Slow of={of} /></Suspense>;",
        );
        let renderer = app.renderer(engine);
        for _ in 0..2 {
            assert_eq!(
                html(&renderer, "App.tsx", &json!({ "of": "a" })),
                "<!--$--><b>a!</b><!--/$-->"
            );
        }
    });
}

#[test]
fn collects_style_sheets_in_import_order() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import './first.css'; import Part from './Part'; import './last.css'; export default () => <Part />;",
            ),
            (
                "Part.tsx",
                "import './middle.scss'; export default () => <p />;",
            ),
            ("first.css", "a{}"),
            ("middle.scss", "a{}"),
            ("last.css", "a{}"),
        ]);
        let rendered = app
            .renderer(engine)
            .render_blocking("App.tsx", &json!({}))
            .expect("a successful render");
        let names: Vec<_> = rendered
            .styles
            .iter()
            .filter_map(|path| path.rsplit('/').next())
            .collect();
        assert_eq!(names, ["first.css", "middle.scss", "last.css"]);
    });
}

#[test]
fn renders_on_several_threads() {
    on_engines(|engine| {
        let app = App::component("export default ({ n }: { n: number }) => <b>{n}</b>;");
        let renderer = app
            .builder(engine)
            .threads(2)
            .build()
            .expect("valid settings");
        let ask = |renderer: Renderer, from: u32| {
            std::thread::spawn(move || {
                for n in from..from + 50 {
                    assert_eq!(
                        html(&renderer, "App.tsx", &json!({ "n": n })),
                        format!("<b>{n}</b>")
                    );
                }
            })
        };
        let asking: Vec<_> = (0..4).map(|k| ask(renderer.clone(), k * 50)).collect();
        for thread in asking {
            thread.join().expect("a thread without panic");
        }
    });
}

#[test]
fn fresh_modules_reset_module_state() {
    on_engines(|engine| {
        let app = App::component("let n = 0; export default () => <b>{++n}</b>;");
        let kept = app.renderer(engine);
        assert_eq!(html(&kept, "App.tsx", &json!({})), "<b>1</b>");
        assert_eq!(html(&kept, "App.tsx", &json!({})), "<b>2</b>");
        let fresh = app
            .builder(engine)
            .fresh_modules(true)
            .build()
            .expect("valid settings");
        for _ in 0..3 {
            assert_eq!(html(&fresh, "App.tsx", &json!({})), "<b>1</b>");
        }
    });
}

#[test]
fn renders_on_thread_older_than_renderer() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>{[3, 1, 2].sort().join()}</b>;");
        let (send, first) = std::sync::mpsc::channel::<Renderer>();
        let builder = app.builder(engine);
        std::thread::scope(|scope| {
            let older = scope.spawn(move || {
                let first = first.recv().expect("a renderer");
                // The render threads descend from a thread that is older than V8's initialization.
                let own = builder.build().expect("valid settings");
                [first, own].map(|renderer| html(&renderer, "App.tsx", &json!({})))
            });
            send.send(app.renderer(engine)).expect("a waiting thread");
            let markup = older.join().expect("a thread without panic");
            assert_eq!(markup, ["<b>1,2,3</b>", "<b>1,2,3</b>"]);
        });
    });
}

#[test]
fn build_fails_without_react() {
    on_engines(|engine| {
        let root = tempfile::tempdir().expect("a temporary directory");
        fs::write(root.path().join("App.tsx"), "export default () => null;")
            .expect("a writable directory");
        let builder = Renderer::builder().root(root.path()).engine(engine);
        let error = builder.build().expect_err("React is not installed");
        let message = error.to_string();
        assert!(
            message.contains("cannot find React for the components in"),
            "{message}"
        );
        assert!(
            message.contains("install the packages `react` and `react-dom`"),
            "{message}"
        );
        let source = error.source().expect("a cause").to_string();
        assert!(source.contains("react-dom"), "{source}");
    });
}

#[test]
fn build_and_check_load_the_modules_of_components() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { title } from './title';\nexport default () => title;",
            ),
            ("title.ts", "export const title = 'Hello';"),
        ]);
        let builder = || app.builder(engine).check_components(["App.tsx"]);
        let renderer = builder().build().expect("complete components");
        renderer.check().expect("a ready renderer");

        for (file, source, expected) in [
            ("title.ts", "export const title = ;", "title.ts:1:"),
            (
                "title.ts",
                "export { title } from './missing';",
                "cannot find",
            ),
        ] {
            app.write(file, source);
            let error = builder().build().expect_err("an unusable module");
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = app.builder(engine).check_components(["Absent.tsx"]).build();
        let error = error.expect_err("an absent component").to_string();
        assert!(
            error.contains("cannot find component \"Absent.tsx\""),
            "{error}"
        );

        app.write("pages/users/User.tsx", "import './missing';");
        let error = app.builder(engine).check_components(["pages"]).build();
        let error = error.expect_err("an unusable component").to_string();
        assert!(error.contains("User.tsx"), "{error}");

        // In development, the page shows the error.
        let renderer = builder().development(true).build().expect("a renderer");
        assert!(renderer.check().is_err());
        app.write("title.ts", "export const title = 'Hello';");
        renderer.check().expect("a ready renderer");
    });
}

#[test]
fn closed_renderer_is_not_ready() {
    on_engines(|engine| {
        let app = App::component("export default () => null;");
        let renderer = app.renderer(engine);
        block_on(renderer.clone().close());
        let error = renderer.check().expect_err("a closed renderer");
        assert!(
            error.to_string().contains("the renderer is closed"),
            "{error}"
        );
    });
}
