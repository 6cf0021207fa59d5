//! Clients with declaration maps.

use std::fs;
use std::process::{Command, Output};

use mizan_codegen::output::{check, write};
use mizan_codegen::{GenerateOptions, GeneratedFiles, Manifest, generate};
use oxc_sourcemap::SourceMap;
use tempfile::TempDir;

fn manifest(line: u32) -> String {
    let functions = format!(
        r#"[{{
            "name": "echo", "kind": "mutation", "output": {{ "type": "string" }},
            "source": {{ "file": "src/echo.rs", "line": {line} }}
        }}]"#
    );
    format!(r#"{{ "mizan": 1, "contract": "c", "codes": [], "functions": {functions} }}"#)
}

fn client(line: u32) -> GeneratedFiles {
    GenerateOptions::default()
        .with_declaration_maps("../..")
        .generate(&Manifest::parse(&manifest(line)).unwrap())
        .unwrap()
}

#[test]
fn maps_names_to_lines_of_sources() {
    let files = client(3);
    let map = SourceMap::from_json_string(files.get("api.d.ts.map").unwrap()).unwrap();
    let declarations = files.get("api.d.ts").unwrap();
    assert!(declarations.ends_with("//# sourceMappingURL=api.d.ts.map\n"));
    let (row, line) = declarations
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("readonly echo"))
        .unwrap();
    let mapped: Vec<_> = map
        .get_source_view_tokens()
        .filter(|token| token.get_source().is_some())
        .collect();
    for token in &mapped {
        assert_eq!(token.get_source(), Some("../../src/echo.rs"));
        assert_eq!(token.get_src_line(), 2);
        assert_eq!(token.get_dst_line() as usize, row);
    }
    // The declaration begins, its name begins, and the declaration ends.
    let columns: Vec<_> = mapped
        .iter()
        .map(|token| token.get_dst_col() as usize)
        .collect();
    assert_eq!(columns, [2, line.find("echo").unwrap(), line.len()]);
}

#[test]
fn maps_both_ends_of_a_declaration() {
    let files = client(3);
    let map = SourceMap::from_json_string(files.get("react.d.ts.map").unwrap()).unwrap();
    let lines: Vec<_> = files.get("react.d.ts").unwrap().lines().collect();
    let first = lines
        .iter()
        .position(|line| line.contains("function useEcho"))
        .unwrap();
    let rest = &lines[first..];
    let last = first + rest.iter().position(|line| line.ends_with(';')).unwrap();
    assert!(last > first);
    let tokens: Vec<_> = map.get_source_view_tokens().collect();
    let is_mapped = |index: usize| tokens[index].get_source().is_some();
    let mapped: Vec<_> = (0..tokens.len())
        .filter(|index| is_mapped(*index))
        .map(|index| {
            let token = &tokens[index];
            (token.get_dst_line() as usize, token.get_dst_col() as usize)
        })
        .collect();
    assert_eq!(mapped[0], (first, 0));
    assert_eq!(*mapped.last().unwrap(), (last, lines[last].len()));
    // Neighbours are not mapped.
    assert!(!is_mapped(0) && !is_mapped(tokens.len() - 1));
}

#[test]
fn moved_rust_lines_do_not_make_a_client_outdated() {
    let folder = TempDir::new().unwrap();
    write(&client(3), folder.path()).unwrap();
    assert_eq!(check(&client(30), folder.path()).unwrap(), []);
    fs::remove_file(folder.path().join("api.d.ts.map")).unwrap();
    assert_eq!(check(&client(3), folder.path()).unwrap(), []);
    let written = write(&client(30), folder.path()).unwrap().written;
    assert_eq!(written, ["api.d.ts.map", "react.d.ts.map"]);
}

#[test]
fn switching_the_layout_removes_the_files_of_the_other() {
    let folder = TempDir::new().unwrap();
    let plain = generate(&Manifest::parse(&manifest(3)).unwrap()).unwrap();
    fs::write(folder.path().join("other.d.ts.map"), "{}").unwrap();
    write(&plain, folder.path()).unwrap();
    let removed = write(&client(3), folder.path()).unwrap().removed;
    assert_eq!(removed, ["react.tsx", "types.ts"]);
    let removed = write(&plain, folder.path()).unwrap().removed;
    for name in ["api.d.ts.map", "react.d.ts", "react.impl.tsx", "react.js"] {
        assert!(removed.contains(&name.to_owned()), "{removed:?}");
    }
    assert!(folder.path().join("other.d.ts.map").exists());
}

fn run(folder: &TempDir, root: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mizan-codegen"))
        .args([
            "--manifest",
            "manifest.json",
            "--out",
            "web/src/mizan",
            root,
        ])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn command_finds_the_sources_from_the_output_folder() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("server/src")).unwrap();
    fs::write(folder.path().join("server/src/echo.rs"), "").unwrap();
    fs::write(folder.path().join("manifest.json"), manifest(3)).unwrap();
    let output = run(&folder, "--declaration-maps");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("cannot find the Rust source `src/echo.rs` in ."),
        "{error}"
    );
    assert!(error.contains("--declaration-maps=ROOT"), "{error}");
    assert!(run(&folder, "--declaration-maps=server").status.success());
    let map = fs::read_to_string(folder.path().join("web/src/mizan/api.d.ts.map")).unwrap();
    assert!(
        map.contains(r#""sources":["../../../server/src/echo.rs"]"#),
        "{map}"
    );
}
