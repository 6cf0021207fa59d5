use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(transparent)]
    First(mizan_core::Error),
    #[client_error(transparent)]
    Second(mizan_core::Error),
}

fn main() {}
