use mizan_core::{Error, client};

#[client(state = u8)]
async fn with_a_value() -> Result<(), Error> {
    Ok(())
}

#[client(state())]
async fn without_types() -> Result<(), Error> {
    Ok(())
}

#[client(state("pool"))]
async fn in_quotes() -> Result<(), Error> {
    Ok(())
}

fn main() {}
