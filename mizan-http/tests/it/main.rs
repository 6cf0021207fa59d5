//! Tests of the public API, in process and over loopback sockets.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod allowed_hosts;
mod app;
mod authentication;
mod background;
mod batch;
mod cached_queries;
mod call_lifetime;
mod caller;
mod calls;
mod checks;
#[cfg(unix)]
mod child;
mod client_address;
mod client_limits;
mod compression;
mod connections;
mod cross_origin;
mod declared_form;
mod downloads;
#[cfg(feature = "axum")]
mod extract;
mod forms;
mod forms_app;
mod forms_in_router;
mod harness;
mod health;
mod host_header;
mod hostile_clients;
mod hostile_strings;
mod http2;
mod idempotency;
mod input;
mod layers;
#[cfg(feature = "channels")]
mod live_queries;
mod mounting;
#[cfg(unix)]
mod open_files;
#[cfg(feature = "openapi")]
mod openapi;
mod raw_http2;
mod redirects;
#[cfg(all(unix, feature = "channels"))]
#[expect(dead_code, reason = "the tests of mizan-channels use the rest")]
#[path = "../../../mizan-channels/tests/it/redis_server.rs"]
mod redis_server;
mod response_headers;
#[cfg(feature = "channels")]
mod resumable_streams;
mod serving;
#[cfg(all(unix, feature = "channels"))]
mod signals;
mod streams;
#[cfg(all(feature = "channels", feature = "opentelemetry"))]
mod traces;
mod uploads;
mod versions;
mod webhook;
#[cfg(feature = "channels")]
mod websocket;
