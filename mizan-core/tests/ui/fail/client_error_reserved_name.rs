use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    NotFound,
}

fn main() {}
