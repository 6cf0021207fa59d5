//! Tests of the public API.
//!
//! Each folder in `tests/cases` is a manifest and the client that it should give, without the
//! runtime, which is the same for all. After a wanted change, `UPDATE_EXPECT=1 cargo test -p
//! mizan-codegen` writes the clients anew; read the difference before you commit it. `npm run
//! typecheck` checks that TypeScript accepts them, together with each `usage.ts`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod cli;
mod emails;
mod refused;
mod rust_app;
mod rust_channels;
mod write;
