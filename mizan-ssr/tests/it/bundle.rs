//! Bundles: what they contain, what cannot be bundled, and damaged ones.

use std::fs;
use std::time::Duration;

use http_body_util::BodyExt as _;
use mizan_ssr::bundle::{BundleBuilder, ViteBuild};
use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::vite::BrowserFilesService;
use mizan_ssr::{Bundle, Pages, Renderer, Vite};
use serde_json::json;
use tower_service::Service as _;

use crate::app::{App, block_on, bundle, error, html, on_engines};

/// Modules of every kind: TypeScript, CommonJS, JSON, text, URLs, style sheets, top-level await and dynamic imports.
fn app_with_every_kind_of_module() -> App {
    App::new(&[
        (
            "App.tsx",
            "import { lazy, Suspense } from 'react';
             import './app.css';
             import { word } from './sub/word';
             import text from './note.md?raw';
             import logo from './logo.svg';
             import { version } from './package.json';
             import cjs, { named } from 'cjs';
             import late from './late';
             const Lazy = lazy(() => import('./Lazy'));
             export default ({ n }: { n: number }) => (
               <main>{[word, text, logo, version, cjs(), named, late, n].join()}<Suspense fallback=\"…\"><Lazy /></Suspense></main>
             );",
        ),
        ("sub/word.ts", "export const word: string = 'wörd';"),
        ("note.md", "note"),
        ("logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("app.css", "main { color: red }"),
        ("package.json", r#"{"version":"1.2.3"}"#),
        ("late.ts", "export default await Promise.resolve('late');"),
        ("Lazy.tsx", "export default () => <i>lazy</i>;"),
        ("node_modules/cjs/package.json", r#"{"main":"./index.js"}"#),
        (
            "node_modules/cjs/index.js",
            "const name = './locale-' + 'de'; module.exports = () => require(name); module.exports();
             module.exports.named = require('./inner').inner; try { require('fs') } catch {}",
        ),
        ("node_modules/cjs/inner.js", "exports.inner = __filename.split('/').pop();"),
        ("node_modules/cjs/locale-de.js", "module.exports = 'de';"),
    ])
}

#[test]
fn bundle_renders_same_bytes_as_files() {
    on_engines(|engine| {
        let app = app_with_every_kind_of_module();
        let [disk, bundled] = app.renderers(engine);
        let expected = html(&disk, "App.tsx", &json!({ "n": 7 }));
        assert!(
            expected.contains("wörd,note,") && expected.contains(",late,7"),
            "{expected}"
        );
        drop((app, disk));
        for path in ["App.tsx", "./App.tsx", ".//App.tsx"] {
            assert_eq!(html(&bundled, path, &json!({ "n": 7 })), expected);
        }
    });
}

/// Pages that misbehave if their prop `bad` is set, with the error that this causes.
const BAD_PAGES: [(&str, &str, RenderErrorCode); 7] = [
    ("Loop.tsx", "for (;;);", RenderErrorCode::DeadlineExceeded),
    (
        "Memory.tsx",
        "const all = []; for (;;) all.push({ a: all.length, b: [1, 2, 3] });",
        RenderErrorCode::OutOfMemory,
    ),
    (
        "Recursion.tsx",
        "const f = (): number => f() + 1; f();",
        RenderErrorCode::Component,
    ),
    (
        "Suspended.tsx",
        "use(new Promise(() => {}));",
        RenderErrorCode::Suspended,
    ),
    (
        "Thrown.tsx",
        "throw new TypeError('no text');",
        RenderErrorCode::Component,
    ),
    ("Null.tsx", "throw null;", RenderErrorCode::Component),
    (
        "Late.tsx",
        "use(Promise.reject(new Error('late')));",
        RenderErrorCode::Component,
    ),
];

#[test]
fn bad_input_fails_as_with_files() {
    const GOOD: &str = "export default () => <b>{String(({} as any).leak)}</b>;";
    on_engines(|engine| {
        let pages = BAD_PAGES.map(|(path, statements, _)| {
            let import = "import { use } from 'react';";
            let component = "export default function App({ bad }: { bad?: boolean })";
            (
                path,
                format!("{import} {component} {{ if (bad) {{ {statements} }} return <i/>; }}"),
            )
        });
        let app = App::new(&[
            ("Good.tsx", GOOD),
            (
                "Leak.tsx",
                "export default () => { (Object.prototype as any).leak = 1; return null; };",
            ),
        ]);
        for (path, source) in &pages {
            app.write(path, source);
        }
        let bundle = bundle(engine, &app.path(""), "*.tsx").expect("valid modules");
        let [disk, bundled] = [
            app.builder(engine),
            Renderer::embedded(&bundle).engine(engine),
        ]
        .map(|builder| {
            let builder = builder.threads(1).deadline(Duration::from_secs(4));
            builder
                .max_heap_bytes(64 << 20)
                .build()
                .expect("valid settings")
        });
        for (path, _, code) in BAD_PAGES {
            for renderer in [&disk, &bundled] {
                let error = renderer
                    .render_blocking(path, &json!({ "bad": true }))
                    .expect_err("a failed render");
                assert_eq!(error.code(), code, "{path}: {error}");
                assert_eq!(html(renderer, "Good.tsx", &json!({})), "<b>undefined</b>");
                assert_eq!(html(renderer, path, &json!({})), "<i></i>", "{path}");
            }
        }
        for path in ["../Good.tsx", "/etc/passwd", "Good.tsx\0", "", "C:/x.tsx"] {
            let [expected, actual] = [&disk, &bundled].map(|renderer| error(renderer, path).code());
            assert_eq!(actual, expected, "{path:?}");
        }
        for props in [json!([1]), json!("text")] {
            let error = bundled
                .render_blocking("Good.tsx", &props)
                .expect_err("invalid props");
            assert_eq!(error.code(), RenderErrorCode::InvalidProps);
        }
        let _ = bundled.render_blocking("Leak.tsx", &json!({}));
        assert_eq!(html(&bundled, "Good.tsx", &json!({})), "<b>undefined</b>");
    });
}

/// The imports of `App.tsx` that cannot be bundled, one message each.
#[test]
fn lists_everything_that_cannot_be_bundled() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import './gone';\nimport gone from 'no-such-package';\nimport fs from 'node:fs';\n\
                 import type { T } from './types-only';\nimport other from './Other';\n\
                 export default () => <b>{gone}{fs}{other}</b>;",
            ),
            (
                "Other.tsx",
                "import native from 'native';\nimport doc from './doc.md';\nimport broken from './broken';\n\
                 export const load = (name: string) => import(`./lang/${name}`);\n  const late = () => import('./later');\n\
                 export default () => <b>{native}{doc}{broken}{String(late)}</b>;",
            ),
            ("broken.ts", "export const a = ;\n"),
            ("doc.md", "# doc"),
            (
                "node_modules/native/index.js",
                "module.exports = require('./build/native.node');",
            ),
            ("node_modules/native/build/native.node", "\u{7f}ELF"),
        ]);
        let error = bundle(engine, &app.path(""), "App.tsx").expect_err("failing imports");
        let root = app.path("").canonicalize().expect("an existing directory");
        let message = error
            .to_string()
            .replace(&format!("{}/", root.display()), "");
        let mut lines = message.lines();
        assert_eq!(
            lines.next(),
            Some("8 imports cannot be bundled"),
            "{message}"
        );
        let expected = [
            "App.tsx:1:1: cannot find module `./gone`",
            "App.tsx:2:1: cannot find module `no-such-package`",
            "App.tsx:3:1: the Node.js module `node:fs` is not available",
            "Other.tsx:2:1: cannot import `./doc.md`",
            "Other.tsx:4:39: the specifier of the import is computed",
            "Other.tsx:5:22: cannot find module `./later`",
            "broken.ts:1:18: ",
            "node_modules/native/index.js:1:18: cannot import `./build/native.node`",
        ];
        for (line, start) in lines.zip(expected) {
            assert!(
                line.starts_with(start),
                "{line}\nexpected {start}\n{message}"
            );
        }
        assert!(
            message.contains("native packages are not supported"),
            "{message}"
        );
    });
}

#[test]
fn warns_of_imports_in_packages_that_may_never_run() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { value, read } from 'both';
                 export default ({ run }: { run?: boolean }) => <b>{run ? read() : value}</b>;",
            ),
            (
                "node_modules/both/index.js",
                "exports.value = 'here';\n  exports.read = () => require('fs');\nexports.any = (name) => require(name);",
            ),
        ]);
        let directory = app.path("out");
        let file = directory.join("app.bundle");
        let builder = Bundle::builder().root(app.path("")).pages("*.tsx");
        let summary = builder.engine(engine).progress(|_| {}).build(&file);
        let summary = summary.expect("only warnings");
        let warnings = summary.warnings.join("\n");
        assert_eq!(summary.warnings.len(), 2, "{warnings}");
        assert!(
            warnings.contains("both/index.js:2:24: the Node.js module `fs`"),
            "{warnings}"
        );
        assert!(
            warnings.contains("both/index.js:3:25: the specifier"),
            "{warnings}"
        );
        let bundle = Bundle::open(&file).expect("a valid bundle");
        let renderer = Renderer::embedded(&bundle)
            .engine(engine)
            .threads(1)
            .build();
        let renderer = renderer.expect("valid settings");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>here</b>");
        let error = renderer.render_blocking("App.tsx", &json!({ "run": true }));
        let error = error.expect_err("a module of Node.js").to_string();
        assert!(error.contains("`fs`"), "{error}");
    });
}

#[test]
fn renders_only_the_pages_of_the_bundle() {
    on_engines(|engine| {
        let page = "export default () => <b>1</b>;";
        let app = App::new(&[
            ("pages/A.tsx", page),
            ("pages/deep/B.tsx", page),
            ("pages/notes.txt", ""),
            ("Other.tsx", page),
        ]);
        let bundle = bundle(engine, &app.path(""), "pages/**/*").expect("valid modules");
        assert_eq!(
            bundle.pages().collect::<Vec<_>>(),
            ["pages/A.tsx", "pages/deep/B.tsx"]
        );
        let renderer = Renderer::embedded(&bundle)
            .engine(engine)
            .threads(1)
            .build();
        let renderer = renderer.expect("valid settings");
        let checked = |path| {
            let builder = Renderer::embedded(&bundle).engine(engine).threads(1);
            builder.check_components([path]).build().map(drop)
        };
        checked("pages").expect("a directory of the bundle");
        checked("pages/A.tsx").expect("a page of the bundle");
        checked("Other.tsx").expect_err("not a page of the bundle");
        let error = error(&renderer, "Other.tsx");
        assert_eq!(error.code(), RenderErrorCode::NotFound);
        assert!(
            error.to_string().contains("BundleBuilder::pages"),
            "{error}"
        );
        for path in [
            "../Other.tsx",
            "/pages/A.tsx",
            "pages\\A.tsx",
            "",
            "pages/../pages/A.tsx",
        ] {
            let error = crate::app::error(&renderer, path);
            assert_eq!(error.code(), RenderErrorCode::InvalidPath, "{path:?}");
        }
    });
}

#[test]
fn rejects_invalid_pages() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let build = |builder: BundleBuilder| {
            let built = builder.progress(|_| {}).build(app.path("app.bundle"));
            built.expect_err("invalid settings").to_string()
        };
        let builder = || Bundle::builder().engine(engine).root(app.path(""));
        assert!(build(Bundle::builder().engine(engine)).contains("BundleBuilder::root"));
        assert!(build(builder()).contains("BundleBuilder::pages"));
        for (pattern, part) in [
            ("Gone.tsx", "no component matches"),
            ("../*.tsx", "leads out"),
            ("[", "invalid pattern"),
        ] {
            let message = build(builder().pages(pattern));
            assert!(message.contains(part), "{message}");
        }
        assert!(!app.path("app.bundle").exists());
    });
}

#[test]
fn shows_output_of_failed_vite_build() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let builder = || {
            Bundle::builder()
                .engine(engine)
                .root(app.path(""))
                .pages("*.tsx")
                .progress(|_| {})
        };
        let vite = ViteBuild::new(app.path(""));
        let failing = vite
            .clone()
            .command("sh", ["-c", "echo to stdout; echo to stderr >&2; exit 3"]);
        let error = builder().vite(failing).build(app.path("app.bundle"));
        let message = error.expect_err("a failed command").to_string();
        for part in ["exit status: 3", "to stdout", "to stderr"] {
            assert!(message.contains(part), "{message}");
        }
        let error = builder().vite(vite.command("no-such-program", ["x"]));
        let message = error
            .build(app.path("app.bundle"))
            .expect_err("a missing program")
            .to_string();
        assert!(
            message.contains("cannot run \"no-such-program\""),
            "{message}"
        );
    });
}

#[test]
fn rejects_damaged_bundles_and_other_versions() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let file = app.path("app.bundle");
        let builder = Bundle::builder()
            .engine(engine)
            .root(app.path(""))
            .pages("*.tsx");
        builder
            .progress(|_| {})
            .build(&file)
            .expect("valid modules");
        let intact = fs::read(&file).expect("an existing file");
        let open = |bytes: &[u8]| {
            Bundle::embedded(bytes.to_vec().leak()).map_err(|error| error.to_string())
        };
        open(&intact).expect("an intact bundle");
        let rejects = |bytes: &[u8], part: &str| {
            let error = open(bytes).expect_err("a damaged bundle");
            assert!(error.contains(part), "{error}");
        };
        rejects(b"", "not a bundle");
        rejects(b"something else", "not a bundle");
        rejects(&vec![0; 4096], "not a bundle");
        for length in [8, 127, 128, intact.len() / 2, intact.len() - 1] {
            rejects(&intact[..length], "bytes instead of");
        }
        rejects(&[&intact[..], b"more"].concat(), "bytes instead of");
        // Every header byte, and a sample of the rest.
        for at in (0..128).chain((128..intact.len()).step_by(intact.len() / 20)) {
            let mut bytes = intact.clone();
            bytes[at] ^= 1 << (at % 8);
            assert!(open(&bytes).is_err(), "byte {at}");
        }
        let mut other_format = intact.clone();
        other_format[8] += 1;
        rejects(&other_format, "in format 2");
        let mut other_version = intact.clone();
        other_version[32..37].copy_from_slice(b"9.8.7");
        rejects(&other_version, "mizan-ssr 9.8.7 built it");
        let missing = Bundle::open(app.path("gone.bundle")).expect_err("a missing file");
        assert!(
            missing
                .to_string()
                .contains("gone.bundle: the file cannot be read"),
            "{missing}"
        );
        let bundle = Bundle::open(&file).expect("an intact bundle");
        let error = Renderer::embedded(&bundle)
            .engine(engine)
            .development(true)
            .build()
            .expect_err("development");
        assert!(error.to_string().contains("production modules"), "{error}");
    });
}

/// Vite's build of `App.tsx`.
fn write_build(app: &App) {
    app.write("vite.config.ts", "export default {}");
    app.write(
        "dist/.vite/manifest.json",
        r#"{
          "main.tsx": { "file": "assets/main-Bx3dQ9aT.js", "name": "main", "isEntry": true, "css": ["assets/main-C0ffee00.css"] },
          "App.tsx": { "file": "assets/App-D3fa8dsa.js", "name": "App", "isDynamicEntry": true },
          "logo.png": { "file": "assets/logo-Dk2l9sKq.png", "src": "logo.png" }
        }"#,
    );
    app.write(
        "dist/assets/main-Bx3dQ9aT.js",
        &"export const a = 1;\n".repeat(200),
    );
    app.write("dist/assets/main-C0ffee00.css", "b { color: red }");
    app.write("dist/assets/App-D3fa8dsa.js", "export default 1;");
    app.write("dist/assets/logo-Dk2l9sKq.png", "png");
    app.write("dist/robots.txt", "User-agent: *");
}

/// Returns the status, the headers that matter and the body of the answer to a request.
fn get(service: &mut BrowserFilesService, path: &str, encoding: &str) -> String {
    let request = http::Request::builder()
        .uri(path)
        .header("accept-encoding", encoding)
        .body(String::new())
        .expect("a valid request");
    let response = block_on(service.call(request)).expect("an infallible service");
    let headers = ["content-type", "content-encoding", "cache-control", "etag"].map(|name| {
        let value = response.headers().get(name);
        value
            .map_or("", |value| value.to_str().expect("text"))
            .to_owned()
    });
    let status = response.status();
    let body = block_on(response.into_body().collect())
        .expect("a body")
        .to_bytes();
    format!("{status} {headers:?} {body:?}")
}

#[test]
fn embedded_vite_serves_same_files_and_pages() {
    on_engines(|engine| {
        let app = App::component(
            "import logo from './logo.png'; export default () => <img src={logo} alt=\"\" />;",
        );
        app.write("logo.png", "png");
        write_build(&app);
        let file = app.path("out/app.bundle");
        let builder = Bundle::builder()
            .engine(engine)
            .root(app.path(""))
            .pages("App.tsx");
        let vite = ViteBuild::new(app.path("")).base("/app/").existing();
        let summary = builder.vite(vite).progress(|_| {}).build(&file);
        assert_eq!(summary.expect("a valid build").browser_files, 5);
        let disk = Vite::manifest(app.path("dist"))
            .expect("a manifest")
            .base("/app/");
        let mut from_disk = disk.service().expect("readable files");
        let disk = app
            .builder(engine)
            .vite(disk)
            .build()
            .expect("valid settings");
        let page = |renderer: Renderer| {
            let pages = Pages::builder(renderer).entry("main.tsx").build();
            let pages = pages.expect("an entry of the build");
            let response = block_on(pages.page("App.tsx").respond());
            let body = block_on(response.into_body().collect()).expect("a body");
            String::from_utf8(body.to_bytes().to_vec()).expect("text")
        };
        let expected = page(disk);
        for part in [
            "/app/assets/main-Bx3dQ9aT.js",
            "/app/assets/App-D3fa8dsa.js",
            "/app/assets/logo-Dk2l9sKq.png",
        ] {
            assert!(expected.contains(part), "{expected}");
        }
        let paths = [
            "/assets/main-Bx3dQ9aT.js",
            "/assets/main-C0ffee00.css",
            "/assets/App-D3fa8dsa.js",
            "/robots.txt",
            "/.vite/manifest.json",
            "/assets/main-Bx3dQ9aT.js.br",
        ];
        let identity: Vec<_> = paths
            .iter()
            .map(|path| get(&mut from_disk, path, "identity"))
            .collect();
        let bundle = Bundle::open(&file).expect("a valid bundle");
        // Neither the renderer nor the service reads a file.
        drop(app);
        let renderer = Renderer::embedded(&bundle)
            .engine(engine)
            .threads(1)
            .build();
        assert_eq!(page(renderer.expect("valid settings")), expected);
        let mut embedded = Vite::embedded(&bundle)
            .expect("browser files")
            .service()
            .expect("files");
        for (path, expected) in paths.iter().zip(identity) {
            assert_eq!(get(&mut embedded, path, "identity"), expected, "{path}");
        }
        for encoding in ["br", "gzip"] {
            let response = get(&mut embedded, paths[0], encoding);
            assert!(response.contains(&format!("{encoding:?}")), "{response}");
            assert!(response.len() < 400, "{response}");
            let small = get(&mut embedded, paths[2], encoding);
            assert!(small.contains("export default 1;"), "{small}");
        }
    });
}

#[test]
fn embedded_vite_needs_a_build() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>1</b>;");
        let bundle = bundle(engine, &app.path(""), "*.tsx").expect("valid modules");
        let error = Vite::embedded(&bundle).expect_err("no build").to_string();
        assert!(error.contains("BundleBuilder::vite"), "{error}");
    });
}

#[cfg(feature = "v8")]
#[test]
fn bundle_contains_compiled_code() {
    use mizan_ssr::renderer::EngineKind;

    on_engines(|engine| {
        if engine != EngineKind::V8 {
            return;
        }
        let app = app_with_every_kind_of_module();
        let renderer = app.bundled_renderer(engine);
        html(&renderer, "App.tsx", &json!({}));
        let statistics = renderer.cache_statistics();
        assert_eq!(statistics.transformed, 0, "{statistics:?}");
        assert_eq!(statistics.code_rejected, 0, "{statistics:?}");
        assert!(statistics.code_reused > 5, "{statistics:?}");
        // Generated modules, such as JSON, are not worth storing.
        assert!(statistics.compiled < 6, "{statistics:?}");
    });
}
