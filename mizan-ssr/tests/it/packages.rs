//! Packages written for several platforms.

use std::path::Path;
use std::time::Duration;

use mizan_ssr::Renderer;
use serde_json::json;

use crate::app::{App, bundle, error, html, on_engines};

#[test]
fn uses_browser_replacements_for_node_builtins() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { name, deep } from 'es'; import chosen from 'chosen'; import hash from 'optional';
                 export default () => <p>{[name, deep, chosen, hash].join()}</p>;",
            ),
            // Replaces single files that other files of the package import, as axios does.
            (
                "node_modules/es/package.json",
                r#"{"type":"module","main":"./index.js","browser":{"./node.js":"./web.js","./deep/node.js":"./deep/web.js"}}"#,
            ),
            (
                "node_modules/es/index.js",
                "export { name } from './node.js'; export { default as deep } from './deep/node.js';",
            ),
            (
                "node_modules/es/node.js",
                "import os from 'os'; export const name = os.hostname();",
            ),
            ("node_modules/es/web.js", "export const name = 'web';"),
            (
                "node_modules/es/deep/node.js",
                "export { default } from 'node:fs';",
            ),
            ("node_modules/es/deep/web.js", "export default 'deep';"),
            // Replaces the main file, because it requires a file that cannot be loaded, as debug does.
            (
                "node_modules/chosen/package.json",
                r#"{"main":"./index.js","browser":"./web.js"}"#,
            ),
            (
                "node_modules/chosen/index.js",
                "if (process.type === 'renderer') module.exports = require('./web.js'); else module.exports = require('./node.js');",
            ),
            (
                "node_modules/chosen/node.js",
                "module.exports = require('tty').isatty(1);",
            ),
            ("node_modules/chosen/web.js", "module.exports = 'chosen';"),
            // Omits a module of Node.js, as many hash packages do.
            (
                "node_modules/optional/package.json",
                r#"{"browser":{"crypto":false}}"#,
            ),
            (
                "node_modules/optional/index.js",
                "const crypto = require('crypto'); module.exports = crypto.createHash ? 'node' : 'none';",
            ),
        ]);
        for renderer in app.renderers(engine) {
            for _ in 0..2 {
                assert_eq!(
                    html(&renderer, "App.tsx", &json!({})),
                    "<p>web,deep,chosen,none</p>"
                );
            }
        }
    });
}

#[test]
fn uses_browser_condition_for_node_builtins_and_unexported_paths() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { token } from 'oidc'; import only from 'only'; import sub from 'oidc/sub'; import old from 'old';
                 export default () => <p>{[token, only, sub, old].join()}</p>;",
            ),
            // The chosen file imports another file of the package that imports a module of Node.js.
            (
                "node_modules/oidc/package.json",
                r#"{"type":"module","exports":{
                    ".":{"browser":"./web.js","import":"./index.js"},
                    "./sub":{"browser":"./sub_web.js","default":"./sub.js"}}}"#,
            ),
            (
                "node_modules/oidc/index.js",
                "export { token } from './token.js';",
            ),
            (
                "node_modules/oidc/token.js",
                "import path from 'node:path'; export const token = path.sep;",
            ),
            ("node_modules/oidc/web.js", "export const token = 'web';"),
            (
                "node_modules/oidc/sub.js",
                "import 'fs'; export default 'node';",
            ),
            ("node_modules/oidc/sub_web.js", "export default 'sub';"),
            // No file is exported under the preferred conditions.
            (
                "node_modules/only/package.json",
                r#"{"type":"module","exports":{"node":"./node.js","browser":"./web.js"}}"#,
            ),
            ("node_modules/only/web.js", "export default 'only';"),
            // CommonJS fails when it is evaluated.
            (
                "node_modules/old/package.json",
                r#"{"exports":{"browser":"./web.js","default":"./index.js"}}"#,
            ),
            (
                "node_modules/old/index.js",
                "module.exports = require('./node.js');",
            ),
            (
                "node_modules/old/node.js",
                "module.exports = require('os').EOL;",
            ),
            ("node_modules/old/web.js", "module.exports = 'old';"),
        ]);
        let renderer = app.renderer(engine);
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<p>web,only,sub,old</p>"
        );
    });
}

#[test]
fn uses_node_condition_for_files_that_need_browser_globals() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import Wrapper from 'wrapper'; import { kind } from 'late';
                 import common from 'common'; export default () => <b>{Wrapper} {kind} {common.kind}</b>;",
            ),
            (
                "node_modules/wrapper/package.json",
                r#"{"type":"module","main":"./index.js"}"#,
            ),
            (
                "node_modules/wrapper/index.js",
                "import { kind } from 'elements'; export default kind;",
            ),
            (
                "node_modules/elements/package.json",
                r#"{"type":"module","exports":{"node":"./node.js","default":"./web.js"}}"#,
            ),
            (
                "node_modules/elements/web.js",
                "export { Part } from './part.js'; export const kind = 'web';",
            ),
            (
                "node_modules/elements/part.js",
                "export class Part extends HTMLElement {}",
            ),
            (
                "node_modules/elements/node.js",
                "export const kind = 'node'; export const Part = null;",
            ),
            (
                "node_modules/late/package.json",
                r#"{"type":"module","exports":{"node":"./node.js","default":"./web.js"}}"#,
            ),
            (
                "node_modules/late/web.js",
                "await 0; export const kind = window.kind;",
            ),
            (
                "node_modules/late/node.js",
                "export const kind = 'late node';",
            ),
            (
                "node_modules/common/package.json",
                r#"{"exports":{"node":"./node.js","default":"./web.js"}}"#,
            ),
            (
                "node_modules/common/web.js",
                "exports.kind = document.title;",
            ),
            (
                "node_modules/common/node.js",
                "exports.kind = 'common node';",
            ),
        ]);
        for renderer in app.renderers(engine) {
            for _ in 0..2 {
                assert_eq!(
                    html(&renderer, "App.tsx", &json!({})),
                    "<b>node<!-- --> <!-- -->late node<!-- --> <!-- -->common node</b>"
                );
            }
        }
    });
}

#[test]
fn reports_browser_globals_of_packages_without_usable_files() {
    on_engines(|engine| {
        let exports = r#"{"type":"module","browser":{"./node.js":"./web.js"},
            "exports":{"node":"./node.js","default":"./web.js"}}"#;
        for node in [
            "import 'node:fs'; export const kind = 1;",
            "export const kind = document.title;",
        ] {
            let app = App::new(&[
                (
                    "App.tsx",
                    "import { kind } from 'elements'; export default () => <b>{kind}</b>;",
                ),
                ("node_modules/elements/package.json", exports),
                (
                    "node_modules/elements/web.js",
                    "export const kind = document.title;",
                ),
                ("node_modules/elements/node.js", node),
            ]);
            let renderer = app.renderer(engine);
            for _ in 0..2 {
                let error = error(&renderer, "App.tsx");
                let message = error.to_string();
                assert!(message.contains("document is not defined"), "{message}");
                let stack = error.stack().unwrap_or_default();
                assert!(stack.contains("node_modules/elements"), "{error:?}");
            }
        }
    });
}

#[test]
fn reports_node_builtin_without_replacement() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import p from 'p'; export default () => <p>{p}</p>;",
            ),
            (
                "node_modules/p/package.json",
                r#"{"browser":{"./other.js":"./web.js"}}"#,
            ),
            (
                "node_modules/p/index.js",
                "module.exports = require('tty');",
            ),
            ("node_modules/p/web.js", ""),
        ]);
        let bundling = bundle(engine, &app.path(""), "App.tsx").expect_err("a missing module");
        let error = error(&app.renderer(engine), "App.tsx").to_string();
        for error in [error, bundling.to_string()] {
            assert!(
                error.contains("`tty`") && error.contains("p/index.js"),
                "{error}"
            );
        }
    });
}

#[test]
fn provides_global_for_multi_platform_packages() {
    on_engines(|engine| {
        let app = App::component(
            "const all = typeof window === 'undefined' ? global : window; export default () => <p>{String(all === globalThis)}</p>;",
        );
        for renderer in app.renderers(engine) {
            assert_eq!(html(&renderer, "App.tsx", &json!({})), "<p>true</p>");
        }
    });
}

/// Development builds have other imports; for example, micromark, used by react-markdown, imports `debug`.
#[test]
fn renders_development_builds_of_packages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/src");
    if !folder.join("../../../../node_modules/recharts").is_dir() {
        println!("not run: the packages are missing; run `npm ci` at the workspace's root");
        return;
    }
    on_engines(|engine| {
        let renderer = Renderer::builder()
            .root(&folder)
            .engine(engine)
            .threads(1)
            .development(true)
            .deadline(Duration::from_secs(60))
            .build()
            .expect("valid settings");
        for (file, part) in [
            ("markdown.tsx", "<code data-language=\"ts\">"),
            ("radix.tsx", "role=\"tablist\""),
            ("router.tsx", "7 a"),
            ("styled_sheet.tsx", "<style data-styled"),
        ] {
            let rendered = renderer.render_blocking(file, &json!({}));
            let html = rendered
                .unwrap_or_else(|error| panic!("{file}: {error}"))
                .html;
            assert!(html.contains(part), "{html}");
        }
    });
}
