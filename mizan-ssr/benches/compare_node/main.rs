//! A comparison with `react-dom/server` in Node.js: renders per second, the first render and memory.
//!
//! Rounds alternate between the two, so that changes in the machine's speed affect both equally. `../README.md`
//! has results.

// A benchmark stops at the first error.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use mizan_ssr::Renderer;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// The capacity of the render queue.
const QUEUE_CAPACITY: usize = 1024;

/// The amount of measurement, which is small if the benchmark runs as a test.
struct Plan {
    rounds: usize,
    milliseconds: u64,
    starts: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    String,
    Stream,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, first, page, props] = &arguments[..]
        && first == "--first"
    {
        return render_once(page, props);
    }
    if let [_, resident, page, props, threads] = &arguments[..]
        && resident == "--resident"
    {
        return render_for_a_while(page, props, threads);
    }
    let plan = if arguments.iter().any(|argument| argument == "--bench") {
        Plan {
            rounds: 21,
            milliseconds: 200,
            starts: 15,
        }
    } else {
        Plan {
            rounds: 1,
            milliseconds: 10,
            starts: 1,
        }
    };
    let mut words = arguments
        .iter()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'));
    let mut word = || words.next().map_or("", String::as_str);
    let (only, page) = (word(), word());
    let Some(node) = Node::prepare() else {
        println!("not run: it needs node, and node_modules with rolldown and @mui/material");
        return;
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    if "renders".starts_with(only) {
        renders(&plan, &node, &runtime, page);
    }
    if "rows".starts_with(only) {
        rows(&plan, &node);
    }
    if "first".starts_with(only) {
        first(&plan, &node);
    }
    if "memory".starts_with(only) {
        memory(&node);
    }
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pages")
}

fn renderer(threads: usize) -> Renderer {
    let renderer = Renderer::builder().root(pages()).threads(threads);
    renderer.queue_capacity(QUEUE_CAPACITY).build().unwrap()
}

/// Measures the pages whose name contains `only`.
fn renders(plan: &Plan, node: &Node, runtime: &Runtime, only: &str) {
    heading("renders per second of processor time");
    let renderer = renderer(1);
    let mut peer = node.peer();
    for (mode, name, page, props) in [
        (
            Mode::String,
            "string, hello",
            "Hello",
            json!({ "name": "World" }),
        ),
        (
            Mode::String,
            "string, table of 1,000 rows",
            "Table",
            json!({ "rows": 1000 }),
        ),
        (
            Mode::String,
            "string, ten parts in Suspense",
            "Posts",
            json!({ "wait": false }),
        ),
        (
            Mode::String,
            "string, @mui/material",
            "Mui",
            json!({ "cards": 20 }),
        ),
        (
            Mode::Stream,
            "stream, hello",
            "Hello",
            json!({ "name": "World" }),
        ),
        (
            Mode::Stream,
            "stream, table of 1,000 rows",
            "Table",
            json!({ "rows": 1000 }),
        ),
        (
            Mode::Stream,
            "stream, ten parts that suspend",
            "Posts",
            json!({ "wait": true }),
        ),
        (
            Mode::Stream,
            "stream, @mui/material",
            "Mui",
            json!({ "cards": 20 }),
        ),
    ] {
        if !name.contains(only) {
            continue;
        }
        let case = Case { mode, page, props };
        let ours = runtime.block_on(html(&renderer, &case));
        let theirs = peer.html(&case);
        assert_eq!(ours, theirs, "{name}: not the same page");
        let queue_length = queue_length(&renderer, &case);
        report(
            name,
            plan,
            || peer.renders(&case, plan.milliseconds),
            || load(&renderer, &case, plan.milliseconds, queue_length),
        );
    }
}

fn rows(plan: &Plan, node: &Node) {
    heading("rows of a table per second of processor time");
    let renderer = renderer(1);
    let mut peer = node.peer();
    for (mode, kind) in [(Mode::String, "string"), (Mode::Stream, "stream")] {
        for rows in [100_u32, 1_000, 10_000] {
            let props = json!({ "rows": rows });
            let case = Case {
                mode,
                page: "Table",
                props,
            };
            let queue_length = queue_length(&renderer, &case);
            report(
                &format!("{kind}, {rows} rows"),
                plan,
                || peer.renders(&case, plan.milliseconds) * f64::from(rows),
                || load(&renderer, &case, plan.milliseconds, queue_length) * f64::from(rows),
            );
        }
    }
}

/// Measures a process from start to end, with a warm disk cache.
fn first(plan: &Plan, node: &Node) {
    println!(
        "\n{:<44}{:>12}{:>12}{:>9}",
        "one render in a new process, milliseconds", "node", "mizan", "ratio"
    );
    for (name, page, props) in [
        ("hello", "Hello", json!({ "name": "World" }).to_string()),
        ("@mui/material", "Mui", json!({ "cards": 20 }).to_string()),
    ] {
        let ours = || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--first", page, &props]);
            command
        };
        let theirs = || {
            let mut command = Command::new("node");
            command.env("NODE_ENV", "production");
            command.arg(node.directory.join("first_render.mjs"));
            command.arg(node.page(page)).arg(&props);
            command
        };
        let milliseconds = |mut command: Command| {
            let started = Instant::now();
            let output = command.stderr(Stdio::inherit()).output().unwrap();
            assert!(output.status.success() && !output.stdout.is_empty());
            started.elapsed().as_secs_f64() * 1000.0
        };
        milliseconds(ours());
        milliseconds(theirs());
        let pairs = (0..plan.starts)
            .map(|_| (milliseconds(theirs()), milliseconds(ours())))
            .collect();
        print(name, pairs);
    }
}

fn render_once(page: &str, props: &str) {
    let props: Value = serde_json::from_str(props).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let renderer = renderer(1);
    let page = runtime
        .block_on(renderer.render(&format!("{page}.tsx"), &props))
        .unwrap();
    std::io::stdout().write_all(page.html.as_bytes()).unwrap();
    runtime.block_on(renderer.close());
}

/// Measures the memory of separate processes after two seconds of rendering.
fn memory(node: &Node) {
    println!(
        "\n{:<44}{:>12}{:>12}",
        "resident memory, MB", "node", "mizan"
    );
    for (page, props) in [
        ("Hello", json!({ "name": "W" })),
        ("Mui", json!({ "cards": 20 })),
    ] {
        let ours = |threads: &str| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--resident", page, &props.to_string(), threads]);
            let output = command.stderr(Stdio::inherit()).output().unwrap();
            let used = String::from_utf8(output.stdout).unwrap();
            used.trim().parse::<f64>().unwrap()
        };
        let (one, three) = (ours("1"), ours("3"));
        let case = Case {
            mode: Mode::String,
            page,
            props: props.clone(),
        };
        let mut peer = node.peer();
        peer.renders(&case, 2000);
        let theirs = peer.resident(&case);
        println!("{page:<44}{theirs:>12.0}{one:>12.0}");
        println!(
            "{:<44}{:>12}{:>12.0}",
            format!("{page}, each further isolate"),
            "",
            (three - one) / 2.0
        );
    }
}

fn render_for_a_while(page: &str, props: &str, threads: &str) {
    let props = serde_json::from_str(props).unwrap();
    let mode = Mode::String;
    let case = Case { mode, page, props };
    load(&renderer(threads.parse().unwrap()), &case, 2000, 16);
    println!("{}", resident());
}

/// Returns the processor time in seconds of all threads. Short renders run on the thread that requests them.
fn processor_time() -> f64 {
    let nanoseconds: f64 = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| task.ok())
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|line| line.split(' ').next()?.parse::<f64>().ok())
        .sum();
    nanoseconds / 1e9
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<f64>().unwrap() / 1024.0
}

/// A page to render, with its props, as a string or a stream.
struct Case<'a> {
    mode: Mode,
    page: &'a str,
    props: Value,
}

async fn html(renderer: &Renderer, case: &Case<'_>) -> String {
    let file = format!("{}.tsx", case.page);
    if case.mode == Mode::String {
        return renderer.render(&file, &case.props).await.unwrap().html;
    }
    let mut stream = renderer.render_stream(&file, &case.props).await.unwrap();
    let mut parts = Vec::new();
    while let Some(part) = stream.next().await {
        parts.extend_from_slice(&part.unwrap());
    }
    String::from_utf8(parts).unwrap()
}

/// The interval at which the requesting thread polls for results. Waking it for each render would cost the
/// render thread about 2 µs; the threads of a server under load are awake.
const POLL_INTERVAL: Duration = Duration::from_micros(500);

/// Returns the number of queued renders at which the render thread never waits.
fn queue_length(renderer: &Renderer, case: &Case<'_>) -> usize {
    (0..4).fold(16, |queue_length, _| {
        let rate = load(renderer, case, 100, queue_length);
        // The polling thread may sleep twice as long as requested, and needs time itself.
        ((rate * POLL_INTERVAL.as_secs_f64() * 8.0) as usize).clamp(16, QUEUE_CAPACITY)
    })
}

/// Returns renders per second of processor time with `queue_length` queued renders.
fn load(renderer: &Renderer, case: &Case<'_>, milliseconds: u64, queue_length: usize) -> f64 {
    let file = format!("{}.tsx", case.page);
    let one = || async {
        match case.mode {
            Mode::String => {
                renderer.render(&file, &case.props).await.unwrap();
            }
            Mode::Stream => {
                let mut stream = renderer.render_stream(&file, &case.props).await.unwrap();
                while let Some(part) = stream.next().await {
                    part.unwrap();
                }
            }
        }
    };
    let (started, before) = (Instant::now(), processor_time());
    let end = Duration::from_millis(milliseconds);
    let mut under_way: FuturesUnordered<_> = (0..queue_length).map(|_| one()).collect();
    let mut renders = 0;
    let mut unwoken = Context::from_waker(Waker::noop());
    loop {
        match under_way.poll_next_unpin(&mut unwoken) {
            Poll::Ready(Some(())) => {
                renders += 1;
                if started.elapsed() < end {
                    under_way.push(one());
                }
            }
            Poll::Ready(None) => break,
            Poll::Pending => std::thread::sleep(POLL_INTERVAL),
        }
    }
    f64::from(renders) / (processor_time() - before)
}

/// The same pages, compiled for Node.js.
struct Node {
    directory: PathBuf,
}

struct Peer<'a> {
    node: &'a Node,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    fn prepare() -> Option<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = package.join("../node_modules").canonicalize().ok()?;
        if !packages.join("@mui/material").is_dir() || !packages.join("rolldown").is_dir() {
            return None;
        }
        // The directory from which Node.js resolves the packages.
        let directory = packages.join(".cache/mizan-ssr-bench");
        std::fs::create_dir_all(&directory).ok()?;
        for script in ["compile.mjs", "first_render.mjs", "node_peer.mjs"] {
            let from = package.join("benches/compare_node").join(script);
            std::fs::copy(from, directory.join(script)).unwrap();
        }
        let compiled = Command::new("node")
            .arg(directory.join("compile.mjs"))
            .arg(&directory)
            .args(
                ["Hello", "Table", "Posts", "Mui"].map(|page| pages().join(format!("{page}.tsx"))),
            )
            .status()
            .ok()?;
        compiled.success().then_some(Self { directory })
    }

    fn page(&self, page: &str) -> PathBuf {
        self.directory.join(format!("{page}.mjs"))
    }

    fn peer(&self) -> Peer<'_> {
        let mut process = Command::new("node")
            .env("NODE_ENV", "production")
            .arg(self.directory.join("node_peer.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Peer {
            node: self,
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }
}

impl Peer<'_> {
    fn send(&mut self, case: &Case<'_>, milliseconds: u64) -> Value {
        let line = json!({
            "mode": if case.mode == Mode::String { "string" } else { "stream" },
            "page": self.node.page(case.page),
            "props": case.props,
            "milliseconds": milliseconds,
        });
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn renders(&mut self, case: &Case<'_>, milliseconds: u64) -> f64 {
        let answer = self.send(case, milliseconds);
        answer["renders"].as_f64().unwrap() / answer["seconds"].as_f64().unwrap()
    }

    fn html(&mut self, case: &Case<'_>) -> String {
        self.send(case, 0)["html"].as_str().unwrap().into()
    }

    fn resident(&mut self, case: &Case<'_>) -> f64 {
        self.send(case, 0)["resident"].as_f64().unwrap() / f64::from(1 << 20)
    }
}

impl Drop for Peer<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn heading(what: &str) {
    println!("\n{what:<44}{:>12}{:>12}{:>9}", "node", "mizan", "ratio");
}

fn report(name: &str, plan: &Plan, mut node: impl FnMut() -> f64, mut mizan: impl FnMut() -> f64) {
    for _ in 0..plan.rounds.min(3) {
        node();
        mizan();
    }
    print(name, (0..plan.rounds).map(|_| (node(), mizan())).collect());
}

/// Returns the medians, and the median of the ratios of neighbouring rounds.
fn print(name: &str, pairs: Vec<(f64, f64)>) {
    let median = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    let ratio = median(pairs.iter().map(|(node, mizan)| mizan / node).collect());
    let (node, mizan): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    println!(
        "{name:<44}{:>12.0}{:>12.0}{ratio:>9.2}",
        median(node),
        median(mizan)
    );
}
