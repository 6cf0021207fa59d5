use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError<T> {
    Taken { by: T },
}

fn main() {}
