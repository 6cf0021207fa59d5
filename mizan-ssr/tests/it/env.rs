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

/// Returns the variables that Vite loads in a directory.
fn vite_env(directory: &Path, mode: &str) -> Option<BTreeMap<String, String>> {
    let script = "import { loadEnv } from 'vite'; console.log(JSON.stringify(loadEnv(process.argv[1], process.argv[2])));";
    let output = Command::new("node")
        .args(["--input-type=module", "-e", script, mode])
        .arg(directory)
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
        let Some(expected) = vite_env(&app.path(""), "staging") else {
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
        assert_eq!(env, json!(expected));
        assert!(env["VITE_FROM_SECRET"] == "xtopx" && env.get("SECRET").is_none());
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
            let error = built.expect_err("invalid settings");
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
