//! An application with fake programs: a cargo that builds nothing, and scripts as its server and its Node.js.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::sandbox::{Sandbox, write_script};

/// A command that prints a manifest without functions.
pub(crate) const MANIFEST: &str =
    r#"echo '{"mizan":1,"contract":"9f86d081884c7d65","codes":["internal"],"functions":[]}'"#;

/// An application, whose program is a script.
pub(crate) struct Application(pub(crate) Sandbox);

impl Application {
    /// Creates an application. `server` is the script that runs as the server.
    pub(crate) fn new(server: &str) -> Self {
        Self::with_manifest(MANIFEST, server)
    }

    /// Creates an application whose program runs the script `manifest` for the argument `manifest`.
    pub(crate) fn with_manifest(manifest: &str, server: &str) -> Self {
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
            &format!("if [ \"$1\" = manifest ]; then . ./manifest; exit; fi\n{server}"),
        );
        let artifact = format!(
            r#"{{"reason":"compiler-artifact","package_id":"app","manifest_path":"Cargo.toml","target":{{"kind":["bin"],"crate_types":["bin"],"name":"app","src_path":"src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true}},"profile":{{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":false}},"features":[],"filenames":[],"executable":"{}","fresh":true}}"#,
            program.display()
        );
        let application = Self(sandbox);
        application.manifest_is(manifest);
        application.build_prints(&artifact, 0);
        fs::write(work.join("artifact"), artifact).unwrap();
        application
    }

    /// Sets the script that prints the manifest.
    pub(crate) fn manifest_is(&self, script: &str) {
        fs::write(self.0.work().join("manifest"), script).unwrap();
    }

    /// Sets the output and the status of `cargo build`.
    pub(crate) fn build_prints(&self, line: &str, status: u32) {
        self.build_runs(&format!("cat <<'END'\n{line}\nEND\nexit {status}"));
    }

    /// Sets the script of `cargo build`. Other commands run the real cargo.
    pub(crate) fn build_runs(&self, script: &str) {
        let cargo = std::env::var("CARGO").unwrap_or("cargo".to_owned());
        self.0.program(
            "fake-cargo",
            &format!("if [ $1 != build ]; then exec {cargo} \"$@\"; fi\n{script}"),
        );
    }

    /// Lets `cargo build` succeed.
    pub(crate) fn builds_again(&self) {
        let artifact = fs::read_to_string(self.0.work().join("artifact")).unwrap();
        self.build_prints(&artifact, 0);
    }

    /// Adds a front end. `package` is its `package.json`.
    pub(crate) fn front_end(&self, package: &str) {
        let web = self.0.work().join("web");
        fs::create_dir(&web).unwrap();
        fs::write(web.join("package.json"), package).unwrap();
    }

    /// Adds a front end with installed packages, whose Vite and TypeScript compiler are scripts.
    pub(crate) fn installed_front_end(&self, vite: &str, tsc: &str) {
        self.front_end(r#"{ "devDependencies": { "vite": "8" } }"#);
        let modules = self.0.work().join("web/node_modules");
        for folder in ["vite", ".bin"] {
            fs::create_dir_all(modules.join(folder)).unwrap();
        }
        fs::write(modules.join("vite/package.json"), "{}").unwrap();
        fs::write(self.0.work().join("web/tsconfig.json"), "{}").unwrap();
        write_script(&modules.join(".bin/tsc"), tsc);
        self.0.program(
            "node",
            &format!("if [ \"$1\" = --version ]; then echo v22.0.0; exit; fi\n{vite}"),
        );
    }

    /// Returns `cargo mizan dev` on a free port.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_on("0", arguments)
    }

    fn command_on(&self, port: &str, arguments: &[&str]) -> Command {
        let mut command = self.0.command(&["dev", "--port", port]);
        command
            .args(arguments)
            .env("WORK", self.0.work())
            .stdin(Stdio::null());
        self.use_fake_cargo(&mut command);
        command
    }

    /// Lets a command build with the script of [`Self::build_runs`].
    pub(crate) fn use_fake_cargo(&self, command: &mut Command) {
        command.env("CARGO", self.0.bin("fake-cargo"));
    }

    /// Starts `cargo mizan dev` and reads its output up to the address.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_on("0", arguments)
    }

    /// Starts it on a port.
    pub(crate) fn start_on(&self, port: &str, arguments: &[&str]) -> Running {
        let mut process = self
            .command_on(port, arguments)
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
pub(crate) struct Running {
    process: Child,
    output: BufReader<ChildStderr>,
    pub(crate) printed: String,
    pub(crate) port: u16,
}

impl Running {
    /// Returns the next line that contains `text`.
    pub(crate) fn until(&mut self, text: &str) -> String {
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
    pub(crate) fn page(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n\r\n")
            .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends Ctrl-C, and returns whether it succeeded and everything that was printed.
    pub(crate) fn interrupt(mut self) -> (bool, String) {
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
        if matches!(self.process.try_wait(), Ok(None)) {
            signal(&self.process, "-INT");
            let _ = self.process.wait();
        }
    }
}

fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    Command::new("kill").args([signal, &id]).output().unwrap();
}
