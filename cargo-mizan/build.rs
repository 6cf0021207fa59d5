//! Compiles again when a file of the template changes, because `include_dir!` does not report the files.

fn main() {
    println!("cargo::rerun-if-changed=template");
}
