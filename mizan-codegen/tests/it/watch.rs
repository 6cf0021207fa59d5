//! `mizan-codegen --watch`.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use oxc_sourcemap::SourceMap;
use tempfile::TempDir;

/// An app whose manifest is a file, and the command that watches it.
struct App {
    folder: TempDir,
    command: Child,
    lines: Receiver<String>,
}

impl App {
    /// Starts the command and waits for the first client.
    fn start() -> Self {
        Self::start_with(&[], &manifest("first"))
    }

    fn start_with(options: &[&str], manifest: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        fs::write(folder.path().join("app.json"), manifest).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mizan-codegen"))
            .args(["--watch", "--out", "client"])
            .args(options)
            .args(["--", "sh", "-c", "cat app.json"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        send_lines(command.stdout.take().unwrap(), sender.clone());
        send_lines(command.stderr.take().unwrap(), sender);
        let app = Self {
            folder,
            command,
            lines,
        };
        assert_eq!(app.line(), "watching . until Ctrl-C");
        assert!(app.line().starts_with("wrote "));
        app
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn write(&self, path: &str, contents: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn client(&self) -> String {
        self.output("client.ts")
    }

    fn output(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("client").join(name)).unwrap()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.command.kill().unwrap();
        self.command.wait().unwrap();
    }
}

fn send_lines(output: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            if sender.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
}

fn manifest(contract: &str) -> String {
    format!(r#"{{"mizan":1,"contract":"{contract}","codes":[],"functions":[]}}"#)
}

#[test]
fn generates_client_again_after_change() {
    let app = App::start();
    app.write("app.json", &manifest("second"));
    app.write("src/lib.rs", "mod posts;");
    assert_eq!(app.line(), "src/lib.rs changed");
    assert_eq!(app.line(), "wrote 2 files, removed 0");
    assert!(app.client().contains(r#"contract = "second""#));

    app.write("Cargo.toml", "[package]");
    assert_eq!(app.line(), "Cargo.toml changed");
    assert_eq!(app.line(), "the client was already up to date");
}

/// Returns a manifest of functions, each with the line of its source.
fn functions(functions: &[(&str, u32)]) -> String {
    let functions: Vec<_> = functions
        .iter()
        .map(|(name, line)| {
            format!(
                r#"{{"name":"{name}","kind":"mutation","output":{{"type":"string"}},"source":{{"file":"src/lib.rs","line":{line}}}}}"#
            )
        })
        .collect();
    let functions = functions.join(",");
    format!(r#"{{"mizan":1,"contract":"c","codes":[],"functions":[{functions}]}}"#)
}

/// Returns the mapped members of the api, with the lines of their sources.
fn mapped_lines(app: &App) -> Vec<(String, u32)> {
    let json = app.output("api.d.ts.map");
    let map = SourceMap::from_json_string(&json).unwrap();
    let declarations = app.output("api.d.ts");
    let lines: Vec<_> = declarations.lines().collect();
    map.get_source_view_tokens()
        .filter(|token| token.get_source().is_some())
        .filter_map(|token| {
            let line = lines[token.get_dst_line() as usize];
            let (before, name) = line.split_at(token.get_dst_col() as usize);
            let (name, _) = name.split_once(':')?;
            (before == "  readonly ").then(|| (name.to_owned(), token.get_src_line() + 1))
        })
        .collect()
}

#[test]
fn declarations_and_their_maps_change_together() {
    let app = App::start_with(&["--declaration-maps"], &functions(&[("echo", 3)]));
    assert_eq!(mapped_lines(&app), [("echo".to_owned(), 3)]);

    app.write("app.json", &functions(&[("echo", 30)]));
    app.write("src/lib.rs", "// Moved.");
    assert_eq!(app.line(), "src/lib.rs changed");
    assert_eq!(app.line(), "wrote 2 files, removed 0");
    assert_eq!(mapped_lines(&app), [("echo".to_owned(), 30)]);

    app.write("app.json", &functions(&[("add", 5), ("echo", 40)]));
    app.write("src/lib.rs", "// Added.");
    assert_eq!(app.line(), "src/lib.rs changed");
    assert!(app.line().starts_with("wrote "));
    let expected = [("add".to_owned(), 5), ("echo".to_owned(), 40)];
    assert_eq!(mapped_lines(&app), expected);
}

#[test]
fn watches_new_and_removed_folders() {
    let app = App::start();
    for path in ["posts/src/lib.rs", "posts/src/deep/er/mod.rs"] {
        app.write(path, "");
        assert_eq!(app.line(), format!("{path} changed"));
        assert_eq!(app.line(), "the client was already up to date");
    }
    fs::remove_dir_all(app.folder.path().join("posts")).unwrap();
    assert_eq!(app.line(), "posts changed");
}

#[test]
fn ignores_outputs_and_other_files() {
    let app = App::start();
    for path in [
        "target/debug/build/out.rs",
        "build-output/debug/out.rs",
        "client/posts.rs",
        ".git/lib.rs",
        "web/node_modules/crate/lib.rs",
        "README.md",
        "src/.lib.rs.swp",
    ] {
        if path.starts_with("build-output") {
            app.write("build-output/CACHEDIR.TAG", "");
        }
        app.write(path, "");
    }
    app.write("src/lib.rs", "mod posts;");
    assert_eq!(app.line(), "src/lib.rs changed");
    assert_eq!(app.line(), "the client was already up to date");
}

#[test]
fn continues_after_errors() {
    let app = App::start();
    app.write("app.json", "{}");
    app.write("src/lib.rs", "mod posts;");
    assert_eq!(app.line(), "src/lib.rs changed");
    let error = app.line();
    assert!(
        error.starts_with("error: sh -c cat app.json: not a mizan manifest"),
        "{error}"
    );

    fs::remove_file(app.folder.path().join("app.json")).unwrap();
    app.write("src/lib.rs", "mod users;");
    let shown = [app.line(), app.line(), app.line()].join("\n");
    assert!(shown.contains("src/lib.rs changed"), "{shown}");
    assert!(shown.contains("`sh -c cat app.json` failed"), "{shown}");

    app.write("app.json", &manifest("second"));
    app.write("src/lib.rs", "mod posts;");
    assert_eq!(app.line(), "src/lib.rs changed");
    assert_eq!(app.line(), "wrote 2 files, removed 0");
}

#[test]
fn rejects_folder_that_does_not_exist() {
    let folder = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mizan-codegen"))
        .args([
            "--watch", "server", "--out", "client", "--", "cat", "app.json",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.starts_with("error: cannot watch server: "), "{shown}");
}
