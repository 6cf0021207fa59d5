use mizan_core::{Error, Registry, client};

#[client(query)]
async fn now() -> Result<u32, Error> {
    Ok(7)
}

fn main() {
    let _ = Registry::new().function(now);
}
