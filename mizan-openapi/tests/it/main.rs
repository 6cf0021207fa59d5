//! Tests of the documents.

#![expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]

mod golden;
