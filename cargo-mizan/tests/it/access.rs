//! `cargo mizan access`.

use std::fs;

use crate::application::Application;
use crate::sandbox::printed;

/// Returns a command that prints the manifest of a function with a policy.
fn manifest(policy: &str) -> String {
    format!(
        r#"echo '{{"mizan":1,"contract":"9f86d081884c7d65","codes":["internal"],"functions":[{{"name":"rename","kind":"mutation","output":true,"policy":"{policy}"}}]}}'"#
    )
}

#[test]
fn check_fails_after_a_policy_changed() {
    let application = Application::with_manifest(&manifest("staff"), "exit");
    let run = |arguments: &[&str]| {
        let mut command = application.0.command(&["access"]);
        application.use_fake_cargo(command.args(arguments));
        printed(&command.output().unwrap())
    };
    let (succeeded, text) = run(&["--check"]);
    assert!(!succeeded && text.contains("access.md: missing"), "{text}");
    assert!(run(&[]).0);
    let (succeeded, text) = run(&["--check"]);
    assert!(succeeded, "{text}");
    application.manifest_is(&manifest("signed in"));
    let (succeeded, text) = run(&["--check"]);
    assert!(
        !succeeded && text.contains("access.md: policies changed"),
        "{text}"
    );
    for line in [
        "-| `rename` | no | no | yes | yes | `staff` |",
        "+| `rename` | no | yes | yes | yes | `signed in` |",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let committed = fs::read_to_string(application.0.work().join("access.md")).unwrap();
    assert!(committed.contains("`staff`"), "{committed}");
}
