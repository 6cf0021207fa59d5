//! Random ids.

use std::fmt::Write as _;

/// Returns 96 random bits in hexadecimal, for an epoch or the id of a run.
pub(crate) fn random_id() -> String {
    let mut bits = [0_u8; 12];
    getrandom::fill(&mut bits).expect("the operating system provides random numbers");
    bits.iter()
        .fold(String::with_capacity(24), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
