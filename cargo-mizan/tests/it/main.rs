//! Tests of the program `cargo-mizan`.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

#[cfg(unix)]
mod access;
#[cfg(unix)]
mod application;
#[cfg(unix)]
mod dev;
#[cfg(unix)]
mod front_end;
#[cfg(unix)]
mod new;
#[cfg(unix)]
mod sandbox;
#[cfg(unix)]
mod stop;

use std::process::Command;

#[test]
fn runs_as_a_subcommand_of_cargo() {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-mizan"))
        .args(["mizan", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    assert!(help.contains("codegen"), "{help}");
}
