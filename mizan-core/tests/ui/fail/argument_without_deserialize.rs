use mizan_core::{Error, client};

#[derive(schemars::JsonSchema)]
struct Person {
    name: String,
}

#[client]
async fn greet(person: Person) -> Result<String, Error> {
    Ok(person.name)
}

fn main() {}
