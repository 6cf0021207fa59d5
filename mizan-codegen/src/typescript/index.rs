//! `index.ts`: what an application imports.

/// What the generated files export by themselves.
pub(crate) const OWN_NAMES: [&str; 8] = [
    "Api",
    "CommonCode",
    "CommonError",
    "MizanProvider",
    "api",
    "contract",
    "createApi",
    "useApi",
];

/// What the runtime exports to applications.
pub(crate) const RUNTIME_NAMES: [&str; 9] = [
    "ApiOptions",
    "CallError",
    "CallOptions",
    "ClientCode",
    "Failure",
    "Mutation",
    "Query",
    "Result",
    "createQueryClient",
];

pub(super) const FILE: &str = r#"export * from "./client";
export * from "./react";
export {
  CallError,
  type ApiOptions,
  type CallOptions,
  type ClientCode,
  type Failure,
  type Mutation,
  type Query,
  type Result,
} from "./runtime/transport";
export { createQueryClient } from "./runtime/react";
export type * from "./types";
"#;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::{FILE, RUNTIME_NAMES};

    #[test]
    fn names_are_those_of_the_file() {
        let (_, rest) = FILE.split_once("export {").unwrap();
        let mut exported: Vec<_> = rest
            .split([',', '\n', ' ', '{', '}', ';'])
            .filter(|word| !matches!(*word, "" | "export" | "type" | "from" | "*"))
            .filter(|word| !word.starts_with('"'))
            .collect();
        exported.sort_unstable();
        assert_eq!(exported, RUNTIME_NAMES);
    }
}
