//! The README quotes the files of this example.

#[test]
fn readme_quotes_current_files() {
    let readme = include_str!("../../../../README.md");
    for (name, file) in [
        ("src/main.rs", include_str!("../../src/main.rs")),
        ("web/main.tsx", include_str!("../../web/main.tsx")),
    ] {
        assert!(
            readme.contains(file),
            "README.md quotes an outdated version of {name}"
        );
    }
}
