use mizan_core::ClientError;

#[derive(ClientError)]
struct Taken {
    by: String,
}

fn main() {}
