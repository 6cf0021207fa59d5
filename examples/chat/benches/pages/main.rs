//! Pages over HTTP, beside the same pages in Node.js: requests per second of the server's processor time.
//!
//! `cargo bench -p chat --features v8 --bench pages` prints the table. It needs `node` and the packages of
//! `node_modules`. Both servers answer with the same bytes: the document around the markup is part of the
//! page that Node.js is given. Rounds alternate between the two, so that changes of the machine's speed
//! affect both equally. Add `-- hello` to measure only the pages whose name contains `hello`.

mod load;
mod node;
mod own;

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;

use load::Load;
use own::{PAGES, Page};

/// The rounds of each page, and their duration.
struct Plan {
    rounds: usize,
    round: Duration,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--serve") {
        return own::serve();
    }
    // `cargo test --all-targets` starts benchmarks, too.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let only = arguments.iter().find(|argument| !argument.starts_with('-'));
    let plan = Plan {
        rounds: 15,
        round: Duration::from_millis(400),
    };
    println!(
        "{:<40}{:>12}{:>12}{:>9}",
        "requests per second of processor time", "node", "mizan", "ratio"
    );
    for page in &PAGES {
        if only.is_none_or(|only| page.name.contains(only.as_str())) {
            compare(page, &plan).with_context(|| page.name)?;
        }
    }
    Ok(())
}

fn compare(page: &Page, plan: &Plan) -> anyhow::Result<()> {
    let mizan = page.start()?;
    let load = Load::new(page.path)?;
    // The first page loads the modules.
    load.body(&mizan)?;
    let body = load.body(&mizan)?;
    let node = node::start(page, &body)?;
    let theirs = load.body(&node)?;
    anyhow::ensure!(
        node::markup(&body)? == node::markup(&theirs)?,
        "not the same page:\n{body}\n{theirs}"
    );
    let warm_up = Duration::from_secs(1);
    for server in [&node, &mizan] {
        load.rate(server, warm_up)?;
    }
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        rounds.push((
            load.rate(&node, plan.round)?,
            load.rate(&mizan, plan.round)?,
        ));
    }
    let ratio = median(rounds.iter().map(|(node, mizan)| mizan / node).collect());
    let (node, mizan): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    println!(
        "{:<40}{:>12.0}{:>12.0}{ratio:>9.2}",
        page.name,
        median(node),
        median(mizan)
    );
    std::io::stdout().flush()?;
    Ok(())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
