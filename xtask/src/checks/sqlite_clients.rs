//! The clients of SQLite that an application can use beside mizan-auth.
//!
//! A program links one version of SQLite, so that cargo has to find one that all clients accept.

use std::fs;

use anyhow::Context as _;

use crate::{project, step};

/// Dependencies of an application. The guide names them in `docs/src/accounts.md`.
const CLIENTS: [&str; 6] = [
    r#"sqlx = { version = "0.8", features = ["sqlite"] }"#,
    r#"sqlx = { version = "0.9", features = ["sqlite"] }"#,
    r#"rusqlite = "0.32""#,
    r#"rusqlite = "0.39""#,
    r#"diesel = { version = "2", features = ["sqlite"] }"#,
    r#"sea-orm = { version = "1", features = ["sqlx-sqlite"] }"#,
];

/// Checks that cargo selects versions for applications with each client. Returns `true`, or an error.
pub(crate) fn run() -> anyhow::Result<bool> {
    for client in CLIENTS {
        select_versions(client)
            .with_context(|| format!("an application with `{client}` cannot use mizan-auth"))?;
        println!("{client}");
    }
    Ok(true)
}

/// Fails if an application cannot use one of the clients.
pub(crate) fn check() -> anyhow::Result<()> {
    CLIENTS.into_iter().try_for_each(select_versions)
}

fn select_versions(client: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder")?;
    let source = folder.path().join("src");
    fs::create_dir(&source).context("cannot create a folder")?;
    fs::write(source.join("lib.rs"), "").context("cannot write a file")?;
    let accounts = project::root().join("mizan-auth");
    let manifest = format!(
        "[package]\nname = \"application\"\nedition = \"2024\"\n\n[dependencies]\n{client}\n\
         mizan-auth = {{ path = {accounts:?}, features = [\"sqlite\"] }}\n\n[workspace]\n"
    );
    let path = folder.path().join("Cargo.toml");
    fs::write(&path, manifest).context("cannot write a file")?;
    let mut command = project::cargo(["generate-lockfile", "--manifest-path"]);
    step::output(command.arg(path))
}
