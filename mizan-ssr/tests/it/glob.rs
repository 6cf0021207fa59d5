//! `import.meta.glob`, compared with Vite.

use std::process::Command;

use mizan_ssr::Vite;
use serde_json::json;

use crate::app::{App, error, html, on_engines, packages};

const FILES: [(&str, &str); 11] = [
    ("package.json", "{}"),
    (
        "tsconfig.json",
        r#"{"compilerOptions":{"paths":{"@/*":["./src/*"]}}}"#,
    ),
    (
        "src/pages/b.ts",
        "export default 'b'; export const name = 'nb';",
    ),
    (
        "src/pages/a.ts",
        "export default 'a'; export const name = 'na';",
    ),
    (
        "src/pages/Z.ts",
        "export default 'Z'; export const name = 'nZ';",
    ),
    (
        "src/pages/deep/c.ts",
        "export default 'c'; export const name = 'nc';",
    ),
    (
        "src/pages/deep/d.test.ts",
        "export default 'd'; export const name = 'nd';",
    ),
    (
        "src/pages/.hidden.ts",
        "export default 'h'; export const name = 'nh';",
    ),
    (
        "src/pages/[id].ts",
        "export default 'i'; export const name = 'ni';",
    ),
    (
        "src/pages/node_modules/p.ts",
        "export default 'p'; export const name = 'np';",
    ),
    ("other/x.json", r#"{"name":"nx"}"#),
];

/// Arguments of calls in `src/main.ts`.
const CALLS: [&str; 18] = [
    "'./pages/*.ts'",
    "'./pages/**/*.ts'",
    "['./pages/**/*.ts', '!**/*.test.ts']",
    "['./pages/*.ts', '!./pages/a.ts']",
    "['./pages/deep/*.ts', '../other/*']",
    "'/src/pages/*.ts'",
    "['/src/pages/*.ts', '!/src/pages/b.ts']",
    "'../other/*.json'",
    "'./pages/{a,b}.ts'",
    "'./pages/[ab].ts'",
    "'./pages/?.ts'",
    "`./pages/*/*.ts`",
    "'./pages/*.ts', { eager: true }",
    "'./pages/*.ts', { eager: true, import: 'default' }",
    "'./pages/*.ts', { import: 'name', base: './pages' }",
    "'./*.ts', { base: './pages/deep', eager: true, import: 'name' }",
    "'./pages/*.ts', { query: '?raw', import: 'default', eager: true }",
    "['./pages/none/*.ts', './pages/deep/*']",
];

fn entry(calls: &[&str]) -> String {
    let calls = calls.iter().map(|call| format!("import.meta.glob({call})"));
    format!(
        "export const results = [{}];\n\
         export const text = async () => JSON.stringify(await Promise.all(results.map(async (modules) => {{\n\
           const loaded = await Promise.all(Object.values(modules).map((it) => typeof it === 'function' ? it() : it));\n\
           return [Object.keys(modules), loaded.map((it) => typeof it === 'string' ? it : it.default?.name ?? it.default)];\n\
         }})));",
        calls.collect::<Vec<_>>().join(",\n")
    )
}

/// Returns what Vite's development server evaluates.
fn vite_text(app: &App) -> Option<String> {
    let script = "import { createServer } from 'vite';
        const server = await createServer({ root: process.argv[1], configFile: false, logLevel: 'error', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
        const { text } = await server.ssrLoadModule('/src/main.ts');
        console.log(await text()); await server.close();";
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

fn unescape(html: &str) -> String {
    html.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

#[test]
fn import_meta_glob_equals_vite() {
    on_engines(|engine| {
        let app = App::new(&FILES);
        app.write("src/main.ts", &entry(&CALLS));
        app.write(
            "src/App.tsx",
            "import { text } from './main'; const value = await text(); export default () => <>{value}</>;",
        );
        let Some(expected) = vite_text(&app) else {
            println!("not run: there is no node to compare with");
            return;
        };
        let renderer = app
            .builder(engine)
            .vite(Vite::dev_server("http://localhost:5173"))
            .build()
            .expect("valid settings");
        let ours = unescape(&html(&renderer, "src/App.tsx", &json!({})));
        let parse = |text: &str| -> Vec<serde_json::Value> {
            serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
        };
        for ((ours, vites), call) in parse(&ours).iter().zip(parse(&expected)).zip(CALLS) {
            assert_eq!(*ours, vites, "{call}");
        }
        // Aliases of the tsconfig; Vite needs a plugin for them.
        app.write("src/Alias.tsx", "const m = import.meta.glob('@/pages/deep/*.ts', { eager: true });\nexport default () => <b>{Object.keys(m).join()}</b>;");
        assert_eq!(
            html(&renderer, "src/Alias.tsx", &json!({})),
            "<b>/src/pages/deep/c.ts,/src/pages/deep/d.test.ts</b>"
        );
    });
}

#[test]
fn import_meta_glob_finds_new_files_in_development() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "const pages = import.meta.glob('./pages/*.ts', { eager: true, import: 'default' });\nexport default () => <b>{Object.values(pages).join()}</b>;",
            ),
            ("pages/a.ts", "export default 1;"),
        ]);
        let renderer = app
            .builder(engine)
            .development(true)
            .build()
            .expect("valid settings");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>1</b>");
        app.write("pages/b.ts", "export default 2;");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>1,2</b>");
    });
}

#[test]
fn reports_invalid_glob_imports_with_location() {
    on_engines(|engine| {
        for (call, part) in [
            (
                "import.meta.glob(`./${name}.ts`)",
                "App.tsx:2:39: invalid import.meta.glob: expected a string literal",
            ),
            ("import.meta.glob('pages/*.ts')", "must start with `/`"),
            (
                "import.meta.glob('./*.ts', { lazy: true })",
                "unknown option `lazy`",
            ),
            (
                "import.meta.glob('./*.ts', { eager: name })",
                "expected `true` or `false`",
            ),
        ] {
            let app = App::component(&format!(
                "const name = 'a';\nexport const pages = {call};\nexport default () => null;"
            ));
            let error = error(&app.renderer(engine), "App.tsx").to_string();
            assert!(error.contains(part), "{error}");
        }
    });
}
