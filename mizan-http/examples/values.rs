//! A server that generates values of every type, and compares those that a client sends back.
//!
//! `values` starts the server and prints its URL; `values manifest` prints the manifest.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, ChannelsExt, ConnectionLimits};
use mizan_core::{Channel, Cx, Decision, Error, Registry, channel, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::{MizanService, serve, shutdown_signal};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Values {
    numbers: Numbers,
    times: Times,
    texts: Texts,
    optional: Optional,
    enums: Enums,
    containers: Containers,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Numbers {
    int32: i32,
    int64: i64,
    uint64: u64,
    size: usize,
    int128: i128,
    uint128: u128,
    #[serde(with = "mizan_core::wire::AsNumber::<i64>")]
    safe: i64,
    #[serde(with = "mizan_core::wire::AsText::<u128>")]
    digits: u128,
    float: f32,
    double: f64,
    decimal: Decimal,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Times {
    moment: Timestamp,
    zoned: Zoned,
    date: civil::Date,
    time: civil::Time,
    date_time: civil::DateTime,
    span: SignedDuration,
    elapsed: Duration,
    #[serde(with = "mizan_core::wire::Iso8601::<Duration>")]
    length: Duration,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Texts {
    text: String,
    letter: char,
    is_open: bool,
    id: Uuid,
    key: Key,
    #[serde(with = "mizan_core::wire::Base64::<Bytes>")]
    bytes: Bytes,
}

/// A newtype.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
struct Key(u64);

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Optional {
    nullable: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<Timestamp>,
    #[serde(
        with = "mizan_core::wire::Patch::<Option<Option<u64>>>",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    patch: Option<Option<u64>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Enums {
    external: Vec<External>,
    internal: Vec<Internal>,
    adjacent: Vec<Adjacent>,
    untagged: Vec<Untagged>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
enum External {
    Unit,
    Newtype(i64),
    Tuple(u64, Timestamp),
    Struct { at: Timestamp, name: String },
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Struct { at: Timestamp, count: u64 },
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Unit,
    Newtype(i64),
    Tuple(u64, Timestamp),
    Struct { at: Timestamp, name: String },
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Flag(bool),
    Number(u64),
    Moments(Vec<Timestamp>),
    Struct { count: i64 },
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Containers {
    list: Vec<u64>,
    array: [i64; 3],
    tuple: (u64, Option<bool>, Timestamp),
    by_name: BTreeMap<String, u64>,
    by_key: BTreeMap<u64, Timestamp>,
    flattened: Flattened,
    tree: Tree,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Flattened {
    id: u64,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    event: Internal,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Inner {
    seen: Timestamp,
    total: i64,
}

/// A recursive type.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
struct Tree {
    value: i64,
    first: Option<Box<Tree>>,
    rest: Vec<Tree>,
}

/// Moments before the year 10000, as `Date` with milliseconds or as `Temporal` with nanoseconds.
fn moments(nanoseconds: bool) -> BoxedStrategy<Timestamp> {
    let seconds = Timestamp::MIN.as_second()..Timestamp::MAX.as_second();
    (seconds, 0..1_000_000_000_i32)
        .prop_map(move |(second, nanosecond)| {
            let unit = if nanoseconds { 1 } else { 1_000_000 };
            Timestamp::new(second, nanosecond / unit * unit).expect("a moment in the range")
        })
        .boxed()
}

fn numbers() -> impl Strategy<Value = Numbers> {
    const SAFE: i64 = mizan_core::wire::MAX_SAFE_INTEGER;
    let integers = any::<(i32, i64, u64, usize, i128, u128, u128)>();
    let finite =
        proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO;
    let single =
        proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO;
    let decimals = (any::<(i32, i32, i32, bool)>(), 0..=28_u32).prop_map(
        |((lo, mid, hi, negative), scale)| {
            Decimal::from_parts(
                lo.cast_unsigned(),
                mid.cast_unsigned(),
                hi.cast_unsigned(),
                negative,
                scale,
            )
        },
    );
    (integers, -SAFE..=SAFE, single, finite, decimals).prop_map(
        |((int32, int64, uint64, size, int128, uint128, digits), safe, float, double, decimal)| {
            Numbers {
                int32,
                int64,
                uint64,
                size,
                int128,
                uint128,
                safe,
                digits,
                float,
                double,
                decimal,
            }
        },
    )
}

fn times(nanoseconds: bool) -> impl Strategy<Value = Times> {
    const ZONES: [&str; 5] = [
        "UTC",
        "Europe/Paris",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Africa/Monrovia",
    ];
    // A `Temporal.Duration` has at most 2^53 seconds.
    const SECONDS: u64 = 1 << 53;
    let durations = || {
        (0..SECONDS, 0..1_000_000_000_u32)
            .prop_map(|(second, nanosecond)| Duration::new(second, nanosecond))
    };
    let zones = prop::sample::select(&ZONES[..]);
    (
        moments(nanoseconds),
        moments(true),
        zones,
        durations(),
        any::<bool>(),
        any::<(u64, u32)>(),
        durations(),
    )
        .prop_map(
            |(moment, other, zone, span, is_negative, (second, nanosecond), length)| {
                let civil = other.to_zoned(TimeZone::UTC);
                let span = SignedDuration::try_from(span).expect("a duration in the range");
                Times {
                    moment,
                    zoned: other.in_tz(zone).expect("a zone of the database"),
                    date: civil.date(),
                    time: civil.time(),
                    date_time: civil.datetime(),
                    span: if is_negative { -span } else { span },
                    elapsed: Duration::new(second, nanosecond % 1_000_000_000),
                    length,
                }
            },
        )
}

fn texts() -> impl Strategy<Value = Texts> {
    (
        any::<(String, char, bool, u128, u64)>(),
        vec(any::<u8>(), 0..40),
    )
        .prop_map(|((text, letter, is_open, id, key), bytes)| Texts {
            text,
            letter,
            is_open,
            id: Uuid::from_u128(id),
            key: Key(key),
            bytes: bytes.into(),
        })
}

fn optional(moment: &BoxedStrategy<Timestamp>) -> impl Strategy<Value = Optional> + use<> {
    (
        any::<Option<i64>>(),
        prop::option::of(moment.clone()),
        any::<Option<Option<u64>>>(),
    )
        .prop_map(|(nullable, absent, patch)| Optional {
            nullable,
            absent,
            patch,
        })
}

fn internal(moment: &BoxedStrategy<Timestamp>) -> impl Strategy<Value = Internal> + use<> {
    prop_oneof![
        Just(Internal::Unit),
        (moment.clone(), any::<u64>()).prop_map(|(at, count)| Internal::Struct { at, count }),
    ]
}

fn enums(moment: &BoxedStrategy<Timestamp>) -> impl Strategy<Value = Enums> + use<> {
    let named = || (moment.clone(), any::<String>());
    let counted = || (any::<u64>(), moment.clone());
    let external = prop_oneof![
        Just(External::Unit),
        any::<i64>().prop_map(External::Newtype),
        counted().prop_map(|(count, at)| External::Tuple(count, at)),
        named().prop_map(|(at, name)| External::Struct { at, name }),
    ];
    let adjacent = prop_oneof![
        Just(Adjacent::Unit),
        any::<i64>().prop_map(Adjacent::Newtype),
        counted().prop_map(|(count, at)| Adjacent::Tuple(count, at)),
        named().prop_map(|(at, name)| Adjacent::Struct { at, name }),
    ];
    let untagged = prop_oneof![
        any::<bool>().prop_map(Untagged::Flag),
        any::<u64>().prop_map(Untagged::Number),
        vec(moment.clone(), 0..3).prop_map(Untagged::Moments),
        any::<i64>().prop_map(|count| Untagged::Struct { count }),
        any::<String>().prop_map(Untagged::Text),
    ];
    (
        vec(external, 0..3),
        vec(internal(moment), 0..3),
        vec(adjacent, 0..3),
        vec(untagged, 0..3),
    )
        .prop_map(|(external, internal, adjacent, untagged)| Enums {
            external,
            internal,
            adjacent,
            untagged,
        })
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<i64>().prop_map(|value| Tree {
        value,
        first: None,
        rest: Vec::new(),
    });
    leaf.prop_recursive(4, 8, 2, |inner| {
        (
            any::<i64>(),
            prop::option::of(inner.clone()),
            vec(inner, 0..2),
        )
            .prop_map(|(value, first, rest)| Tree {
                value,
                first: first.map(Box::new),
                rest,
            })
    })
}

fn containers(moment: &BoxedStrategy<Timestamp>) -> impl Strategy<Value = Containers> + use<> {
    let flattened = (any::<(u64, i64)>(), moment.clone(), internal(moment)).prop_map(
        |((id, total), seen, event)| Flattened {
            id,
            inner: Inner { seen, total },
            event,
        },
    );
    let names = prop_oneof![
        any::<String>(),
        Just("__proto__".to_owned()),
        any::<u8>().prop_map(|key| key.to_string())
    ];
    (
        vec(any::<u64>(), 0..4),
        any::<[i64; 3]>(),
        (any::<u64>(), any::<Option<bool>>(), moment.clone()),
        btree_map(names, any::<u64>(), 0..4),
        btree_map(any::<u64>(), moment.clone(), 0..3),
        flattened,
        tree(),
    )
        .prop_map(
            |(list, array, tuple, by_name, by_key, flattened, tree)| Containers {
                list,
                array,
                tuple,
                by_name,
                by_key,
                flattened,
                tree,
            },
        )
}

/// Generates the values of a seed.
fn values_of(seed: u32, count: u32, nanoseconds: bool) -> Vec<Values> {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let moment = moments(nanoseconds);
    let strategy = (
        numbers(),
        times(nanoseconds),
        texts(),
        optional(&moment),
        enums(&moment),
        containers(&moment),
    )
        .prop_map(
            |(numbers, times, texts, optional, enums, containers)| Values {
                numbers,
                times,
                texts,
                optional,
                enums,
                containers,
            },
        );
    (0..count)
        .map(|_| {
            strategy
                .new_tree(&mut runner)
                .expect("a strategy without filters")
                .current()
        })
        .collect()
}

/// The values that clients received, by the seed and whether they have nanoseconds.
#[derive(Default)]
struct Generated(Mutex<HashMap<(u32, bool), Vec<Values>>>);

/// Returns the values of a seed, with moments in milliseconds or nanoseconds.
#[client]
async fn generate(cx: &Cx, seed: u32, count: u32, nanoseconds: bool) -> Result<Vec<Values>, Error> {
    let values = values_of(seed, count, nanoseconds);
    let mut generated = cx.state::<Generated>().0.lock().await;
    generated.insert((seed, nanoseconds), values.clone());
    Ok(values)
}

/// Returns the first line in which the values differ from the generated ones of a seed.
#[client(query)]
async fn difference(
    cx: &Cx,
    seed: u32,
    nanoseconds: bool,
    values: Vec<Values>,
) -> Result<Option<String>, Error> {
    let generated = cx.state::<Generated>().0.lock().await;
    let Some(expected) = generated.get(&(seed, nanoseconds)) else {
        return Err(Error::not_found("generate the values of this seed first"));
    };
    if *expected == values {
        return Ok(None);
    }
    let (expected, values) = (format!("{expected:#?}"), format!("{values:#?}"));
    let mut lines = expected.lines().zip(values.lines());
    let line = lines.find(|(expected, value)| expected != value);
    let (expected, value) = line.unwrap_or_default();
    Ok(Some(format!(
        "{} instead of {}",
        value.trim(),
        expected.trim()
    )))
}

/// Returns its argument.
#[client]
async fn echo(text: String) -> Result<String, Error> {
    Ok(text)
}

/// Returns its argument.
#[client(context = "local")]
async fn text(text: String) -> Result<String, Error> {
    Ok(text)
}

/// A form with the values that people enter.
#[derive(Form, Deserialize, Serialize, JsonSchema, Validate)]
#[form(name = "note")]
struct Note {
    #[field(widget = "textarea")]
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    moment: Option<Timestamp>,
    #[serde(default)]
    day: Option<civil::Date>,
    #[serde(default)]
    hour: Option<civil::Time>,
    #[serde(default)]
    local: Option<civil::DateTime>,
}

impl FormHandler for Note {
    type Output = Self;
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<Self, Error> {
        Ok(self)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinesParams {
    name: String,
}

/// A line of a channel.
#[derive(Serialize, JsonSchema)]
struct Line {
    /// The name of the channel's group.
    name: String,
    text: String,
}

struct Lines;

#[channel]
impl Channel for Lines {
    type Params = LinesParams;
    type ServerMessage = Line;
    type ClientMessage = String;
    type Reply = String;
    const NAME: &'static str = "lines";

    async fn authorize(_: &Cx, _: &LinesParams) -> Decision {
        Decision::Allow
    }

    fn group(params: &LinesParams) -> String {
        params.name.clone()
    }

    async fn receive(cx: &Cx, params: &LinesParams, text: String) -> Result<String, Error> {
        let line = Line {
            name: params.name.clone(),
            text: text.clone(),
        };
        cx.channels().publish::<Lines>(params, line).await?;
        Ok(text)
    }
}

/// Removes the positions in this file, which change with every edit.
fn without_sources(mut manifest: serde_json::Value) -> serde_json::Value {
    for kind in ["functions", "forms", "channels"] {
        let items = manifest[kind].as_array_mut().into_iter().flatten();
        for item in items.filter_map(serde_json::Value::as_object_mut) {
            item.remove("source");
        }
    }
    manifest
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut limits = ConnectionLimits::default();
    limits.max_frames_per_second = 10_000;
    let registry = Registry::new()
        .state(Channels::with_limits(MemoryBroker::new(), limits))
        .state(Generated::default())
        .channel::<Lines>()
        .form::<Note>()
        .function::<Generate>()
        .function::<Difference>()
        .function::<Echo>()
        .function::<Text>();
    if std::env::args().nth(1).as_deref() == Some("manifest") {
        println!(
            "{:#}",
            without_sources(registry.manifest()?.as_json().clone())
        );
        return Ok(());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let service = MizanService::builder(registry.build()?);
    serve(listener, service.build()?)
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}
