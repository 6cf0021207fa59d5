use mizan_forms::Form;

#[derive(Form)]
enum Contact {
    Message,
}

fn main() {}
