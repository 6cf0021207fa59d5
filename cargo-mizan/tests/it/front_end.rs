//! The front end of `cargo mizan dev`: its packages and Vite.

use std::fs;

use crate::application::Application;
use crate::sandbox::printed;

const PACKAGE: &str = "{ \"devDependencies\": { \"vite\": \"8\" } }\n";

#[test]
fn a_broken_package_json_is_named_with_its_line() {
    let application = Application::new("sleep 600");
    application.front_end("{\n  \"name\": oops\n}");
    let (succeeded, text) = printed(&application.command(&[]).output().unwrap());
    assert!(
        !succeeded && text.contains("web/package.json is no valid JSON"),
        "{text}"
    );
    assert!(text.contains("line 2"), "{text}");
}

#[test]
fn a_package_json_that_breaks_later_is_named_until_it_is_repaired() {
    let application = Application::new("sleep 600");
    let count = "echo started >&2; echo ready; sleep 600";
    application.installed_front_end(count, "exit");
    let mut dev = application.start(&[]);
    dev.until("started");
    let package = application.0.work().join("web/package.json");
    fs::write(&package, "{").unwrap();
    dev.until("web/package.json is no valid JSON");
    fs::write(&package, PACKAGE).unwrap();
    dev.until("started");
}

#[test]
fn a_package_without_vite_is_named() {
    let application = Application::new("sleep 600");
    application.front_end("{}");
    let mut dev = application.start(&[]);
    dev.until("web/package.json does not depend on `vite`");
}

#[test]
fn packages_are_installed_after_a_failure_when_package_json_changes() {
    let application = Application::new("sleep 600");
    application.front_end(PACKAGE);
    application.0.program(
        "npm",
        "if [ $1 = install ]; then echo 'npm error code ENOTFOUND' >&2; exit 1; fi",
    );
    let mut dev = application.start(&[]);
    dev.until("npm cannot install the packages of");
    dev.until("npm error code ENOTFOUND");
    application.0.program(
        "npm",
        "mkdir -p node_modules/vite; echo {} > node_modules/vite/package.json",
    );
    let package = application.0.work().join("web/package.json");
    fs::write(package, format!("{PACKAGE}\n")).unwrap();
    dev.until("ok     npm packages");
}

#[test]
fn missing_and_old_programs_are_named() {
    for (program, script, reason) in [
        ("npm", "exit 127", "cannot run npm: install Node.js 20.19"),
        ("node", "exit 127", "cannot run node: install Node.js 20.19"),
        ("node", "echo v18.20.8", "Node.js is too old (v18.20.8)"),
    ] {
        let application = Application::new("sleep 600");
        application.front_end(PACKAGE);
        application.0.program(program, script);
        let (succeeded, text) = printed(&application.command(&[]).output().unwrap());
        assert!(!succeeded && text.contains(reason), "{text}");
    }
}

#[test]
fn a_vite_that_ends_is_started_again() {
    let application = Application::new("sleep 600");
    application.installed_front_end("echo 'cannot load vite.config.ts' >&2; exit 1", "exit");
    let mut dev = application.start(&[]);
    dev.until("Vite ended (exit status: 1); it starts again in 0.5 s");
    dev.until("Vite ended (exit status: 1); it starts again in 1 s");
    assert!(dev.printed.contains("cannot load vite.config.ts"));
}

#[test]
fn an_error_of_typescript_is_printed_with_its_place() {
    let application = Application::new("sleep 600");
    let error = "src/App.tsx(3,5): error TS2304: Cannot find name x.";
    application.installed_front_end("echo ready; sleep 600", &format!("echo '{error}'; exit 2"));
    let mut dev = application.start(&[]);
    let line = dev.until("error TS2304");
    assert!(line.contains("src/App.tsx:3:5"), "{line}");
}
