//! `cargo xtask attacks`: runs the tests that `SECURITY.md` names.

mod table;

use clap::Args;

use crate::{demo, project, runners, step, v8};
use table::{Runner, Table, TestRef};

#[derive(Args)]
pub(crate) struct Options {
    /// Also run the tests that take minutes
    #[arg(long)]
    slow: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let table = check()?;
    let mut all_passed = true;
    let mut record = |outcome: anyhow::Result<()>| {
        if let Err(error) = outcome {
            eprintln!("        {error:#}");
            all_passed = false;
        }
    };
    record(rust(&table, options.slow));
    match project::missing_node() {
        Some(missing) => println!("not run: Vitest and browser tests: {missing}"),
        None => {
            demo::install()?;
            record(vitest(&table));
            match project::chromium() {
                Some(chromium) => record(browser(&table, &chromium)),
                None => println!("not run: browser tests: Chromium is not installed"),
            }
        }
    }
    Ok(all_passed)
}

/// Reads the table and fails if it names a test that does not exist.
pub(crate) fn check() -> anyhow::Result<Table> {
    let table = Table::read(&project::root().join("SECURITY.md"))?;
    let missing = table.missing_tests(project::root())?;
    anyhow::ensure!(
        missing.is_empty(),
        "SECURITY.md names tests that do not exist:\n{}",
        missing.join("\n")
    );
    Ok(table)
}

fn rust(table: &Table, slow: bool) -> anyhow::Result<()> {
    let tests = table.tests(Runner::Nextest);
    let (rendering, others): (Vec<&TestRef>, Vec<&TestRef>) = tests
        .into_iter()
        .partition(|test| test.file.starts_with("mizan-ssr"));
    let ignored = if slow { "all" } else { "default" };
    let run = |name: &str, packages: &[&str], tests: &[&TestRef]| {
        if tests.is_empty() {
            return Ok(());
        }
        let mut command = project::cargo(["nextest", "run", "--run-ignored", ignored]);
        command
            .args(packages)
            .args(["--filterset", &nextest_filter(tests)]);
        step::run(name, &mut command)
    };
    run(
        "Rust tests",
        &["--workspace", "--features", runners::FEATURES],
        &others,
    )?;
    match v8::unavailable_reason() {
        None => run("server rendering in V8", &runners::V8, &rendering),
        Some(_) => run("server rendering", &["--package", "mizan-ssr"], &rendering),
    }
}

fn vitest(table: &Table) -> anyhow::Result<()> {
    let tests = table.tests(Runner::Vitest);
    if tests.is_empty() {
        return Ok(());
    }
    let mut arguments = vec!["--testNamePattern".to_owned(), title_pattern(&tests)];
    arguments.extend(tests.iter().map(|test| test.file.clone()));
    runners::vitest(&arguments)
}

fn browser(table: &Table, chromium: &std::path::Path) -> anyhow::Result<()> {
    let tests = table.tests(Runner::Playwright);
    if tests.is_empty() {
        return Ok(());
    }
    let mut arguments = vec!["--grep".to_owned(), title_pattern(&tests)];
    arguments.extend(tests.iter().map(|test| test.file.clone()));
    runners::browser(chromium, &arguments)
}

/// Returns the filter of nextest that selects exactly these tests.
fn nextest_filter(tests: &[&TestRef]) -> String {
    let one = |test: &&TestRef| {
        let matcher = match test.title.strip_suffix("::") {
            Some(module) => format!("#{module}::*"),
            None => format!("={}", test.title),
        };
        format!("(binary_id({}) & test({matcher}))", test.file)
    };
    tests.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// Returns a regular expression that matches any of the titles.
fn title_pattern(tests: &[&TestRef]) -> String {
    let escaped = |test: &&TestRef| regex::escape(&test.title);
    tests.iter().map(escaped).collect::<Vec<_>>().join("|")
}
