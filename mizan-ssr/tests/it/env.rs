//! `import.meta.env`, compared with Vite.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use mizan_ssr::{Renderer, Vite};
use serde_json::json;

use crate::app::{App, html, on_engines, packages};

/// Files of one application, with secrets.
const FILES: [(&str, &str); 5] = [
    (
        ".env",
        "SECRET=top\nVITE_A=base\nVITE_B=base\nVITE_FROM_SECRET=x${SECRET}x\nVITE_Q=\"quoted # not a comment\" # a comment\n\
         VITE_MULTI=\"one\\ntwo\"\nVITE_LINES='a\nb'\nexport VITE_EXPORTED=e\nVITE_ESCAPED=\\$VITE_A\nVITE_DEFAULT=${MISSING:-fallback}\n\
         VITE_NESTED=${MISSING:-$VITE_B}\nVITE_SELF=$VITE_SELF\nVITE_LOOP1=$VITE_LOOP2\nVITE_LOOP2=$VITE_LOOP1\n",
    ),
    (".env.local", "VITE_B=local\nVITE_L=local # comment"),
    (
        ".env.staging",
        "VITE_B=staging\nVITE_C=c-$VITE_B\nVITE_PLUS=${VITE_B:+set}\nVITE_PLUS2=${NOPE+set}",
    ),
    (
        ".env.staging.local",
        "\u{feff}VITE_BOM=bom\nVITE_D=${MIZAN_TEST_PROCESS}-d\r\nVITE_PROCESS=file\n= no name\nVITE_E\nVITE_F=\n\nVITE_G = spaced  value \n",
    ),
    ("vite.config.js", "export default { mode: 'staging' };"),
];

/// Values on one line and their variants, which the syntax treats differently.
const LINES: [&str; 30] = [
    "VITE_X=plain",
    "VITE_X='single'",
    "VITE_X=`back`",
    "VITE_X=\"double\" trailing",
    "VITE_X=\"unclosed",
    "VITE_X='unclosed\nVITE_Y=2",
    "VITE_X=  leading",
    "VITE_X=a#b",
    "VITE_X=a #b",
    "VITE_X=\"a#b\"#c",
    "VITE_X='it''s'",
    "VITE_X=a=b=c",
    "VITE_X=\"\\n\"",
    "VITE_X='\\n'",
    "VITE_X=\"\\t\\\"q\"",
    "VITE_X=\n\n\nVITE_Y=y",
    "VITE_X= \nVITE_Y=y",
    "VITE_X=$",
    "VITE_X=$$",
    "VITE_A=1\nVITE_X=$VITE_A$VITE_A",
    "VITE_A=1\nVITE_X=${VITE_A}_${VITE_A:-2}",
    "VITE_A=\nVITE_X=${VITE_A:-2}${VITE_A-3}",
    "VITE_A=1\nVITE_X=${VITE_A:+yes}${VITE_NO:+no}",
    "VITE_A=a$$b\nVITE_X=-$VITE_A-",
    "VITE_Z=$VITE_A\nVITE_A=$VITE_Z",
    "VITE_X=${",
    "VITE_X=${}",
    "  # comment\n  VITE_X=1",
    "VITE_X=1\nVITE_X=2",
    "export   VITE_X=1\nexport=2",
];

/// Returns the variables that Vite loads in each directory.
fn vite_env(directories: &[&Path], mode: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let script = "import { loadEnv } from 'vite'; const [mode, ...directories] = process.argv.slice(1);
                  console.log(JSON.stringify(directories.map((directory) => loadEnv(mode, directory))));";
    let output = Command::new("node")
        .args(["--input-type=module", "-e", script, mode])
        .args(directories)
        .current_dir(packages()?.parent()?)
        .output()
        .ok()?;
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(serde_json::from_slice(&output.stdout).expect("valid JSON"))
}

const COMPONENT: &str = "export default () => <pre>{JSON.stringify(import.meta.env)}</pre>;";

/// Renders `import.meta.env` of a project.
fn rendered_env(
    app: &App,
    vite: Vite,
    engine: mizan_ssr::renderer::EngineKind,
) -> serde_json::Value {
    let renderer = app
        .builder(engine)
        .vite(vite)
        .build()
        .expect("valid settings");
    let html = html(&renderer, "App.tsx", &json!({}));
    let text = html.replace("<pre>", "").replace("</pre>", "");
    let text = text.replace("&quot;", "\"").replace("&#x27;", "'");
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&text).expect("valid JSON")
}

#[test]
fn import_meta_env_equals_vite() {
    on_engines(|engine| {
        let app = App::new(&FILES);
        app.write("App.tsx", COMPONENT);
        let Some(expected) = vite_env(&[&app.path("")], "staging") else {
            println!("not run: there is no node to compare with");
            return;
        };
        let vite = Vite::dev_server("http://localhost:5173")
            .mode("staging")
            .base("/app");
        let mut env = rendered_env(&app, vite, engine);
        let object = env.as_object_mut().expect("an object");
        for (name, value) in [
            ("MODE", json!("staging")),
            ("BASE_URL", json!("/app/")),
            ("DEV", json!(false)),
            ("PROD", json!(true)),
            ("SSR", json!(true)),
        ] {
            assert_eq!(object.remove(name), Some(value), "{name}");
        }
        assert_eq!(env, json!(expected[0]));
        assert!(env["VITE_FROM_SECRET"] == "xtopx" && env.get("SECRET").is_none());
    });
}

#[test]
fn env_file_syntax_equals_vite() {
    on_engines(|engine| {
        let apps: Vec<App> = LINES
            .iter()
            .map(|line| {
                App::new(&[
                    ("App.tsx", COMPONENT),
                    (".env", line),
                    ("package.json", "{}"),
                ])
            })
            .collect();
        let paths: Vec<_> = apps.iter().map(|app| app.path("")).collect();
        let paths: Vec<_> = paths.iter().map(|path| path.as_path()).collect();
        let Some(expected) = vite_env(&paths, "production") else {
            return;
        };
        for ((app, line), expected) in apps.iter().zip(LINES).zip(expected) {
            let env = rendered_env(app, Vite::dev_server("http://localhost:5173"), engine);
            let mut env = env.as_object().expect("an object").clone();
            env.retain(|name, _| name.starts_with("VITE_"));
            assert_eq!(json!(env), json!(expected), "{line:?}");
        }
    });
}

#[test]
fn env_prefix_and_directory_are_those_of_vite() {
    on_engines(|engine| {
        let app = App::new(&[
            ("App.tsx", COMPONENT),
            ("package.json", "{}"),
            (".env", "VITE_A=root"),
            ("config/.env", "PUBLIC_A=a\nAPP_B=b\nVITE_A=v\nSECRET=s"),
        ]);
        let vite = Vite::dev_server("http://localhost:5173")
            .env_dir("config")
            .env_prefix("PUBLIC_")
            .env_prefix("APP_");
        let env = rendered_env(&app, vite, engine);
        assert_eq!(
            (&env["PUBLIC_A"], &env["APP_B"]),
            (&json!("a"), &json!("b"))
        );
        assert!(env.get("VITE_A").is_none() && env.get("SECRET").is_none());
        for (vite, part) in [
            (
                Vite::dev_server("http://localhost:5173").env_prefix(""),
                "empty prefix",
            ),
            (
                Vite::dev_server("http://localhost:5173").mode("local"),
                ".env.local",
            ),
        ] {
            let built = Renderer::builder()
                .root(app.path(""))
                .engine(engine)
                .vite(vite)
                .build();
            let error = built.err().expect("invalid settings");
            let source = std::error::Error::source(&error)
                .expect("a cause")
                .to_string();
            assert!(source.contains(part), "{source}");
        }
    });
}

#[test]
fn changed_env_files_apply_in_development() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { mode } from './mode'; export default () => <b>{import.meta.env.VITE_A}{mode}</b>;",
            ),
            ("mode.ts", "export const mode = import.meta.env.MODE;"),
            ("package.json", "{}"),
            (".env", "VITE_A=one"),
        ]);
        let renderer = app
            .builder(engine)
            .development(true)
            .vite(Vite::dev_server("http://localhost:5173"))
            .build()
            .expect("valid settings");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>one<!-- -->development</b>"
        );
        app.write(".env.development", "VITE_A=two");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>two<!-- -->development</b>"
        );
    });
}
