//! The pages, and the servers that render them with mizan.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use mizan_ssr::{Pages, Renderer, Vite};
use serde_json::json;
use tokio::net::TcpListener;

use crate::load::Server;

/// A page, and the way in which Node.js renders it.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// The file of the component.
    pub(crate) component: &'static str,
    pub(crate) props: &'static str,
    /// Renders with `renderToPipeableStream` in Node.js, instead of `renderToString`.
    pub(crate) streams: bool,
    /// Starts the chat example instead of a server with only the pages.
    pub(crate) is_chat: bool,
}

pub(crate) const PAGES: [Page; 3] = [
    Page {
        name: "hello, renderToString",
        path: "/hello",
        component: "mizan-ssr/benches/pages/Hello.tsx",
        props: r#"{"name":"World"}"#,
        streams: false,
        is_chat: false,
    },
    Page {
        name: "1,000 rows, renderToPipeableStream",
        path: "/table",
        component: "mizan-ssr/benches/pages/Table.tsx",
        props: r#"{"rows":1000}"#,
        streams: true,
        is_chat: false,
    },
    Page {
        name: "chat front page with its data",
        path: "/",
        component: "examples/chat/web/src/pages/Home.tsx",
        props: "{}",
        streams: true,
        is_chat: true,
    },
];

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Page {
    pub(crate) fn start(&self) -> anyhow::Result<Server> {
        let mut command = if self.is_chat {
            let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
            command.args(["--port", "0", "--database", ":memory:"]);
            command
        } else {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--serve");
            command
        };
        Server::start(
            command
                .env("TOKIO_WORKER_THREADS", "1")
                .env("RUST_LOG", "error"),
        )
    }
}

/// Serves the pages that are not part of the chat example.
#[tokio::main]
pub(crate) async fn serve() -> anyhow::Result<()> {
    let build = tempfile::tempdir()?;
    std::fs::create_dir(build.path().join(".vite"))?;
    let manifest = json!({
        "main.tsx": { "file": "assets/main-1.js", "src": "main.tsx", "isEntry": true },
    });
    std::fs::write(
        build.path().join(".vite/manifest.json"),
        manifest.to_string(),
    )?;
    let renderer = Renderer::builder()
        .root(workspace().join("mizan-ssr/benches/pages"))
        .vite(Vite::manifest(build.path())?)
        .threads(1)
        .build()?;
    let pages = Pages::builder(renderer)
        .entry("main.tsx")
        .lang("en")
        .build()?;
    let hello = |State(pages): State<Pages>| async move {
        pages
            .page("Hello.tsx")
            .props(&json!({ "name": "World" }))
            .respond()
            .await
    };
    let table = |State(pages): State<Pages>| async move {
        pages
            .page("Table.tsx")
            .props(&json!({ "rows": 1000 }))
            .respond()
            .await
    };
    let router = Router::new()
        .route("/hello", get(hello))
        .route("/table", get(table))
        .with_state(pages);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    mizan_http::serve(listener, router).await?;
    Ok(())
}
