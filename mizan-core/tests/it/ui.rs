//! Compiler errors for wrong uses of the macros, and uses that compile.

#[test]
fn compiler_messages() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
