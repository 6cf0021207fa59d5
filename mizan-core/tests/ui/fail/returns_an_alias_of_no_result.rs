use mizan_core::client;

type Answer = Option<String>;

#[client]
async fn greet(name: String) -> Answer {
    Some(name)
}

fn main() {}
