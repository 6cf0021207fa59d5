//! Prints a table of generated values for every constraint, with their messages.
//!
//! `constraint_verdicts 1000` prints 1,000 values for each field. A test of the generated client compares the Zod
//! schemas with them.
#![allow(
    clippy::unwrap_used,
    reason = "this program is part of a test, and a panic reports a fault"
)]

#[path = "../tests/it/constraint_verdicts/table/mod.rs"]
mod table;

fn main() {
    let count = std::env::args().nth(1);
    let count = count.and_then(|count| count.parse().ok());
    let count = count.expect("the number of values as an argument");
    println!("{}", table::verdicts(count));
}
