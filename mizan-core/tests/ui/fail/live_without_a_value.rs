use mizan_core::{Error, client};

#[client(live)]
async fn mutation() -> Result<u8, Error> {
    Ok(1)
}

#[client(query, live, cache = "public, max-age=60")]
async fn cached() -> Result<u8, Error> {
    Ok(1)
}

#[client(context = "local, fresh")]
async fn unknown(id: u8) -> Result<u8, Error> {
    Ok(id)
}

#[client(context = "global, live", cache = "public, max-age=60")]
async fn cached_context() -> Result<u8, Error> {
    Ok(1)
}

fn main() {}
