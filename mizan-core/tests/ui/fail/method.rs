use mizan_core::{Error, client};

struct Greeter;

impl Greeter {
    #[client]
    async fn greet(&self, name: String) -> Result<String, Error> {
        Ok(name)
    }
}

fn main() {}
