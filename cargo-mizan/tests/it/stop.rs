//! The end of `cargo mizan dev`: no process is left.

use crate::application::Application;
use crate::sandbox::{Sandbox, is_gone};

/// An application that stays in a phase.
struct Phase {
    name: &'static str,
    application: Application,
    /// The scripts that run in this phase.
    scripts: &'static [&'static str],
}

/// Returns a script that runs until it is killed, with a second process in its group.
fn endless(name: &str) -> String {
    // The files of the working folder are found from the folder of the front end too.
    format!("cd \"${{WORK}}\"; sleep 600 & echo $! > {name}.new; mv {name}.new {name}.pid; wait")
}

fn phases() -> Vec<Phase> {
    let phase = |name, application, scripts| Phase {
        name,
        application,
        scripts,
    };
    let build = Application::new("exit");
    build.build_runs(&endless("cargo"));
    let ignores_sigterm = format!("trap '' TERM; {}", endless("server"));
    let installs = Application::new(&endless("server"));
    installs.front_end(r#"{ "devDependencies": { "vite": "8" } }"#);
    let install = format!("if [ $1 = install ]; then {}; fi", endless("npm"));
    installs.0.program("npm", &install);
    let runs = Application::new(&endless("server"));
    runs.installed_front_end(&endless("vite"), &endless("tsc"));
    vec![
        phase("build", build, &["cargo"]),
        phase(
            "manifest",
            Application::with_manifest(&endless("manifest"), "exit"),
            &["manifest"],
        ),
        phase(
            "server that ignores SIGTERM",
            Application::new(&ignores_sigterm),
            &["server"],
        ),
        phase("npm install", installs, &["npm", "server"]),
        phase("all", runs, &["server", "vite", "tsc"]),
    ]
}

impl Phase {
    /// Waits until the scripts run, and returns the ids of their processes.
    fn processes(&self) -> Vec<String> {
        let work = self.application.0.work();
        let id = |name: &&str| Sandbox::wait_for(&work.join(format!("{name}.pid")));
        self.scripts.iter().map(id).collect()
    }

    fn assert_gone(&self, processes: &[String]) {
        for (script, process) in self.scripts.iter().zip(processes) {
            let name = self.name;
            assert!(is_gone(process), "{name}: {script} ({process}) still runs");
        }
    }
}

#[test]
fn ctrl_c_leaves_nothing_running_in_each_phase() {
    for phase in phases() {
        let dev = phase.application.start(&["--manifest-timeout", "600"]);
        let processes = phase.processes();
        let (succeeded, text) = dev.interrupt();
        assert!(succeeded, "{}: {text}", phase.name);
        phase.assert_gone(&processes);
    }
}

#[test]
fn sigkill_leaves_nothing_running_in_each_phase() {
    for phase in phases() {
        let mut dev = phase.application.start(&["--manifest-timeout", "600"]);
        let processes = phase.processes();
        dev.kill();
        phase.assert_gone(&processes);
    }
}

#[test]
fn the_port_is_free_after_sigkill() {
    let application = Application::new(&endless("server"));
    let mut dev = application.start(&[]);
    let server = Sandbox::wait_for(&application.0.work().join("server.pid"));
    dev.kill();
    assert!(is_gone(&server));
    let port = dev.port.to_string();
    let again = application.start_on(&port, &[]);
    assert_eq!(again.port, dev.port);
}

#[test]
fn ctrl_c_ends_the_delay_after_a_crash() {
    let application = Application::new("exit 3");
    let mut dev = application.start(&[]);
    dev.until("it starts again in");
    let (succeeded, text) = dev.interrupt();
    assert!(succeeded, "{text}");
}
