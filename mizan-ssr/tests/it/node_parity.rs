//! A byte-for-byte comparison with `react-dom/server` in Node.js, for the pages in `tests/packages/src`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::StreamExt;
use mizan_ssr::Renderer;
use mizan_ssr::error::RenderErrorCode;
use mizan_ssr::renderer::EngineKind;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{block_on, bundle, on_engines};

/// The output of Node.js for one component.
#[derive(Deserialize)]
struct Case {
    file: String,
    string: Outcome,
    stream: Outcome,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Html(String),
    Error(String),
}

/// Components that need what QuickJS does not have: `Intl`, for plurals, numbers, dates and lists of i18next and for
/// dates of @primer/react, and some sets of characters in the regular expressions of shiki.
const NEEDS_V8: [&str; 3] = ["i18n.tsx", "platform_primer.tsx", "platform_shiki.tsx"];

#[test]
fn renders_same_bytes_as_node() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages");
    let props = json!({ "n": 3 });
    let Some(cases) = node(&folder, &props) else {
        return;
    };
    assert!(cases.len() > 25, "the components are found");
    on_engines(|engine| {
        let bundle = bundle(engine, &folder.join("src"), "*.tsx").expect("valid modules");
        let disk = Renderer::builder().root(folder.join("src"));
        let mut different = Vec::new();
        for (form, builder) in [("disk", disk), ("bundle", Renderer::embedded(&bundle))] {
            let renderer = builder
                .engine(engine)
                .threads(1)
                .deadline(Duration::from_secs(60))
                .build()
                .expect("valid settings");
            for case in &cases {
                let file = case.file.as_str();
                if NEEDS_V8.contains(&file) && !is_v8(engine) {
                    continue;
                }
                let mut compare = |kind: &str, ours: &Outcome, nodes: &Outcome| {
                    if let Some(difference) = ours.difference(nodes) {
                        different.push(format!("{file} from {form} as a {kind}: {difference}"));
                    }
                };
                // A string render reports an error.
                if file != "suspense_endless.tsx" {
                    compare("string", &string(&renderer, file, &props), &case.string);
                }
                compare(
                    "stream",
                    &block_on(stream(&renderer, file, &props)),
                    &case.stream,
                );
            }
        }
        assert!(different.is_empty(), "{engine:?}\n{}", different.join("\n"));
    });
}

fn is_v8(engine: EngineKind) -> bool {
    format!("{engine:?}") == "V8"
}

fn node(folder: &Path, props: &Value) -> Option<Vec<Case>> {
    if !folder.join("../../../node_modules/recharts").is_dir() {
        println!("not run: the packages are missing; run `npm ci` at the workspace's root");
        return None;
    }
    let script = folder.join("../node/render.mjs");
    let output = Command::new("node")
        .env("NODE_ENV", "production")
        .arg(script)
        .arg(folder)
        .arg(props.to_string())
        .output();
    let Ok(output) = output else {
        println!("not run: there is no node to compare with");
        return None;
    };
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(serde_json::from_slice(&output.stdout).expect("valid JSON"))
}

fn string(renderer: &Renderer, file: &str, props: &Value) -> Outcome {
    match renderer.render_blocking(file, props) {
        Ok(rendered) => Outcome::Html(rendered.html),
        Err(error) => Outcome::Error(error.to_string()),
    }
}

async fn stream(renderer: &Renderer, file: &str, props: &Value) -> Outcome {
    let mut parts = match renderer.render_stream(file, props).await {
        Ok(parts) => parts,
        Err(error) => return Outcome::Error(error.to_string()),
    };
    let mut html = Vec::new();
    while let Some(part) = parts.next().await {
        match part {
            Ok(part) => html.extend_from_slice(&part),
            Err(error) if error.code() == RenderErrorCode::Suspended => {}
            Err(error) => return Outcome::Error(error.to_string()),
        }
    }
    Outcome::Html(String::from_utf8(html).expect("valid UTF-8"))
}

impl Outcome {
    /// Describes the difference from the output of Node.js. An error must contain React's message.
    fn difference(&self, nodes: &Self) -> Option<String> {
        match (self, nodes) {
            (Self::Html(ours), Self::Html(nodes)) if ours == nodes => None,
            (Self::Error(ours), Self::Error(nodes)) if ours.contains(nodes) => None,
            (Self::Html(ours), Self::Html(nodes)) => {
                let same = ours
                    .chars()
                    .zip(nodes.chars())
                    .take_while(|(a, b)| a == b)
                    .count();
                let around = |html: &str| -> String {
                    html.chars()
                        .skip(same.saturating_sub(60))
                        .take(200)
                        .collect()
                };
                Some(format!(
                    "from character {same} of {}\n  ours {}\n  node {}",
                    nodes.chars().count(),
                    around(ours),
                    around(nodes)
                ))
            }
            _ => Some(format!("\n  ours {self:?}\n  node {nodes:?}")),
        }
    }
}
