use std::path::Path;
use std::process::Command;

use futures_util::StreamExt;
use serde_json::json;

use crate::app::{App, block_on, on_engines};

/// Components as they stream: suspended at once, one after the other, at length, and in error.
const STREAMS: [(&str, &str); 7] = [
    ("Plain.mjs", "export default (p) => h('p', null, 'a', p.n);"),
    (
        "Suspended.mjs",
        "const load = async (k) => { for (let n = 0; n < k; n++) await null; return 'ü' + k; }; const C = ({ p }) => h('i', null, React.use(p)); export default () => h('main', null, [1, 2, 3].map((k) => h(React.Suspense, { key: k, fallback: 'wait' }, h(C, { p: load(k) }))));",
    ),
    (
        "Timed.mjs",
        "const load = (k) => new Promise((done) => setTimeout(() => done('t' + k), 20 * k)); const C = ({ p }) => h('i', { id: React.useId() }, React.use(p)); export default () => h('main', null, h(React.Suspense, { fallback: 'outer' }, h(C, { p: load(1) }), h(React.Suspense, { fallback: 'inner' }, h(C, { p: load(4) }))));",
    ),
    (
        "Outlined.mjs",
        "export default () => h('main', null, 'é', h(React.Suspense, { fallback: 'wait' }, h('p', null, 'ü€🎉'.repeat(2000))), h(React.Suspense, { fallback: 'wait' }, h('p', null, 'x'.repeat(13000))));",
    ),
    (
        "Sizes.mjs",
        "export default () => h('main', null, [12780, 12790, 12793, 12800, 12810].map((n) => h(React.Suspense, { key: n, fallback: 'w' }, h('p', null, 'ü'.repeat(10), 'x'.repeat(n - 20)))));",
    ),
    (
        "Error.mjs",
        "const C = () => { throw new Error('inside'); }; export default () => h('main', null, h(React.Suspense, { fallback: h('b', null, 'instead') }, h(C)), 'after');",
    ),
    (
        "Late.mjs",
        "const C = ({ p }) => { React.use(p); throw new Error('late'); }; export default () => h('main', null, h(React.Suspense, { fallback: h('b', null, 'instead') }, h(C, { p: new Promise((done) => setTimeout(done, 20)) })));",
    ),
];

#[test]
fn the_bytes_of_streams_are_those_of_node() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/stream.mjs");
    if Command::new("node").arg("--version").output().is_err() {
        println!("not run: there is no node to compare with");
        return;
    }
    on_engines(|engine| {
        let app = App::new(&[]);
        let renderer = app.renderer(engine);
        let props = json!({ "n": 3 });
        for (name, body) in STREAMS {
            let head = "import * as React from 'react';\nconst h = React.createElement;";
            app.write(name, &format!("{head}\n{body}\n"));
            let output = Command::new("node")
                .env("NODE_ENV", "production")
                .arg(&script)
                .arg(app.path(name))
                .arg(props.to_string())
                .output()
                .expect("node runs");
            let expected = String::from_utf8(output.stdout).expect("UTF-8");
            let ours = block_on(async {
                let stream = renderer.render_stream(name, &props).await.expect("a shell");
                let parts = stream.map(|part| part.expect("no error"));
                parts.collect::<Vec<_>>().await
            });
            let ours = String::from_utf8(ours.concat()).expect("UTF-8");
            assert_eq!(ours, expected, "{name}");
        }
    });
}
