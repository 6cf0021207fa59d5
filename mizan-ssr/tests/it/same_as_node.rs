use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::app::{App, html, on_engines};

/// Components without JSX, which Node runs as they are.
const CASES: [(&str, &str); 6] = [
    (
        "Text.mjs",
        "export default (p) => h('p', null, 'a', p.n, null, false, true, 0, '', ['x', 'y'], '<&\"\\'>');",
    ),
    (
        "Attributes.mjs",
        "export default (p) => h('div', { className: 'a b', style: { marginTop: 3, '--x': '1', WebkitFlex: 1, zIndex: 2 }, htmlFor: 'q', 'data-a': p.n, hidden: true, tabIndex: 0, onClick() {}, 'aria-label': '\"<' }, h('input', { defaultValue: 'v', readOnly: true }), h('select', { defaultValue: 'b' }, h('option', { value: 'a' }, 'A'), h('option', { value: 'b' }, 'B')), h('textarea', { defaultValue: '\\n<t>' }));",
    ),
    (
        "Hooks.mjs",
        "const T = React.createContext('d'); const C = () => h('i', { id: React.useId() }, React.useContext(T)); export default () => h(T.Provider, { value: 'v' }, h(C), h(C), h(React.Suspense, { fallback: 'f' }, h(C)));",
    ),
    (
        "Table.mjs",
        "export default (p) => h('table', null, h('tbody', null, Array.from({ length: 200 }, (_, k) => h('tr', { key: k }, h('td', null, k), h('td', null, 'row ', k * p.n)))));",
    ),
    (
        "Head.mjs",
        "export default () => h('div', null, h('title', null, 'T'), h('link', { rel: 'stylesheet', href: '/a.css', precedence: 'x' }), h('svg', { viewBox: '0 0 1 1' }, h('path', { strokeWidth: 2, xlinkHref: '#a' })), h('div', { dangerouslySetInnerHTML: { __html: '<u>raw</u>' } }));",
    ),
    (
        "Form.mjs",
        "export default () => h('form', { action: '/x', method: 'post' }, h('input', { type: 'checkbox', defaultChecked: true }), h('button', { disabled: true, type: 'submit' }, 'ü 🎉 \\u2028'));",
    ),
];

#[test]
fn the_bytes_are_those_of_node() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/render.mjs");
    if Command::new("node").arg("--version").output().is_err() {
        println!("not run: there is no node to compare with");
        return;
    }
    on_engines(|engine| {
        let app = App::new(&[]);
        let renderer = app.renderer(engine);
        let props = json!({ "n": 3 });
        for (name, body) in CASES {
            app.write(
                name,
                &format!(
                    "import * as React from 'react';\nconst h = React.createElement;\n{body}\n"
                ),
            );
            let output = Command::new("node")
                .env("NODE_ENV", "production")
                .arg(&script)
                .arg(app.path(name))
                .arg(props.to_string())
                .output()
                .expect("node runs");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let expected: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(
                html(&renderer, name, &props),
                expected.as_str().expect("text"),
                "{name}"
            );
        }
    });
}
