//! Class names of CSS modules, compared with Vite.

use std::process::Command;

use mizan_ssr::Vite;
use serde_json::json;

use crate::app::{App, error, html, on_engines, packages};

const NAMES: &str =
    "import look from './look.module.css'; import sheet, { title } from './theme/base.module.css';
    export const names = JSON.stringify([look, sheet, title]);";

/// Returns the class names that Vite's development server evaluates.
fn vite_names(app: &App) -> Option<String> {
    let script = "import { createServer } from 'vite';
        const server = await createServer({ root: process.argv[1], configFile: false, logLevel: 'error', css: { transformer: 'lightningcss' }, server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
        const { names } = await server.ssrLoadModule('/src/names.ts');
        console.log(names); await server.close();";
    let output = Command::new("node")
        .args(["--input-type=module", "-e", script])
        .arg(app.path("").canonicalize().expect("an existing path"))
        .current_dir(packages()?.parent()?)
        .output()
        .ok()?;
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[test]
fn composed_class_names_equal_vite() {
    on_engines(|engine| {
        let app = App::new(&[
            ("package.json", "{}"),
            (
                "src/look.module.css",
                ".box { composes: title wide from './theme/base.module.css'; composes: own; composes: all from global; margin: 0 }
                 .own { color: red } .plain { composes: title from 'theme/base.module.css' }",
            ),
            (
                "src/theme/base.module.css",
                ".title { composes: wide; color: red } .wide { width: 9px }",
            ),
            ("src/names.ts", NAMES),
            (
                "src/App.tsx",
                "import { names } from './names'; export default () => <>{names}</>;",
            ),
        ]);
        let Some(expected) = vite_names(&app) else {
            println!("not run: there is no node to compare with");
            return;
        };
        let vite = Vite::dev_server("http://localhost:5173");
        let renderer = app.builder(engine).vite(vite).build();
        let renderer = renderer.expect("valid settings");
        let ours = html(&renderer, "src/App.tsx", &json!({})).replace("&quot;", "\"");
        let parse = |text: &str| -> serde_json::Value {
            serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
        };
        assert_eq!(parse(&ours), parse(&expected));
    });
}

#[test]
fn reports_composed_class_that_does_not_exist() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "a.module.css",
                ".a { composes: gone from './b.module.css' }",
            ),
            ("b.module.css", ".b { color: red }"),
            (
                "App.tsx",
                "import look from './a.module.css'; export default () => <b className={look.a} />;",
            ),
        ]);
        let error = error(&app.renderer(engine), "App.tsx").to_string();
        assert!(
            error.contains("a.module.css") && error.contains("`gone` from ./b.module.css"),
            "{error}"
        );
    });
}
