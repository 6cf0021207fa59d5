//! The default of the methods `authorize`, and the detection of implementations that replace it.

use std::any::type_name;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Decision;
use crate::error::Error;

/// The future of an `authorize` that was not implemented: it allows every call.
#[derive(Debug)]
pub struct AllowAll;

impl Future for AllowAll {
    type Output = Result<Decision, Error>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(Decision::Allow))
    }
}

/// Returns `true` if `authorize`, a method of a trait, is not the default of the trait, which returns
/// [`AllowAll`].
///
/// Rust does not tell whether an implementation has its own method. Its future does.
pub fn is_own_check<A, B, D>(_authorize: impl FnOnce(A, B) -> D) -> bool {
    type_name::<D>() != type_name::<AllowAll>()
}
