//! The same pages in Node.js.

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::load::Server;
use crate::own::{Page, workspace};

const ROOT: &str = "<div id=\"mizan-root\">";
const DATA_ELEMENT: &str = "<script type=\"application/json\" ";
const ANSWERS: &str = "<script type=\"application/json\" data-mizan-answers>";

/// Starts a Node.js server of a page, whose document is that of `body`.
pub(crate) fn start(page: &Page, body: &str) -> anyhow::Result<Server> {
    let modules = workspace().join("node_modules").canonicalize()?;
    // The directory from which Node.js resolves the packages.
    let directory = modules.join(".cache/mizan-bench-pages");
    let built = Command::new(modules.join(".bin/vite"))
        .args(["build", "--logLevel", "error", "--emptyOutDir", "--ssr"])
        .arg(workspace().join(page.component).canonicalize()?)
        .arg("--outDir")
        .arg(&directory)
        .current_dir(workspace().join("examples/chat/web"))
        .status()?;
    ensure!(built.success(), "vite cannot build {}", page.component);
    let server = directory.join("server.mjs");
    let sources = workspace().join("examples/chat/benches/pages");
    std::fs::copy(sources.join("server.mjs"), &server)?;
    let (head, _) = body.split_once(ROOT).context("no root element")?;
    // React writes the elements that belong to the head before the root.
    let before = head.split("<title>").next().unwrap_or_default();
    let data = body.find(DATA_ELEMENT).context("no data")?;
    let document = json!({
        "component": page.component.rsplit('/').next().map(|file| file.replace(".tsx", ".js")),
        "props": serde_json::from_str::<Value>(page.props)?,
        "streams": page.streams,
        "before": before,
        "after": &body[data..],
        "answers": answers(body)?,
    });
    std::fs::write(directory.join("page.json"), document.to_string())?;
    Server::start(
        Command::new("node")
            .arg(&server)
            .env("NODE_ENV", "production"),
    )
}

/// Returns the results of the server functions in a page.
fn answers(body: &str) -> anyhow::Result<Vec<Value>> {
    let mut answers = Vec::new();
    for element in body.split(ANSWERS).skip(1) {
        let (json, _) = element
            .split_once("</script>")
            .context("no end of the data")?;
        answers.append(&mut serde_json::from_str(json)?);
    }
    Ok(answers)
}

/// Returns the markup of the component, without nonces.
pub(crate) fn markup(body: &str) -> anyhow::Result<String> {
    let (_, rest) = body.split_once(ROOT).context("no root element")?;
    let (markup, _) = rest.split_once(DATA_ELEMENT).context("no data")?;
    let mut parts = markup.split(" nonce=\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    Ok(text)
}
