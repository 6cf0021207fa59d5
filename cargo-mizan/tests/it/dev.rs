//! `cargo mizan dev`: what it prints and what browsers see after faults.

use std::fs;
use std::net::TcpListener;

use crate::application::Application;
use crate::sandbox::{is_gone, printed};

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
