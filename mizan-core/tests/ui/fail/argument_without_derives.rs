use mizan_core::{Error, client};

struct Person {
    name: String,
}

#[client]
async fn greet(people: Vec<Person>) -> Result<String, Error> {
    Ok(people.into_iter().map(|person| person.name).collect())
}

fn main() {}
