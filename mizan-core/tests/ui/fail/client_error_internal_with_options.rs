use mizan_core::{ClientError, Error};

#[derive(ClientError)]
enum ReadError {
    #[client_error(internal, status = 500)]
    Internal(Error),
}

fn main() {}
