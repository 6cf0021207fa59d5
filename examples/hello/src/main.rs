//! A minimal mizan server.

use std::error::Error as StdError;
use std::process::ExitCode;

use mizan_core::{Error, Registry, client};
use mizan_http::{MizanService, Shutdown, serve};

/// Greets a person by name.
#[client(query)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(format!("Hello, {name}!"))
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn StdError>> {
    let registry = Registry::new().function::<Greet>();
    if std::env::args().nth(1).as_deref() == Some("manifest") {
        println!("{}", registry.manifest()?);
        return Ok(ExitCode::SUCCESS);
    }
    let mizan = MizanService::new(registry.build()?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    let shutdown = Shutdown::new().service(&mizan);
    let server = serve(listener, mizan);
    let run = shutdown.run(|stop| server.with_graceful_shutdown(stop));
    Ok(run.await?)
}
