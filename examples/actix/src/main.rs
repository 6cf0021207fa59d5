//! Serves the app with actix-web.

use actix_web::{App, HttpServer};
use mizan_http::{MizanService, shutdown_signal};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = actix::registry(actix::Guestbook::default());
    if std::env::args().nth(1).as_deref() == Some("manifest") {
        println!("{}", registry.manifest()?);
        return Ok(());
    }
    let service = MizanService::new(registry.build()?);
    let server = HttpServer::new(move || App::new().configure(actix::configure(service.clone())));
    server
        .shutdown_signal(shutdown_signal())
        .bind("127.0.0.1:8000")?
        .run()
        .await?;
    Ok(())
}
