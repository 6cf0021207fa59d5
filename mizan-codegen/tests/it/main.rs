//! Tests of the public API.
//!
//! Each folder in `tests/cases` contains a manifest and the client that is generated from it, without
//! the runtime, which is the same for all clients. `UPDATE_EXPECT=1 cargo test -p mizan-codegen`
//! updates the clients after an intended change; review the difference before committing it. `npm
//! run typecheck` compiles them together with each `usage.ts`.

#![expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]

mod access;
mod bad_manifests;
mod cli;
mod compat;
mod compat_properties;
mod declaration_maps;
mod diagnostics;
mod emails;
mod golden;
mod patterns;
mod rust_app;
mod rust_channels;
mod watch;
mod write;
