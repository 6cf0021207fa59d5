//! Values of generated clients in rendered pages.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::BodyExt;
use mizan_ssr::Pages;
use serde_json::json;

use crate::app::{App, block_on, inside, on_engines, packages};
use crate::dom::Dom;

/// Creates a project with a component and the generated client of a golden case.
fn app_with_client(case: &str, component: &str) -> App {
    let app = App::new(&[("App.tsx", component)]);
    let codegen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mizan-codegen");
    copy(
        &app,
        &codegen.join("tests/cases").join(case).join("expected"),
        "client",
    );
    for folder in ["codecs", "navigation", "react", "transport", "validation"] {
        copy(
            &app,
            &codegen.join("runtime").join(folder),
            &format!("client/runtime/{folder}"),
        );
    }
    let packages = packages().expect("`on_engines` checks for the packages");
    for name in ["@tanstack", "zod"] {
        std::os::unix::fs::symlink(packages.join(name), app.path("node_modules").join(name))
            .expect("a symbolic link");
    }
    app
}

fn copy(app: &App, from: &Path, to: &str) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path: PathBuf = entry.expect("a readable folder").path();
        if path.is_file() {
            let name = path.file_name().and_then(|name| name.to_str());
            let content = fs::read_to_string(&path).expect("a text file");
            app.write(
                &format!("{to}/{}", name.expect("a name in UTF-8")),
                &content,
            );
        }
    }
}

const EXACT: &str = "
    import { MizanProvider, useMe, useNow, usePost } from './client/react';
    function Values() {
      const { id } = useMe();
      const { data } = useNow();
      const { error } = usePost({ id });
      return <p>{[id + 1n, data?.toISOString(), error?.code === 'gone' && error.by].join(' ')}</p>;
    }
    export default () => <MizanProvider><Values /></MizanProvider>;
";

async fn exact_values(name: String, input: Bytes) -> Result<Bytes, Bytes> {
    match (name.as_str(), &*input) {
        ("me", b"") => Ok(r#"{"id":9007199254740993}"#.into()),
        ("now", b"") => Ok(r#""2026-01-31T18:30:00.123456Z""#.into()),
        ("post", br#"{"id":9007199254740993}"#) => Err(
            r#"{"code":"gone","status":404,"data":{"at":"2026-01-31T18:30:00Z","by":9007199254740995}}"#
                .into(),
        ),
        _ => Err(r#"{"code":"unknown_function","status":404}"#.into()),
    }
}

#[test]
fn integers_of_64_bits_are_exact_in_pages() {
    on_engines(|engine| {
        let app = app_with_client("values", EXACT);
        let renderer = app.renderer(engine);
        let page = renderer.component("App.tsx").functions(exact_values);
        let page = block_on(page.render()).expect("a successful render");
        let html = inside(&page.html);
        assert!(
            html.contains("<p>9007199254740994 2026-01-31T18:30:00.123Z 9007199254740995</p>"),
            "{html}"
        );
        for exact in [r#"{"id":9007199254740993}"#, r#""by":9007199254740995"#] {
            assert!(
                page.function_results.contains(exact),
                "{}",
                page.function_results
            );
        }
    });
}

/// A few strings, and the big list of naughty strings if there is the folder `MIZAN_TEST_DATA`.
fn naughty_strings() -> Vec<String> {
    let mut strings: Vec<_> = [
        "",
        "\u{0}\r\n\t",
        "\u{202e}\u{feff}\u{2028}\u{2029}",
        "👩‍👩‍👧‍👦 Ω≈ç√∫˜µ≤≥÷",
        "</script><!--<script>alert(1)</script>",
        "\u{10ffff}\u{fffd}\u{e000}",
    ]
    .map(str::to_owned)
    .into();
    match std::env::var_os("MIZAN_TEST_DATA") {
        Some(folder) => {
            let list = fs::read(Path::new(&folder).join("naughty-strings.json")).expect("the list");
            strings
                .extend(serde_json::from_slice::<Vec<String>>(&list).expect("a list of strings"));
        }
        None => println!("MIZAN_TEST_DATA is not set: testing only a few strings"),
    }
    strings
}

const ECHO: &str = "
    import { use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    export default ({ texts }) => {
      const { json } = use(functions.call('echo', JSON.stringify(texts)));
      return <main>{JSON.parse(json).map((text, index) => <p key={index} title={texts[index]}>{text}</p>)}</main>;
    };
";

async fn echo(_: String, input: Bytes) -> Result<Bytes, Bytes> {
    Ok(input)
}

/// A browser drops NUL, and converts line ends of markup.
fn as_in_markup(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "")
}

#[test]
fn naughty_strings_are_unchanged_in_pages() {
    let strings = naughty_strings();
    on_engines(|engine| {
        let app = App::component(ECHO);
        let props = json!({ "texts": strings });
        let pages = Pages::builder(app.renderer(engine))
            .build()
            .expect("valid settings");
        let page = pages.page("App.tsx").props(&props).functions(echo);
        let html = block_on(async {
            let body = page.respond().await.into_body();
            let body = body.collect().await.expect("an infallible body");
            String::from_utf8(body.to_bytes().to_vec()).expect("valid UTF-8")
        });
        let dom = Dom::parse(&html);
        let shown: Vec<_> = dom
            .all("p")
            .into_iter()
            .map(|p| as_in_markup(&p.text))
            .collect();
        let expected: Vec<_> = strings.iter().map(|text| as_in_markup(text)).collect();
        assert_eq!(shown, expected);
    });
}
