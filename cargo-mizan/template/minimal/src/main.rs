//! The server.

use std::process::ExitCode;

use anyhow::Context as _;
use listenfd::ListenFd;
use mizan_http::{MizanService, Shutdown, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let registry = mizan_template::registry();
    // The client is generated from the manifest.
    if std::env::args().nth(1).as_deref() == Some("manifest") {
        println!("{}", registry.manifest()?);
        return Ok(ExitCode::SUCCESS);
    }
    let mizan = MizanService::new(registry.build()?);
    let listener = listen().await?;
    let shutdown = Shutdown::new().service(&mizan);
    let server = serve(listener, mizan);
    Ok(shutdown
        .run(|stop| server.with_graceful_shutdown(stop))
        .await?)
}

/// Listens on the socket that systemd or `cargo mizan dev` passed to the process, or on the address in `LISTEN`.
async fn listen() -> anyhow::Result<TcpListener> {
    if let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? {
        listener.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(listener)?);
    }
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    let listener = TcpListener::bind(&address).await;
    listener.with_context(|| format!("cannot listen on {address}: is the port in use?"))
}
