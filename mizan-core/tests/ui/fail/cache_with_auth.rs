use mizan_core::{Cx, Decision, Error, client};

#[client(query, auth, cache = "public, max-age=60")]
async fn with_auth() -> Result<u8, Error> {
    Ok(1)
}

async fn check(_: &Cx, _: &WithAuthorize) -> Decision {
    Decision::Allow
}

#[client(query, authorize = check, cache = "public, max-age=60")]
async fn with_authorize() -> Result<u8, Error> {
    Ok(1)
}

#[client(cache = "public, max-age=60")]
async fn mutation() -> Result<u8, Error> {
    Ok(1)
}

#[client(query, cache = "private, max-age=60")]
async fn private() -> Result<u8, Error> {
    Ok(1)
}

#[client(query, cache = "public, max-age=soon")]
async fn soon() -> Result<u8, Error> {
    Ok(1)
}

#[client(query, cache = "max-age=60")]
async fn not_public() -> Result<u8, Error> {
    Ok(1)
}

fn main() {}
