//! `cargo mizan new`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::sandbox::{Sandbox, is_gone, printed};

#[test]
fn creates_an_application_with_its_client() {
    let sandbox = Sandbox::with_node();
    let (succeeded, text) = sandbox.run(&["new", "my-shop"]);
    assert!(succeeded, "{text}");
    assert!(text.contains("cd my-shop\n  cargo mizan dev"), "{text}");
    let read = |path: &str| fs::read_to_string(sandbox.work().join("my-shop").join(path)).unwrap();
    assert!(read("web/src/mizan/forms.tsx").contains("useAddNoteForm"));
    assert!(read("src/main.rs").contains("use my_shop::"));
    assert_eq!(sandbox.names(), ["my-shop"]);
}

#[test]
fn replaces_an_empty_folder() {
    let sandbox = Sandbox::with_node();
    fs::create_dir(sandbox.work().join("shop")).unwrap();
    let (succeeded, text) = sandbox.run(&["new", "shop", "--minimal"]);
    assert!(succeeded, "{text}");
    assert!(sandbox.work().join("shop/Cargo.toml").exists());
}

#[test]
fn keeps_an_existing_place() {
    let sandbox = Sandbox::with_node();
    fs::create_dir(sandbox.work().join("shop")).unwrap();
    fs::write(sandbox.work().join("shop/notes.txt"), "mine").unwrap();
    fs::write(sandbox.work().join("file"), "mine").unwrap();
    for (name, reason) in [
        ("shop", "is not empty"),
        ("file", "exists and is no folder"),
    ] {
        let (succeeded, text) = sandbox.run(&["new", name]);
        assert!(!succeeded && text.contains(reason), "{text}");
        assert!(text.contains("choose another name"), "{text}");
    }
    assert_eq!(sandbox.names(), ["file", "shop"]);
    assert_eq!(
        fs::read_dir(sandbox.work().join("shop")).unwrap().count(),
        1
    );
}

#[test]
fn refuses_a_name_that_is_no_crate_name() {
    let sandbox = Sandbox::with_node();
    let (succeeded, text) = sandbox.run(&["new", "my shop"]);
    assert!(
        !succeeded && text.contains("`my shop` is no crate name"),
        "{text}"
    );
    assert_eq!(sandbox.names(), [""; 0]);
}

#[test]
fn names_missing_and_old_programs() {
    for (program, script, reason) in [
        (
            "npm",
            "exit 127",
            "cannot run npm: install Node.js 20.19 or newer",
        ),
        (
            "node",
            "exit 127",
            "cannot run node: install Node.js 20.19 or newer",
        ),
        (
            "node",
            "echo v18.20.8",
            "Node.js is too old (v18.20.8): install Node.js 20.19",
        ),
        (
            "node",
            "echo hello",
            "cannot read the version of Node.js from \"hello\"",
        ),
        (
            "rustc",
            "echo rustc 1.80.1",
            "Rust is too old (rustc 1.80.1): install Rust 1.95",
        ),
        (
            "rustc",
            "exit 127",
            "cannot run rustc: install Rust 1.95 or newer",
        ),
    ] {
        let sandbox = Sandbox::with_node();
        sandbox.program(program, script);
        let output = sandbox
            .command(&["new", "shop"])
            .env_remove("RUSTC")
            .output()
            .unwrap();
        let (succeeded, text) = printed(&output);
        assert!(!succeeded && text.contains(reason), "{text}");
        assert_eq!(sandbox.names(), [""; 0]);
    }
}

#[test]
fn creates_nothing_without_a_network() {
    let sandbox = Sandbox::with_node();
    sandbox.program(
        "npm",
        "if [ $1 = install ]; then mkdir node_modules; echo 'npm error code ENOTFOUND' >&2; exit 1; fi",
    );
    let (succeeded, text) = sandbox.run(&["new", "shop"]);
    assert!(!succeeded, "{text}");
    for part in [
        "nothing was created",
        "--no-install",
        "npm error code ENOTFOUND",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(sandbox.names(), [""; 0]);
    let (succeeded, text) = sandbox.run(&["new", "shop", "--no-install"]);
    assert!(
        succeeded && text.contains("npm install --prefix web"),
        "{text}"
    );
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let sandbox = Sandbox::with_node();
    let pipe = sandbox.work().join("../pipe");
    Command::new("mkfifo").arg(&pipe).status().unwrap();
    // The second process is in the group of the first one.
    let wait = format!("sleep 600 & echo $! > {}; wait", pipe.display());
    sandbox.program("npm", &format!("if [ $1 = install ]; then {wait}; fi"));
    let mut command = sandbox.command(&["new", "shop"]);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut sleeping = String::new();
    BufReader::new(fs::File::open(&pipe).unwrap())
        .read_line(&mut sleeping)
        .unwrap();
    let signal = |arguments: &[&str]| Command::new("kill").args(arguments).output().unwrap();
    signal(&["-INT", &child.id().to_string()]);
    let (succeeded, text) = printed(&child.wait_with_output().unwrap());
    assert!(
        !succeeded && text.contains("interrupted: nothing was created"),
        "{text}"
    );
    assert_eq!(sandbox.names(), [""; 0]);
    assert!(is_gone(&sleeping), "the process {sleeping} still runs");
}
