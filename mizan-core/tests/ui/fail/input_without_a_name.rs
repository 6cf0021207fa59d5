use mizan_core::{Error, client};

#[client]
async fn _1() -> Result<(), Error> {
    Ok(())
}

fn main() {}
