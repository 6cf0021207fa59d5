use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(transparent, status = 409)]
    Other(mizan_core::Error),
}

fn main() {}
