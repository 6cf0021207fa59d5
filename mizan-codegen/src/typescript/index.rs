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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use super::FILE;
    use crate::naming::RUNTIME_EXPORTS;

    #[test]
    fn reserved_names_match_exports() {
        let (_, rest) = FILE.split_once("export {").unwrap();
        let mut exported: Vec<_> = rest
            .split([',', '\n', ' ', '{', '}', ';'])
            .filter(|word| !matches!(*word, "" | "export" | "type" | "from" | "*"))
            .filter(|word| !word.starts_with('"'))
            .collect();
        exported.sort_unstable();
        assert_eq!(exported, RUNTIME_EXPORTS);
    }
}
