//! A minimal mizan server.

use mizan_core::{Error, Registry, client};
use mizan_http::{MizanService, serve, shutdown_signal};

/// Greets a person by name.
#[client(query)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(format!("Hello, {name}!"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new().function::<Greet>();
    if std::env::args().nth(1).as_deref() == Some("manifest") {
        println!("{}", registry.manifest()?);
        return Ok(());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    serve(listener, MizanService::new(registry.build()?))
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}
