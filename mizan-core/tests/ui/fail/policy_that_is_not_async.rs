use mizan_core::{Cx, Decision, Error, client};

fn allow(_: &Cx) -> Decision {
    Decision::Allow
}

#[client(auth = allow)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
