use mizan_core::{Error, client};

#[client(auth = "stafff")]
async fn report() -> Result<String, Error> {
    Ok(String::new())
}

fn main() {}
