//! The inclusion of a bundle in an executable.

/// Bytes at an address that is a multiple of 16, so that V8 uses stored code without copying it.
#[doc(hidden)]
#[repr(align(16))]
#[derive(Debug)]
pub struct Aligned<B: ?Sized>(pub B);

/// Includes the bundle in a file as `&'static [u8]`, for [`Bundle::embedded`](crate::Bundle::embedded).
///
/// The path is as for [`include_bytes!`].
///
/// ```
/// use mizan_ssr::Bundle;
/// use mizan_ssr::bundle::BundleError;
///
/// fn bundle() -> Result<Bundle, BundleError> {
/// # macro_rules! env { ($name:literal) => { concat!(core::env!("CARGO_MANIFEST_DIR"), "/Cargo.toml") }; }
///     static WEB: &[u8] = mizan_ssr::include_bundle!(env!("WEB_BUNDLE"));
///     Bundle::embedded(WEB)
/// }
/// # assert!(bundle().is_err());
/// ```
#[macro_export]
macro_rules! include_bundle {
    ($file:expr $(,)?) => {{
        static ALIGNED: &$crate::bundle::Aligned<[u8]> =
            &$crate::bundle::Aligned(*::core::include_bytes!($file));
        &ALIGNED.0
    }};
}
