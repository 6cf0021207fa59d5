use mizan_core::{Error, client};

#[client(limit)]
async fn without_value() -> Result<(), Error> {
    Ok(())
}

#[client(limit = 10)]
async fn number() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "10 per minute")]
async fn other_words() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "10/fortnight by principal")]
async fn unknown_unit() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "0/min by principal")]
async fn zero() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "10/min by user")]
async fn unknown_key() -> Result<(), Error> {
    Ok(())
}

#[client(limit = ["10/min by principal", "10/min by principal"])]
async fn twice() -> Result<(), Error> {
    Ok(())
}

#[client(limit = [])]
async fn empty() -> Result<(), Error> {
    Ok(())
}

#[client(limit_unavailable = "open")]
async fn unavailable_without_limit() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "10/min by principal", limit_unavailable = "half")]
async fn half_open() -> Result<(), Error> {
    Ok(())
}

fn main() {}
