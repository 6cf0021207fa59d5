use mizan_core::{Cx, Decision, Error, client};

struct Broken;

async fn is_open(_: &Cx) -> Result<Decision, Broken> {
    Err(Broken)
}

#[client(auth = is_open)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
