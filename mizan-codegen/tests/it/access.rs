//! `mizan-codegen access`: the table of callers.

use std::fs;
use std::process::{Command, Output};

use mizan_codegen::Manifest;
use mizan_codegen::access::AccessTable;
use mizan_core::{Channel, Cx, Decision, Error, Registry, ServerFunction, channel, client};
use schemars::JsonSchema;
use serde::Deserialize;
use tempfile::TempDir;

#[client(query)]
async fn prices() -> Result<u32, Error> {
    Ok(1)
}

#[client(context = "global", auth = "anyone")]
async fn site() -> Result<u32, Error> {
    Ok(1)
}

#[client(auth = or("staff", "posts.rename"), authorize = owns)]
async fn rename(id: u32) -> Result<(), Error> {
    let _ = id;
    Ok(())
}

async fn owns(_: &Cx, input: &Rename) -> Decision {
    (input.id == 1).into()
}

#[client(auth = staff)]
async fn close() -> Result<(), Error> {
    Ok(())
}

/// A check with the name of a policy.
async fn staff(_: &Cx) -> Decision {
    Decision::Allow
}

/// A function without macros, whose `authorize` is found all the same.
#[derive(Deserialize, JsonSchema)]
struct ByHand {}

impl ServerFunction for ByHand {
    type Output = ();
    type Error = Error;
    const NAME: &'static str = "by_hand";
    const POLICY: mizan_core::Policy = mizan_core::Policy::Superuser;

    async fn authorize(&self, _: &Cx) -> Result<Decision, Error> {
        Ok(Decision::Allow)
    }

    async fn call(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[derive(Deserialize, JsonSchema)]
struct Room {}

struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = u32;
    const NAME: &'static str = "chat";

    async fn authorize(_: &Cx, _: &Room) -> Decision {
        Decision::Allow
    }

    fn group(_: &Room) -> String {
        String::new()
    }
}

fn manifest() -> String {
    Registry::new()
        .function::<Rename>()
        .function::<Prices>()
        .function::<Site>()
        .function::<Close>()
        .function::<ByHand>()
        .channel::<Chat>()
        .manifest()
        .unwrap()
        .to_string()
}

#[test]
fn lists_callers_of_functions_contexts_and_channels() {
    let table = AccessTable::new(&Manifest::parse(&manifest()).unwrap());
    let text = table.to_string();
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("| `") || line.starts_with("##"))
        .collect();
    assert_eq!(
        rows,
        [
            "## Functions",
            "| `by_hand` | no | no | no | code: authorize | `superuser`, then `authorize` |",
            "| `close` | code: staff | code: staff | code: staff | code: staff | `check staff` |",
            "| `prices` | yes | yes | yes | yes | no policy |",
            "| `rename` | no | permission posts.rename and code: authorize | code: authorize | \
             code: authorize | `or(staff, permission posts.rename)`, then `authorize` |",
            "## Contexts",
            "| `site` | yes | yes | yes | yes | `anyone` |",
            "## Channels",
            "| `chat` | code: authorize | code: authorize | code: authorize | code: authorize | `authorize` |",
        ]
    );
    assert_eq!(table.unspecified().collect::<Vec<_>>(), ["prices"]);
    let sections = table.sections();
    let titles = sections.map(|(title, rows)| (title, rows.len()));
    assert_eq!(
        titles,
        [
            ("Functions", 4),
            ("Contexts", 1),
            ("Forms", 0),
            ("Channels", 1)
        ]
    );
    let prices = &sections[0].1[2];
    assert_eq!((prices.name(), prices.is_unspecified()), ("prices", true));
    assert_eq!(prices.callers(), ["yes"; 4]);
}

/// Functions of a form with these policies of `submit` and the queries.
fn form(submit: &str, queries: &str) -> String {
    let function = |name: &str, kind: &str, policy: &str| {
        format!(r#"{{"name":"contact.{name}","kind":"{kind}","policy":"{policy}","output":true}}"#)
    };
    let functions = [
        function("schema", "query", queries),
        function("state", "query", queries),
        function("submit", "mutation", submit),
        function("validate", "query", queries),
    ];
    format!(
        r#"{{"mizan":1,"contract":"","codes":[],"functions":[{}],"forms":[{{"name":"contact","fields":[]}}]}}"#,
        functions.join(",")
    )
}

#[test]
fn form_is_one_row_unless_its_functions_differ() {
    let rows = |manifest: &str| {
        let table = AccessTable::new(&Manifest::parse(manifest).unwrap()).to_string();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        rows.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&form("staff", "staff")),
        ["| `contact` | no | no | yes | yes | `staff` |"]
    );
    let differing = rows(&form("staff", "anyone"));
    assert_eq!(differing.len(), 4);
    assert_eq!(
        differing[2],
        "| `contact.submit` | no | no | yes | yes | `staff` |"
    );
}

fn run(folder: &TempDir, manifest: &str, check: bool) -> (Option<i32>, String) {
    fs::write(folder.path().join("app.json"), manifest).unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_mizan-codegen"))
        .args(["access", "--manifest", "app.json"])
        .args(check.then_some("--check"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code(), text)
}

#[test]
fn check_fails_after_a_policy_changed() {
    let folder = TempDir::new().unwrap();
    let (code, text) = run(&folder, &form("staff", "staff"), true);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("access.md: missing"), "{text}");

    assert_eq!(run(&folder, &form("staff", "staff"), false).0, Some(0));
    assert_eq!(run(&folder, &form("staff", "staff"), true).0, Some(0));

    let (code, text) = run(&folder, &form("signed in", "signed in"), true);
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "access.md: policies changed\n\
         -| `contact` | no | no | yes | yes | `staff` |\n\
         +| `contact` | no | yes | yes | yes | `signed in` |\n\
         to accept the changes, run the same command without --check, and commit the file\n"
    );
    // The check wrote nothing.
    assert_eq!(run(&folder, &form("staff", "staff"), true).0, Some(0));
}

#[test]
fn check_accepts_other_ends_of_lines() {
    let folder = TempDir::new().unwrap();
    let manifest = form("staff", "staff");
    assert_eq!(run(&folder, &manifest, false).0, Some(0));
    let file = folder.path().join("access.md");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace('\n', "\r\n")).unwrap();
    assert_eq!(run(&folder, &manifest, true).0, Some(0));
}

#[test]
fn lists_functions_without_a_policy() {
    let folder = TempDir::new().unwrap();
    let (code, text) = run(&folder, &manifest(), false);
    assert_eq!(code, Some(0));
    assert!(
        text.ends_with("without a policy, and therefore open to every caller: prices\n"),
        "{text}"
    );
}
