use mizan_core::{Error, client};

#[derive(serde::Deserialize)]
struct Person {
    name: String,
}

#[client]
async fn greet(person: Person) -> Result<String, Error> {
    Ok(person.name)
}

fn main() {}
