//! Reserved names, which the items of an app cannot have.

/// The error type of a function that fails only with common codes.
pub(crate) const COMMON_ERROR: &str = "CommonError";

/// The exports of the generated files of every client.
pub(crate) const CLIENT_EXPORTS: [&str; 8] = [
    "Api",
    "CommonCode",
    "CommonError",
    "MizanProvider",
    "api",
    "contract",
    "createApi",
    "useApi",
];

/// The exports of the runtime in `index.ts` of every client.
pub(crate) const RUNTIME_EXPORTS: [&str; 18] = [
    "ApiOptions",
    "CallError",
    "CallOptions",
    "ClientCode",
    "DeferredOptions",
    "Failure",
    "Mutation",
    "MutationCallOptions",
    "PagedQuery",
    "Query",
    "Result",
    "RetryPolicy",
    "createQueryClient",
    "deferred",
    "optimistic",
    "pageNonce",
    "retry",
    "update",
];

/// The additional exports of a client with channels, from generated files and from the runtime.
pub(crate) const CHANNEL_EXPORTS: [&str; 15] = [
    "ChannelCode",
    "ChannelDefinition",
    "ChannelError",
    "ChannelGap",
    "ChannelHookOptions",
    "ChannelMember",
    "ChannelMessage",
    "ChannelOptions",
    "ChannelPage",
    "ChannelResult",
    "ChannelState",
    "ChannelStatus",
    "ChannelSubscription",
    "reconnect",
    "subscribe",
];

/// The additional exports of a client with functions that return files.
pub(crate) const DOWNLOAD_EXPORTS: [&str; 4] = [
    "Download",
    "DownloadMutation",
    "DownloadOptions",
    "DownloadQuery",
];

/// The additional exports of a client with functions that return redirects.
pub(crate) const REDIRECT_EXPORTS: [&str; 3] = ["Redirect", "RedirectMutation", "RedirectQuery"];

/// The additional exports of a client with functions that return streams.
pub(crate) const STREAM_EXPORTS: [&str; 5] = [
    "PartStream",
    "StreamFunction",
    "StreamHookOptions",
    "StreamOptions",
    "StreamResult",
];

/// The additional exports of a client with live queries.
pub(crate) const LIVE_EXPORTS: [&str; 1] = ["followLiveQueries"];

/// The props of a local context's provider that are not arguments of its function.
pub(crate) const PROVIDER_PROPS: [&str; 4] = ["children", "fallback", "key", "ref"];

/// Returns whether a name is a property of every JavaScript object, or `then`, which `await` calls.
///
/// A function with such a name would break the api object, and an error ignores a data field with
/// such a name.
pub(crate) fn is_reserved_in_javascript(name: &str) -> bool {
    matches!(
        name,
        "__defineGetter__"
            | "__defineSetter__"
            | "__lookupGetter__"
            | "__lookupSetter__"
            | "__proto__"
            | "constructor"
            | "hasOwnProperty"
            | "isPrototypeOf"
            | "propertyIsEnumerable"
            | "then"
            | "toLocaleString"
            | "toString"
            | "valueOf"
    )
}

/// Returns whether a field name is reserved in forms.
///
/// A reserved name contains the syntax of field paths, or is a row index, a control field that a
/// form sends (`__token`), or a property that JavaScript does not allow to be set.
pub(crate) fn is_reserved_in_forms(name: &str) -> bool {
    name.is_empty()
        || name.starts_with("__")
        || name.contains(|letter| {
            matches!(
                letter,
                '.' | '[' | ']' | ',' | '"' | '\'' | '|' | '`' | '\\' | '$'
            )
        })
        || name.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(name, "constructor" | "prototype" | "root")
}
