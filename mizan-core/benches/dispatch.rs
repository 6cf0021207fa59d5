//! Compares a dispatched call with decoding and encoding the same JSON with serde_json alone.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking, and its name documents it"
)]

use std::sync::Arc;

use bytes::Bytes;
use divan::Bencher;
use futures_util::FutureExt;
use mizan_core::{App, Error, Identity, Principal, Registry, RequestHead, client};
use serde::{Deserialize, Serialize};

fn main() {
    divan::main();
}

#[derive(Serialize, schemars::JsonSchema)]
struct Message {
    message: String,
}

#[client]
async fn echo(text: String) -> Result<Message, Error> {
    Ok(Message { message: text })
}

#[client(query)]
async fn answer() -> Result<u32, Error> {
    Ok(42)
}

#[client(query, limit = "1000000/s burst 4000000000 by principal")]
async fn limited_answer() -> Result<u32, Error> {
    Ok(42)
}

/// The input of `echo`, without mizan.
#[derive(Deserialize)]
struct Bare {
    text: String,
}

const LENGTHS: [usize; 3] = [2, 1_000, 100_000];

fn input(length: usize) -> Bytes {
    Bytes::from(format!(r#"{{"text":"{}"}}"#, "x".repeat(length)))
}

fn app() -> App {
    Registry::new()
        .function::<Echo>()
        .function::<Answer>()
        .function::<LimitedAnswer>()
        .build()
        .unwrap()
}

fn dispatch(bencher: Bencher<'_, '_>, name: &str, input: &Bytes) {
    let app = app();
    let function = app.function(name).unwrap();
    let head = Arc::new(RequestHead::empty());
    let principal = Principal::from(Identity::new("42"));
    bencher.bench(|| {
        let cx = app.context(principal.clone(), head.clone());
        let reply = function.dispatch(cx, input.clone()).now_or_never().unwrap();
        reply.result.unwrap()
    });
}

#[divan::bench(args = LENGTHS)]
fn echo_dispatched(bencher: Bencher<'_, '_>, length: usize) {
    dispatch(bencher, "echo", &input(length));
}

#[divan::bench(args = LENGTHS)]
fn echo_with_serde_json(bencher: Bencher<'_, '_>, length: usize) {
    let input = input(length);
    bencher.bench(|| {
        let Bare { text } = serde_json::from_slice(&input).unwrap();
        Bytes::from(serde_json::to_vec(&Message { message: text }).unwrap())
    });
}

#[divan::bench]
fn answer_dispatched(bencher: Bencher<'_, '_>) {
    dispatch(bencher, "answer", &Bytes::new());
}

#[divan::bench]
fn limited_answer_dispatched(bencher: Bencher<'_, '_>) {
    dispatch(bencher, "limited_answer", &Bytes::new());
}

#[divan::bench]
fn answer_with_serde_json(bencher: Bencher<'_, '_>) {
    let input = Bytes::from_static(b"{}");
    bencher.bench(|| {
        let _: Empty = serde_json::from_slice(&input).unwrap();
        Bytes::from(serde_json::to_vec(&42).unwrap())
    });
}

#[derive(Deserialize)]
struct Empty {}

#[derive(Serialize)]
struct Row {
    id: u64,
    name: &'static str,
    price: f64,
    tags: [&'static str; 2],
    parent: Option<u32>,
}

fn rows() -> Vec<Row> {
    let row = |id: u32| Row {
        id: id.into(),
        name: "a name of a usual length",
        price: f64::from(id) / 7.0,
        tags: ["new", "sale"],
        parent: id.is_multiple_of(2).then_some(id),
    };
    (0..1_000).map(row).collect()
}

#[divan::bench]
fn rows_encoded(bencher: Bencher<'_, '_>) {
    let rows = rows();
    bencher.bench(|| mizan_core::adapter::encode_json(&rows).unwrap());
}

#[divan::bench]
fn rows_with_serde_json(bencher: Bencher<'_, '_>) {
    let rows = rows();
    bencher.bench(|| serde_json::to_vec(&rows).unwrap());
}
