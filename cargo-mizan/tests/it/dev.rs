//! `cargo mizan dev` with fake programs: a cargo that builds nothing, and scripts as the application.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::sandbox::{Sandbox, is_gone, printed, write_script};

/// A manifest without functions.
const MANIFEST: &str =
    r#"echo '{"mizan":1,"contract":"9f86d081884c7d65","codes":["internal"],"functions":[]}'"#;

/// An application, whose program is a script.
struct Application(Sandbox);

impl Application {
    /// Creates an application. `server` is the script that runs as the server.
    fn new(server: &str) -> Self {
        Self::with_manifest(MANIFEST, server)
    }

    fn with_manifest(manifest: &str, server: &str) -> Self {
        let sandbox = Sandbox::with_node();
        let work = sandbox.work();
        fs::create_dir(work.join("src")).unwrap();
        fs::write(work.join("src/main.rs"), "fn main() {}").unwrap();
        let package =
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(work.join("Cargo.toml"), package).unwrap();
        let program = work.join("program");
        write_script(
            &program,
            &format!("if [ \"$1\" = manifest ]; then {manifest}; exit; fi\n{server}"),
        );
        let artifact = format!(
            r#"{{"reason":"compiler-artifact","package_id":"app","manifest_path":"Cargo.toml","target":{{"kind":["bin"],"crate_types":["bin"],"name":"app","src_path":"src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true}},"profile":{{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":false}},"features":[],"filenames":[],"executable":"{}","fresh":true}}"#,
            program.display()
        );
        let application = Self(sandbox);
        application.build_prints(&artifact, 0);
        fs::write(work.join("artifact"), artifact).unwrap();
        application
    }

    /// Sets the output and the status of `cargo build`.
    fn build_prints(&self, line: &str, status: u32) {
        self.build_runs(&format!("cat <<'END'\n{line}\nEND\nexit {status}"));
    }

    /// Sets the script of `cargo build`. Other commands run the real cargo.
    fn build_runs(&self, script: &str) {
        let cargo = std::env::var("CARGO").unwrap_or("cargo".to_owned());
        self.0.program(
            "fake-cargo",
            &format!("if [ $1 != build ]; then exec {cargo} \"$@\"; fi\n{script}"),
        );
    }

    fn builds_again(&self) {
        let artifact = fs::read_to_string(self.0.work().join("artifact")).unwrap();
        self.build_prints(&artifact, 0);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.command(&["dev", "--port", "0"]);
        command
            .args(arguments)
            .env("CARGO", self.0.bin("fake-cargo"))
            .stdin(Stdio::null());
        command
    }

    fn start(&self, arguments: &[&str]) -> Running {
        let mut process = self
            .command(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stderr.take().unwrap());
        let mut running = Running {
            process,
            output,
            printed: String::new(),
            port: 0,
        };
        let url = running.until("http://localhost:");
        let port = url
            .trim_start_matches("http://localhost:")
            .split(' ')
            .next()
            .unwrap();
        running.port = port.parse().unwrap();
        running
    }
}

/// A running `cargo mizan dev`, which is interrupted on drop.
struct Running {
    process: Child,
    output: BufReader<ChildStderr>,
    printed: String,
    port: u16,
}

impl Running {
    /// Returns the next line that contains `text`.
    fn until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let bytes = self.output.read_line(&mut line).unwrap();
            self.printed.push_str(&line);
            assert!(
                bytes > 0,
                "it ended before it printed {text:?}:\n{}",
                self.printed
            );
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns the response to a request of a browser.
    fn page(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n\r\n")
            .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Sends Ctrl-C, and returns whether it succeeded and everything that was printed.
    fn interrupt(mut self) -> (bool, String) {
        signal(&self.process, "-INT");
        self.output.read_to_string(&mut self.printed).unwrap();
        (
            self.process.wait().unwrap().success(),
            std::mem::take(&mut self.printed),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        signal(&self.process, "-INT");
        let _ = self.process.wait();
    }
}

fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    Command::new("kill").args([signal, &id]).output().unwrap();
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let application = Application::new("sleep 600");
    let output = application
        .0
        .command(&["dev", "--port", &port])
        .output()
        .unwrap();
    let (succeeded, text) = printed(&output);
    assert!(
        !succeeded && text.contains(&format!("port {port} is in use")),
        "{text}"
    );
    assert!(text.contains("--port"), "{text}");
}

#[test]
fn other_text_than_a_manifest_is_quoted() {
    let application = Application::with_manifest("echo hello there", "sleep 600");
    let mut dev = application.start(&[]);
    dev.until("printed text that is no manifest");
    dev.until("hello there");
    let page = dev.page();
    assert!(
        page.starts_with("HTTP/1.1 503") && page.contains("hello there"),
        "{page}"
    );
}

#[test]
fn a_manifest_command_that_never_ends_is_stopped() {
    let application = Application::with_manifest("sleep 600 & echo $! > sleeping; wait", "exit");
    let mut dev = application.start(&["--manifest-timeout", "0.5"]);
    dev.until("did not end within 0.5 s and was stopped");
    assert!(is_gone(
        &fs::read_to_string(application.0.work().join("sleeping")).unwrap()
    ));
}

#[test]
fn a_server_that_crashes_starts_again_with_growing_delays() {
    let application = Application::new("echo cannot open the database >&2; exit 3");
    let mut dev = application.start(&[]);
    dev.until("cannot open the database");
    dev.until("(exit status: 3); it starts again in 0.5 s, or after a change");
    let page = dev.page();
    assert!(
        page.contains("cannot open the database") && page.contains("exit status: 3"),
        "{page}"
    );
    dev.until("it starts again in 1 s");
}

#[test]
fn a_flood_of_output_is_bounded() {
    let application = Application::new("yes 'a line of output' | head -c 20000000; sleep 600");
    let mut dev = application.start(&[]);
    dev.until("bytes of output omitted");
    assert!(dev.printed.len() < 2_000_000, "{} bytes", dev.printed.len());
}

#[test]
fn browsers_see_the_error_of_rustc_until_it_is_repaired() {
    let application = Application::new("echo the server runs; sleep 600");
    let error = r#"{"reason":"compiler-message","package_id":"app","manifest_path":"Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"app","src_path":"src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true},"message":{"rendered":"error: \u001b[31mmismatched types\u001b[0m","$message_type":"diagnostic","children":[],"code":null,"level":"error","message":"mismatched types","spans":[{"byte_end":0,"byte_start":0,"column_end":2,"column_start":7,"expansion":null,"file_name":"src/main.rs","is_primary":true,"label":null,"line_end":4,"line_start":4,"suggested_replacement":null,"suggestion_applicability":null,"text":[]}]}}"#;
    application.build_prints(error, 101);
    let mut dev = application.start(&[]);
    dev.until("mismatched types");
    dev.until("FAILED build");
    let page = dev.page();
    assert!(page.contains("src/main.rs:4:7"), "{page}");
    assert!(
        page.contains("<pre tabindex=\"0\">error: mismatched types</pre>"),
        "{page}"
    );
    application.builds_again();
    fs::write(application.0.work().join("src/main.rs"), "fn main() { }").unwrap();
    dev.until("ok     build");
    dev.until("the server runs");
}

#[test]
fn an_error_of_cargo_itself_is_shown() {
    let application = Application::new("sleep 600");
    application.build_runs("echo 'error: no matching package named `nope` found' >&2; exit 101");
    let mut dev = application.start(&[]);
    dev.until("no matching package named `nope` found");
    dev.until("FAILED build");
    assert!(
        dev.page()
            .contains("no matching package named `nope` found")
    );
}

#[test]
fn a_broken_package_json_is_named_with_its_line() {
    let application = Application::new("sleep 600");
    fs::create_dir(application.0.work().join("web")).unwrap();
    fs::write(
        application.0.work().join("web/package.json"),
        "{\n  \"name\": oops\n}",
    )
    .unwrap();
    let (succeeded, text) = printed(&application.command(&[]).output().unwrap());
    assert!(
        !succeeded && text.contains("web/package.json is no valid JSON"),
        "{text}"
    );
    assert!(text.contains("line 2"), "{text}");
}

#[test]
fn ctrl_c_leaves_nothing_running_in_each_phase() {
    let wait = "sleep 600 & echo $! > sleeping; echo phase >&2; wait";
    // Lines of cargo are not printed without a terminal, so the first phase is recognized by a file.
    let build = Application::new("exit");
    build.build_runs(wait);
    let manifest = Application::with_manifest(wait, "exit");
    let server = Application::new(wait);
    let ignores_sigterm = Application::new(&format!("trap '' TERM; {wait}"));
    for (phase, application) in [build, manifest, server, ignores_sigterm]
        .iter()
        .enumerate()
    {
        let mut dev = application.start(&["--manifest-timeout", "600"]);
        let sleeping = application.0.work().join("sleeping");
        if phase == 0 {
            while fs::read_to_string(&sleeping).unwrap_or_default().is_empty() {
                std::thread::yield_now();
            }
        } else {
            dev.until("phase");
        }
        let (succeeded, text) = dev.interrupt();
        assert!(succeeded, "phase {phase}: {text}");
        let process = fs::read_to_string(&sleeping).unwrap();
        assert!(
            is_gone(&process),
            "phase {phase}: process {process} still runs"
        );
    }
}

#[test]
fn ctrl_c_ends_the_delay_after_a_crash() {
    let application = Application::new("exit 3");
    let mut dev = application.start(&[]);
    dev.until("it starts again in");
    let (succeeded, text) = dev.interrupt();
    assert!(succeeded, "{text}");
}
