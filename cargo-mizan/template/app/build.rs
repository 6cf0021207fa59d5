//! Compiles again when a migration changes, because `sqlx::migrate!` includes the files.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
