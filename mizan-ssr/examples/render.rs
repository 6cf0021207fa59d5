//! Prints the markup of a component on disk: `render [--stream] [--dev] FILE.tsx '{"name":"World"}'`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use mizan_ssr::Renderer;
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    // Logs go to standard error, because standard output contains the markup.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .without_time()
        .init();
    let (mut stream, mut development) = (false, false);
    let mut rest = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--stream" => stream = true,
            "--dev" => development = true,
            _ => rest.push(argument),
        }
    }
    let Some(file) = rest.first() else {
        bail!("usage: render [--stream] [--dev] FILE.tsx [PROPS]");
    };
    // A raw value, so that escape sequences reach JavaScript unchanged.
    let props = rest.get(1).map_or("{}", String::as_str);
    let props: &RawValue = serde_json::from_str(props).context("the props are not JSON")?;
    let file = Path::new(file)
        .canonicalize()
        .with_context(|| format!("cannot find {file}"))?;
    let directory: PathBuf = file.parent().context("a file has a directory")?.into();
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .context("the name is not UTF-8")?;
    let renderer = Renderer::builder()
        .root(directory)
        .threads(1)
        .development(development)
        .build()?;

    let mut out = std::io::stdout();
    if stream {
        let mut parts = renderer.render_stream(name, props).await?;
        while let Some(part) = parts.next().await {
            out.write_all(&part?)?;
            out.flush()?;
        }
    } else {
        out.write_all(renderer.render(name, props).await?.html.as_bytes())?;
    }
    writeln!(out)?;
    renderer.close().await;
    Ok(())
}
