use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    Taken(String),
}

fn main() {}
