use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(code = "Already taken!")]
    Taken,
}

fn main() {}
