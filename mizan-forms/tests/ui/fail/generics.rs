use mizan_forms::Form;

#[derive(Form)]
struct Contact<T> {
    message: T,
}

fn main() {}
