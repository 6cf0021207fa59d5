use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(transparent)]
    Other,
}

fn main() {}
