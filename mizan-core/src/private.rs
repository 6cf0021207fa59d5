pub use {schemars, serde, serde_json, validator};

use crate::cx::Cx;
use crate::error::{ClientError, Error, FieldErrors};
use crate::function::{Input, Output};
use crate::json::{EncodeError, encode_json_value};
pub use crate::policy::default_check::{AllowAll, is_own_check};
use crate::policy::{AuthorizeCheck, Check, Decision, IntoDecision};
pub use crate::stream::{PartSender, StreamOutput, start_stream};
use crate::validation::check_constraints_by_wire_name;

/// The return type of a `#[client]` function, which may be an alias.
#[diagnostic::on_unimplemented(
    message = "a server function cannot return `{Self}`",
    label = "not a `Result`",
    note = "return `Result<T, mizan_core::Error>`, or `Result<T, E>` with an `E` that derives \
            `mizan_core::ClientError`"
)]
pub trait FunctionResult {
    type Output: Output;
    type Error: ClientError;

    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T: Output, E: ClientError> FunctionResult for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// Checks the constraints of an input that was decoded from `document`.
pub fn check_constraints<T: validator::Validate + schemars::JsonSchema>(
    input: &T,
    document: Option<&[u8]>,
) -> Result<(), FieldErrors> {
    check_constraints_by_wire_name(input, document)
}

/// The type of an argument by which a limit counts.
#[diagnostic::on_unimplemented(
    message = "a limit cannot count by an argument of the type `{Self}`",
    label = "not a `serde::Serialize`",
    note = "derive `serde::Serialize` for the type, or count by another argument"
)]
pub trait LimitValue: serde::Serialize {}

impl<T: serde::Serialize> LimitValue for T {}

/// Returns the text by which a limit counts calls with this value of an argument.
pub fn limit_key<T: LimitValue>(value: &T) -> String {
    crate::limits::limit_key(value)
}

/// Encodes a member of the data of an error.
pub fn encode_data<T: serde::Serialize>(
    name: &'static str,
    value: &T,
) -> Result<serde_json::Value, EncodeError> {
    encode_json_value(value).map_err(|error| error.within(name))
}

/// Decodes an output of the type `T`, if it can be decoded.
///
/// `Decodable::<T>::decode()` is the method of the type if `T` implements `Deserialize`, and that of
/// the trait [`NotDecodable`] otherwise.
pub struct Decodable<T>(std::marker::PhantomData<T>);

impl<T: serde::Deserialize<'static>> Decodable<T> {
    pub fn decode() -> Option<fn(&str) -> Option<String>> {
        Some(crate::manifest::decode_error::<T>)
    }
}

/// Applies to types that cannot be decoded.
pub trait NotDecodable {
    fn decode() -> Option<fn(&str) -> Option<String>> {
        None
    }
}

impl<T> NotDecodable for Decodable<T> {}

pub const fn is_input<T: Input>() {}

pub const fn is_output<T: Output>() {}

/// Runs the check of a policy.
pub async fn check<'a, C>(check: C, cx: &'a Cx) -> Result<Decision, Error>
where
    C: Check<'a>,
    <C::Future as Future>::Output: IntoDecision,
{
    check.start(cx).await.into_decision()
}

/// Runs an `authorize` check.
pub async fn authorize<'a, I, C>(check: C, cx: &'a Cx, input: &'a I) -> Result<Decision, Error>
where
    C: AuthorizeCheck<'a, I>,
    <C::Future as Future>::Output: IntoDecision,
{
    check.start(cx, input).await.into_decision()
}
