//! The reasons why an entry of `affects` is invalid.

/// The reason why a mutation cannot affect a query in the declared way.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum AffectedReason {
    #[error(
        ", which is not a registered query or context: register it, or remove it from `affects`"
    )]
    Unknown,
    #[error(
        ", but `{function}` has no argument `{argument}`: correct the name, or remove it from \
         `affects`"
    )]
    UnknownArgument { function: String, argument: String },
    #[error(
        " and returns its new data, but both have different output types: return the same type, or \
         remove `= returns`"
    )]
    OtherOutput,
}
