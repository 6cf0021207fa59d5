//! `index.ts`: the exports of a client.

pub(super) const FILE: &str = r#"export * from "./client";
export * from "./react";
export {
  CallError,
  type ApiOptions,
  type CallOptions,
  type ClientCode,
  type Failure,
  type Mutation,
  type MutationCallOptions,
  type PagedQuery,
  type Query,
  type Result,
  type RetryPolicy,
  retry,
} from "./runtime/transport";
export {
  createQueryClient,
  deferred,
  optimistic,
  pageNonce,
  update,
  type DeferredOptions,
} from "./runtime/react";
export type * from "./types";
"#;

/// The additional exports of a client with functions that return files.
pub(super) const DOWNLOADS: &str = r#"export type {
  Download,
  DownloadMutation,
  DownloadOptions,
  DownloadQuery,
} from "./runtime/transport";
"#;

/// The additional exports of a client with functions that return redirects.
pub(super) const REDIRECTS: &str = r#"export type {
  Redirect,
  RedirectMutation,
  RedirectQuery,
} from "./runtime/transport";
"#;

/// The additional exports of a client with functions that return streams.
pub(super) const STREAMS: &str = r#"export type {
  PartStream,
  StreamFunction,
  StreamOptions,
} from "./runtime/transport";
export type { StreamHookOptions, StreamResult } from "./runtime/react";
"#;

/// The additional exports of a client with live queries.
pub(super) const LIVE: &str = r#"export { followLiveQueries } from "./runtime/live";
"#;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use super::{DOWNLOADS, FILE, LIVE, REDIRECTS, STREAMS};
    use crate::naming::{
        DOWNLOAD_EXPORTS, LIVE_EXPORTS, REDIRECT_EXPORTS, RUNTIME_EXPORTS, STREAM_EXPORTS,
    };

    #[test]
    fn reserved_names_match_exports() {
        let (_, rest) = FILE.split_once("export {").unwrap();
        assert_eq!(exported(rest), RUNTIME_EXPORTS);
        for (file, reserved) in [
            (DOWNLOADS, &DOWNLOAD_EXPORTS[..]),
            (REDIRECTS, &REDIRECT_EXPORTS),
        ] {
            let (_, rest) = file.split_once("export type {").unwrap();
            let (names, _) = rest.split_once('}').unwrap();
            assert_eq!(exported(names), reserved);
        }
        assert_eq!(exported(STREAMS), STREAM_EXPORTS);
        let (_, names) = LIVE.split_once("export {").unwrap();
        let (names, _) = names.split_once('}').unwrap();
        assert_eq!(exported(names), LIVE_EXPORTS);
    }

    fn exported(names: &str) -> Vec<&str> {
        let mut exported: Vec<_> = names
            .split([',', '\n', ' ', '{', '}', ';'])
            .filter(|word| !matches!(*word, "" | "export" | "type" | "from" | "*"))
            .filter(|word| !word.starts_with('"'))
            .collect();
        exported.sort_unstable();
        exported
    }
}
