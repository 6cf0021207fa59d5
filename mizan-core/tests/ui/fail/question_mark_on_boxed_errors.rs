use mizan_core::{ClientError, Error, client};

#[derive(ClientError)]
enum ReadError {
    Locked,
    #[client_error(internal)]
    Internal(Error),
}

fn boxed() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

fn any() -> anyhow::Result<()> {
    Ok(())
}

#[client]
async fn read_boxed() -> Result<(), Error> {
    Ok(boxed()?)
}

#[client]
async fn read_any() -> Result<(), Error> {
    Ok(any()?)
}

#[client]
async fn read_typed() -> Result<(), ReadError> {
    boxed()?;
    any()?;
    Err(ReadError::Locked)
}

fn main() {}
