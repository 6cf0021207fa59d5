//! Vite's build of the browser files.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use super::error::BundleBuildErrorKind;

/// Vite's build of the browser files, for [`BundleBuilder::vite`](super::BundleBuilder::vite).
///
/// ```no_run
/// use mizan_ssr::bundle::ViteBuild;
///
/// let build = ViteBuild::new("web").command("npm", ["run", "build"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a build does nothing until a bundle is built with it"]
pub struct ViteBuild {
    pub(super) root: PathBuf,
    pub(super) dist: PathBuf,
    pub(super) base: String,
    command: Option<(OsString, Vec<OsString>)>,
}

impl ViteBuild {
    /// Builds the browser files with `npx vite build` in the folder `root`, which contains Vite's configuration.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            dist: root.join("dist"),
            root,
            base: "/".into(),
            command: Some(("npx".into(), vec!["vite".into(), "build".into()])),
        }
    }

    /// Sets the command that builds the files. It runs in Vite's root folder.
    pub fn command<A: Into<OsString>>(
        mut self,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into);
        self.command = Some((program.into(), arguments.collect()));
        self
    }

    /// Uses the existing files instead of running a command.
    pub fn existing(mut self) -> Self {
        self.command = None;
        self
    }

    /// Sets the folder of the built files: `build.outDir` in Vite's configuration. The default is `dist` in the root
    /// folder.
    pub fn dist(mut self, dist: impl Into<PathBuf>) -> Self {
        self.dist = dist.into();
        self
    }

    /// Sets the URL or path under which the files are served: `base` in Vite's configuration. The default is `/`.
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Runs the command. `on_line` receives each line of its output.
    pub(super) fn run(&self, mut on_line: impl FnMut(&str)) -> Result<(), BundleBuildErrorKind> {
        let Some((program, arguments)) = &self.command else {
            return Ok(());
        };
        let mut command = Command::new(program);
        command.args(arguments);
        let shown = format!("{command:?}");
        command.current_dir(&self.root);
        on_line(&format!("running {shown}"));
        let mut output = String::new();
        let status = follow(&mut command, |line| {
            on_line(line);
            output.push_str(line);
            output.push('\n');
        });
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(BundleBuildErrorKind::CommandFailed {
                command: shown,
                status,
                output,
            }),
            Err(source) => Err(BundleBuildErrorKind::CannotRun {
                command: shown,
                directory: self.root.clone(),
                source,
            }),
        }
    }
}

/// Runs `command` and passes each line of both outputs to `on_line`.
fn follow(command: &mut Command, mut on_line: impl FnMut(&str)) -> io::Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (lines, printed) = mpsc::channel();
    let stdout = child
        .stdout
        .take()
        .map(|it| Box::new(it) as Box<dyn Read + Send>);
    let stderr = child
        .stderr
        .take()
        .map(|it| Box::new(it) as Box<dyn Read + Send>);
    thread::scope(|scope| {
        for output in stdout.into_iter().chain(stderr) {
            let lines = lines.clone();
            scope.spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if lines.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        drop(lines);
        for line in printed {
            on_line(&line);
        }
    });
    child.wait()
}
