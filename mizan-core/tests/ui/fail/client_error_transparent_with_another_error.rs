use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(transparent)]
    Io(std::io::Error),
}

fn main() {}
