use std::path::Path;

use super::{Kind, Syntax, transform};

fn module(path: &str, source: &str) -> super::Transformed {
    transform(Path::new(path), source, &Syntax::default()).expect("it is understood")
}

#[test]
fn typescript_and_jsx_become_a_strict_function_body() {
    let transformed = module(
        "/a.tsx",
        "import type { T } from './t';\nimport { x } from './x';\n\
         enum E { A = 1, B = A << 2 }\n\
         export default function Hello(p: { name: string }) { return <b>{p.name}{x(E.B)}</b>; }\n",
    );
    assert_eq!(transformed.kind, Kind::EsModule { awaits: false });
    assert_eq!(transformed.imports, ["./x", "react/jsx-runtime"]);
    assert!(transformed.code.starts_with("\"use strict\";\n"));
    assert!(!transformed.code.contains("await"), "{}", transformed.code);
    assert!(!transformed.code.contains("./t"), "{}", transformed.code);
}

#[test]
fn imports_that_are_never_used_stay_only_where_verbatim_module_syntax_says_so() {
    let source = "import { unused } from './side';\nexport const a = 1;";
    assert!(module("/a.ts", source).imports.is_empty());
    let verbatim = Syntax {
        verbatim_module_syntax: true,
        ..Syntax::default()
    };
    let kept = transform(Path::new("/a.ts"), source, &verbatim).expect("it is understood");
    assert_eq!(kept.imports, ["./side"]);
}

#[test]
fn the_parser_tells_the_kind_of_a_js_file() {
    for (path, source, kind) in [
        (
            "/a.js",
            "function f(){}export{f}",
            Kind::EsModule { awaits: false },
        ),
        (
            "/a.js",
            "// import x from 'y'\nexports.a = 1",
            Kind::CommonJs,
        ),
        ("/a.js", "exports.a = 'export default 1'", Kind::CommonJs),
        (
            "/a.mjs",
            "globalThis.x = 1",
            Kind::EsModule { awaits: false },
        ),
        ("/a.cjs", "with (x) {}", Kind::CommonJs),
        ("/a.tsx", "const x = 1", Kind::EsModule { awaits: false }),
    ] {
        assert_eq!(module(path, source).kind, kind, "{source}");
    }
}

#[test]
fn awaiting_counts_at_the_top_only() {
    for (source, awaits) in [
        ("export const a = await b();", true),
        ("export default 1; for await (const x of y) z(x);", true),
        ("export async function a() { await b(); }", false),
        ("export const a = async () => await b();", false),
        ("export class A { async b() { await c(); } }", false),
        ("export class A extends (await b()) {}", true),
    ] {
        assert_eq!(
            module("/a.js", source).kind,
            Kind::EsModule { awaits },
            "{source}"
        );
    }
}

#[test]
fn a_default_beside_a_namespace_is_not_lost() {
    let code = module(
        "/a.js",
        "import React, * as All from 'react'; export default [React, All];",
    )
    .code;
    assert!(code.contains(".default"), "{code}");
    assert!(!code.contains("React,"), "{code}");
}

#[test]
fn dynamic_import_in_a_script_goes_through_the_runner() {
    let transformed = module("/a.cjs", "exports.load = () => import('./b');");
    assert_eq!(transformed.kind, Kind::CommonJs);
    assert!(
        transformed.code.contains("__vite_ssr_dynamic_import__"),
        "{}",
        transformed.code
    );
}

#[test]
fn elements_whose_props_are_written_out_are_made_plainly() {
    for (source, plain) in [
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
        assert_eq!(code.contains("__mizan_elements"), plain, "{code}");
    }
    for source in [
        // Packages are compiled already.
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
    let development = Syntax {
        development: true,
        ..Syntax::default()
    };
    let code = transform(Path::new("/a.js"), compiled, &development).expect("it is understood");
    assert!(!code.code.contains("__mizan_elements"), "{}", code.code);
}

#[test]
fn the_map_leads_to_the_line_of_the_file() {
    let source =
        "type A = {\n  b: string;\n};\nexport function f(a: A) {\n  throw new Error(a.b);\n}\n";
    let transformed = module("/a.ts", source);
    let (line, text) = transformed
        .code
        .lines()
        .enumerate()
        .find(|(_, text)| text.contains("throw"))
        .expect("it throws");
    let column = text.find("throw").expect("it throws");
    let map = transformed.map.expect("there is a map");
    let place = map.source(
        u32::try_from(line).expect("small"),
        u32::try_from(column).expect("small"),
    );
    assert_eq!(place, Some((4, 2)));
}

#[test]
fn a_mistake_is_shown_where_it_is() {
    let error = transform(
        Path::new("/app/Hello.tsx"),
        "export default function Hello() {\n  const x = ;\n  return <b/>;\n}\n",
        &Syntax::default(),
    )
    .expect_err("a mistake")
    .to_string();
    assert!(error.starts_with("/app/Hello.tsx:2:13: "), "{error}");
    assert!(
        error.contains("> 2 |   const x = ;\n    |             ^"),
        "{error}"
    );
}
