use std::time::Duration;

/// A random part of `base * 2^attempt`, at most of `cap`: whoever lost a server together does not come
/// back together.
pub(crate) fn full_jitter(attempt: u32, base: Duration, cap: Duration) -> Duration {
    let most = base.saturating_mul(2_u32.saturating_pow(attempt)).min(cap);
    part_of(most)
}

/// A random time between nothing and `most`.
pub(crate) fn part_of(most: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
