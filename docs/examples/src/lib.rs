//! The Rust examples of the guide, which `cargo test --doc` compiles and runs.
//!
//! Each module has the text of a page in `docs/src` as its documentation.

#[cfg(doctest)]
#[doc = include_str!("../../src/accounts.md")]
mod accounts {}
#[cfg(doctest)]
#[doc = include_str!("../../src/channels.md")]
mod channels {}
#[cfg(doctest)]
#[doc = include_str!("../../src/client.md")]
mod client {}
#[cfg(doctest)]
#[doc = include_str!("../../src/compatibility.md")]
mod compatibility {}
#[cfg(doctest)]
#[doc = include_str!("../../src/contexts.md")]
mod contexts {}
#[cfg(doctest)]
#[doc = include_str!("../../src/deployment.md")]
mod deployment {}
#[cfg(doctest)]
#[doc = include_str!("../../src/errors.md")]
mod errors {}
#[cfg(doctest)]
#[doc = include_str!("../../src/first-application.md")]
mod first_application {}
#[cfg(doctest)]
#[doc = include_str!("../../src/forms.md")]
mod forms {}
#[cfg(doctest)]
#[doc = include_str!("../../src/from-django.md")]
mod from_django {}
#[cfg(doctest)]
#[doc = include_str!("../../src/from-leptos.md")]
mod from_leptos {}
#[cfg(doctest)]
#[doc = include_str!("../../src/from-trpc.md")]
mod from_trpc {}
#[cfg(doctest)]
#[doc = include_str!("../../src/functions.md")]
mod functions {}
#[cfg(doctest)]
#[doc = include_str!("../../src/introduction.md")]
mod introduction {}
#[cfg(doctest)]
#[doc = include_str!("../../src/live-queries.md")]
mod live_queries {}
#[cfg(doctest)]
#[doc = include_str!("../../src/navigation.md")]
mod navigation {}
#[cfg(doctest)]
#[doc = include_str!("../../src/operations.md")]
mod operations {}
#[cfg(doctest)]
#[doc = include_str!("../../src/other-languages.md")]
mod other_languages {}
#[cfg(doctest)]
#[doc = include_str!("../../src/packages.md")]
mod packages {}
#[cfg(doctest)]
#[doc = include_str!("../../src/pages-in-production.md")]
mod pages_in_production {}
#[cfg(doctest)]
#[doc = include_str!("../../src/pages.md")]
mod pages {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/attributes.md")]
mod reference_attributes {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/cli.md")]
mod reference_cli {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/cx.md")]
mod reference_cx {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/error-codes.md")]
mod reference_error_codes {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/features.md")]
mod reference_features {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/measurements.md")]
mod reference_measurements {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/metrics.md")]
mod reference_metrics {}
#[cfg(doctest)]
#[doc = include_str!("../../src/reference/support.md")]
mod reference_support {}
#[cfg(doctest)]
#[doc = include_str!("../../src/security.md")]
mod security {}
#[cfg(doctest)]
#[doc = include_str!("../../src/serving.md")]
mod serving {}
#[cfg(doctest)]
#[doc = include_str!("../../src/testing.md")]
mod testing {}
#[cfg(doctest)]
#[doc = include_str!("../../src/types.md")]
mod types {}
#[cfg(doctest)]
#[doc = include_str!("../../src/streams.md")]
mod streams {}
