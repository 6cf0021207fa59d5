use mizan_core::client;

#[client]
async fn greet(name: String) {
    drop(name);
}

fn main() {}
