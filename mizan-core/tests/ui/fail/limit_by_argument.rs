use mizan_core::{Error, client};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Address {
    street: String,
}

#[client(limit = "10/min by input.mail")]
async fn misspelt(email: String, name: String) -> Result<(), Error> {
    let _ = (email, name);
    Ok(())
}

#[client(limit = "10/min by input.email")]
async fn without_arguments() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "10/min by input.address.street")]
async fn member_of_an_argument(address: Address) -> Result<(), Error> {
    let _ = address.street;
    Ok(())
}

#[client(limit = "10/min by input.address")]
async fn not_serialized(address: Address) -> Result<(), Error> {
    let _ = address.street;
    Ok(())
}

fn main() {}
