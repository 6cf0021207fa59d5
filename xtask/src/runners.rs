//! The programs that run the tests, and the servers that those tests need.

use std::path::Path;

use crate::chat_server::ChatServer;
use crate::project::{self, cargo, npm};
use crate::step;

/// The optional features whose dependencies are all in the crate registry. Tests that need a database report that they
/// were skipped if it is not installed.
pub(crate) const FEATURES: &str = "mizan-auth/postgres,mizan-auth/redis,mizan-auth/smtp,mizan-auth/suite,\
                        mizan-auth/tower-sessions,mizan-channels/postgres,mizan-http/axum,mizan-http/opentelemetry,\
                        chat/postgres,chat/telemetry";

/// The package and features that are tested with V8. The tests of the workspace use QuickJS.
pub(crate) const V8: [&str; 4] = [
    "--package",
    "mizan-ssr",
    "--features",
    "v8,css-modules,fetch",
];

/// Runs the tests of the client runtime, with the servers that they connect to.
pub(crate) fn vitest(arguments: &[String]) -> anyhow::Result<()> {
    // With the features of the tests of the workspace, which have built them already.
    let examples = [
        "build",
        "--quiet",
        "--workspace",
        "--features",
        FEATURES,
        "--example",
        "channels",
        "--example",
        "values",
        "--example",
        "versions",
        "--example",
        "constraint_verdicts",
    ];
    step::run("servers", &mut cargo(examples))?;
    step::run(
        "Vitest",
        npm(["test", "--workspace", "mizan-codegen", "--"])
            .args(arguments)
            .env(
                "MIZAN_CHANNELS",
                project::built_program("examples/channels"),
            )
            .env("MIZAN_VALUES", project::built_program("examples/values"))
            .env(
                "MIZAN_CONSTRAINT_VERDICTS",
                project::built_program("examples/constraint_verdicts"),
            )
            .env(
                "MIZAN_VERSIONS",
                project::built_program("examples/versions"),
            ),
    )
}

/// Runs the browser tests against a chat server that is started for them.
pub(crate) fn browser(chromium: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let server = ChatServer::start()?;
    step::run(
        "browser tests",
        npm(["run", "e2e", "--workspace", "examples/chat/web", "--"])
            .args(arguments)
            .env("CHROMIUM", chromium)
            .env("MIZAN_BASE_URL", server.address())
            .env("MIZAN_MAIL", server.mail())
            .env("MIZAN_CHAT", project::built_program("chat")),
    )
}
