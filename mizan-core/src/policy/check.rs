//! The async functions that decide about calls.

use std::future::Future;

use crate::cx::Cx;

/// An async function that decides whether a caller may make a call: the `path` of
/// `#[client(auth = path)]`.
///
/// Every `async fn(cx: &Cx) -> D` implements it, whose result `D` is a
/// [`Decision`](crate::Decision) or a `Result<Decision, Error>`.
#[diagnostic::on_unimplemented(
    message = "this function is not the check of a policy",
    label = "does not have the signature of a check",
    note = "write `async fn name(cx: &Cx) -> Decision`, or `async fn name(cx: &Cx) -> Result<Decision, \
            Error>` if the check can fail"
)]
pub trait Check<'a> {
    /// The future of the result.
    type Future: Future;

    /// Starts the check.
    fn start(self, cx: &'a Cx) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<'a, F, D> Check<'a> for F
where
    F: FnOnce(&'a Cx) -> D,
    D: Future,
{
    type Future = D;

    fn start(self, cx: &'a Cx) -> D {
        self(cx)
    }
}

/// An async function that decides about a call with its input of the type `I`: the `path` of
/// `#[client(authorize = path)]`.
///
/// Every `async fn(cx: &Cx, input: &I) -> D` implements it, whose result `D` is a
/// [`Decision`](crate::Decision) or a `Result<Decision, Error>`.
#[diagnostic::on_unimplemented(
    message = "this function does not authorize calls with the input `{I}`",
    label = "does not have the signature of a check",
    note = "write `async fn name(cx: &Cx, input: &{I}) -> Decision`, or `-> Result<Decision, Error>` if \
            the check can fail; the input is the struct that `#[client]` generates, with one field for \
            each argument"
)]
pub trait AuthorizeCheck<'a, I: 'a> {
    /// The future of the result.
    type Future: Future;

    /// Starts the check.
    fn start(self, cx: &'a Cx, input: &'a I) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<'a, I, F, D> AuthorizeCheck<'a, I> for F
where
    I: 'a,
    F: FnOnce(&'a Cx, &'a I) -> D,
    D: Future,
{
    type Future = D;

    fn start(self, cx: &'a Cx, input: &'a I) -> D {
        self(cx, input)
    }
}
