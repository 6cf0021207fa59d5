//! Steps: commands that run with a progress display.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Read, stderr};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// The number of last lines that are printed after a command failed.
const MAX_PRINTED_LINES: usize = 200;

/// Runs `command` as a step called `name`, with its last line of output beside a spinner.
///
/// Without a terminal, prints one line when the step begins and one when it ends. Prints the last lines of the
/// command's output if it fails.
pub(crate) fn run(name: &str, command: &mut Command) -> anyhow::Result<()> {
    let began = Instant::now();
    let bar = spinner(name);
    let outcome = follow(command, |line| bar.set_message(line.to_owned()));
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f32();
    match outcome {
        Ok(()) => {
            eprintln!("  ok    {name} ({seconds:.1} s)");
            Ok(())
        }
        Err(error) => {
            eprintln!("  FAILED {name} ({seconds:.1} s)");
            Err(error.context(format!("{name} failed")))
        }
    }
}

/// Runs a command that takes no noticeable time. Prints its output only if it fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<()> {
    follow(command, |_| ())
}

fn spinner(name: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        eprintln!("  ..    {name}");
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {spinner} {prefix} {elapsed:.dim} {wide_msg:.dim}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner()
        .with_style(style)
        .with_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn follow(command: &mut Command, mut on_line: impl FnMut(&str)) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {shown}"))?;
    let (lines, printed) = mpsc::channel();
    let mut readers = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        readers.push(read_lines(stdout, lines.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        readers.push(read_lines(stderr, lines.clone()));
    }
    drop(lines);
    let mut last = VecDeque::with_capacity(MAX_PRINTED_LINES);
    for line in printed {
        on_line(&line);
        if last.len() == MAX_PRINTED_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    for reader in readers {
        let _ = reader.join();
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for {shown}"))?;
    if !status.success() {
        for line in last {
            eprintln!("        {line}");
        }
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

fn read_lines(
    from: impl Read + Send + 'static,
    lines: mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(line).is_err() {
                return;
            }
        }
    })
}
