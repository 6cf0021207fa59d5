use mizan_core::client;

#[client]
struct Greet {
    name: String,
}

fn main() {}
