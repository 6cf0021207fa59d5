//! The README quotes this example whole, so it must not say anything else.

#[test]
fn the_readme_quotes_both_files() {
    let readme = include_str!("../../../../README.md");
    for (name, file) in [
        ("src/main.rs", include_str!("../../src/main.rs")),
        ("web/main.tsx", include_str!("../../web/main.tsx")),
    ] {
        assert!(
            readme.contains(file),
            "README.md quotes {name} as it was, not as it is"
        );
    }
}
