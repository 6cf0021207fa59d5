//! State that helpers of a function, a channel and a form read.

use mizan_core::{Channel, Cx, Decision, Error, Registry, channel, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

struct Database;

/// A helper, whose use of the state the macros do not see.
fn database(cx: &Cx) -> &Database {
    cx.state()
}

#[client(query, state(Database))]
async fn count(cx: &Cx) -> Result<u32, Error> {
    let Database = database(cx);
    Ok(3)
}

struct Counts;

#[derive(Deserialize, JsonSchema)]
struct Everything {}

#[channel(state(Database))]
impl Channel for Counts {
    type Params = Everything;
    type ServerMessage = u32;
    const NAME: &'static str = "counts";

    async fn authorize(cx: &Cx, _: &Everything) -> Decision {
        let Database = database(cx);
        Decision::Allow
    }

    fn group(_: &Everything) -> String {
        String::new()
    }
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "add", state(Database))]
struct Add {
    amount: u32,
}

impl FormHandler for Add {
    type Output = u32;
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<u32, Error> {
        let Database = database(cx);
        Ok(self.amount)
    }
}

fn registry() -> Registry {
    Registry::new()
        .function::<Count>()
        .channel::<Counts>()
        .form::<Add>()
}

#[test]
fn missing_state_is_an_error_when_the_app_is_built() {
    let problems = registry().build().unwrap_err().to_string();
    for name in ["count", "counts", "add.submit"] {
        let line = problems
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("`{name}` (")))
            .unwrap_or_else(|| panic!("{name}: {problems}"));
        let requirement = "requires state of type `it::required_state::Database`";
        assert!(line.contains(requirement), "{line}");
        assert!(line.contains("required_state.rs"), "{line}");
    }
    assert_eq!(problems.matches("requires state").count(), 3, "{problems}");
    registry().state(Database).build().unwrap();
    assert!(registry().manifest().is_ok(), "the manifest needs no state");
}
