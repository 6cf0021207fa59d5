use mizan_core::client;

#[client]
async fn greet(name: String) -> String {
    name
}

fn main() {}
