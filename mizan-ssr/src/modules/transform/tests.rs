//! Tests of the transformation.

use std::path::Path;

use super::{ModuleFormat, SyntaxOptions, TransformedModule, transform};

fn module(path: &str, source: &str) -> TransformedModule {
    transform(Path::new(path), source, &SyntaxOptions::default()).expect("valid source")
}

#[test]
fn converts_typescript_and_jsx_to_strict_function_body() {
    let transformed = module(
        "/a.tsx",
        "import type { T } from './t';\nimport { x } from './x';\n\
         enum E { A = 1, B = A << 2 }\n\
         export default function Hello(p: { name: string }) { return <b>{p.name}{x(E.B)}</b>; }\n",
    );
    assert_eq!(transformed.format, ModuleFormat::EsModule { awaits: false });
    assert_eq!(transformed.imports, ["./x", "react/jsx-runtime"]);
    assert!(
        transformed
            .code
            .starts_with("return (function* () { \"use strict\"; ")
    );
    assert!(!transformed.code.contains("await"), "{}", transformed.code);
    assert!(!transformed.code.contains("./t"), "{}", transformed.code);
}

#[test]
fn keeps_unused_imports_only_with_verbatim_module_syntax() {
    let source = "import { unused } from './side';\nexport const a = 1;";
    assert!(module("/a.ts", source).imports.is_empty());
    let verbatim = SyntaxOptions {
        verbatim_module_syntax: true,
        ..SyntaxOptions::default()
    };
    let kept = transform(Path::new("/a.ts"), source, &verbatim).expect("valid source");
    assert_eq!(kept.imports, ["./side"]);
}

#[test]
fn detects_format_of_js_file() {
    for (path, source, format) in [
        (
            "/a.js",
            "function f(){}export{f}",
            ModuleFormat::EsModule { awaits: false },
        ),
        (
            "/a.js",
            "// import x from 'y'\nexports.a = 1",
            ModuleFormat::CommonJs,
        ),
        (
            "/a.js",
            "exports.a = 'export default 1'",
            ModuleFormat::CommonJs,
        ),
        (
            "/a.mjs",
            "globalThis.x = 1",
            ModuleFormat::EsModule { awaits: false },
        ),
        ("/a.cjs", "with (x) {}", ModuleFormat::CommonJs),
        (
            "/a.tsx",
            "const x = 1",
            ModuleFormat::EsModule { awaits: false },
        ),
    ] {
        assert_eq!(module(path, source).format, format, "{source}");
    }
}

#[test]
fn detects_top_level_await() {
    for (source, awaits) in [
        ("export const a = await b();", true),
        ("export default 1; for await (const x of y) z(x);", true),
        ("export async function a() { await b(); }", false),
        ("export const a = async () => await b();", false),
        ("export class A { async b() { await c(); } }", false),
        ("export class A extends (await b()) {}", true),
    ] {
        assert_eq!(
            module("/a.js", source).format,
            ModuleFormat::EsModule { awaits },
            "{source}"
        );
    }
}

#[test]
fn keeps_default_import_beside_namespace_import() {
    let code = module(
        "/a.js",
        "import React, * as All from 'react'; export default [React, All];",
    )
    .code;
    assert!(code.contains(".default"), "{code}");
    assert!(!code.contains("React,"), "{code}");
}

#[test]
fn rewrites_dynamic_import_in_commonjs() {
    let transformed = module("/a.cjs", "exports.load = () => import('./b');");
    assert_eq!(transformed.format, ModuleFormat::CommonJs);
    assert!(
        transformed.code.contains("__vite_ssr_dynamic_import__"),
        "{}",
        transformed.code
    );
}

#[test]
fn creates_elements_with_known_props_directly() {
    for (source, direct) in [
        ("<a title={x} b-c=\"d\" />", true),
        ("<a key={x} />", true),
        ("<a>{x}</a>", true),
        ("<a>{x} and <b /></a>", true),
        ("<></>", true),
        ("<a ref={x} />", false),
        ("<a {...x} />", false),
        ("<a key={x} {...x} />", false),
        ("<a __proto__={x} />", false),
    ] {
        let code = module("/a.tsx", &format!("export const A = (x) => {source};")).code;
        assert_eq!(code.contains("__mizan_elements"), direct, "{code}");
    }
    for source in [
        // The source of packages is already compiled.
        "import { jsx } from 'react/jsx-runtime'; jsx(x, { ['a' + b]: 1 }); jsx(x, y); jsx(...z); jsx(x);",
        "import { jsx } from '@emotion/react/jsx-runtime'; jsx(x, {});",
        "import { jsx } from 'react/jsx-runtime'; ((jsx) => jsx(x, {}))(1);",
    ] {
        let code = module("/a.js", source).code;
        assert!(!code.contains("__mizan_elements"), "{code}");
    }
    let compiled = "import * as r from 'react/jsx-runtime'; import { jsxs as s } from 'react/jsx-runtime'; s(x, { a: r.jsx(y, {}) });";
    let code = module("/a.js", compiled).code;
    assert_eq!(code.matches("__mizan_elements").count(), 1, "{code}");
    let development = SyntaxOptions {
        development: true,
        ..SyntaxOptions::default()
    };
    let code = transform(Path::new("/a.js"), compiled, &development).expect("valid source");
    assert!(!code.code.contains("__mizan_elements"), "{}", code.code);
}

#[test]
fn maps_positions_to_original_file() {
    let source =
        "type A = {\n  b: string;\n};\nexport function f(a: A) {\n  throw new Error(a.b);\n}\n";
    let transformed = module("/a.ts", source);
    let (line, text) = transformed
        .code
        .lines()
        .enumerate()
        .find(|(_, text)| text.contains("throw"))
        .expect("a throw statement");
    let column = text.find("throw").expect("a throw statement");
    let map = transformed.map.expect("a source map");
    let place = map.original(
        u32::try_from(line).expect("a small number"),
        u32::try_from(column).expect("a small number"),
    );
    assert_eq!(place, Some((4, 2)));
}

#[test]
fn reports_location_of_syntax_error() {
    let error = transform(
        Path::new("/app/Hello.tsx"),
        "export default function Hello() {\n  const x = ;\n  return <b/>;\n}\n",
        &SyntaxOptions::default(),
    )
    .expect_err("a syntax error")
    .to_string();
    assert!(error.starts_with("/app/Hello.tsx:2:13: "), "{error}");
    assert!(
        error.contains("> 2 |   const x = ;\n    |             ^"),
        "{error}"
    );
}
