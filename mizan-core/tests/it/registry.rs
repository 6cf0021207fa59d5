//! What becomes an application, and what is refused at build.

use std::panic::Location;

use mizan_core::function::FunctionKind;
use mizan_core::{Cx, Error, Principal, Registry, ServerFunction, client};

/// Makes a struct a function, by hand.
macro_rules! by_hand {
    ($name:ident, $called:literal $(, $kind:expr)?) => {
        impl ServerFunction for $name {
            type Output = ();
            type Error = Error;
            const NAME: &'static str = $called;
            $(const KIND: FunctionKind = $kind;)?

            async fn call(self, _: &Cx) -> Result<(), Error> {
                Ok(())
            }
        }
    };
}

/// A function by hand without arguments.
macro_rules! plain {
    ($name:ident, $called:literal) => {
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        struct $name {}
        by_hand!($name, $called);
    };
}

#[client(query)]
async fn post(cx: &Cx) -> Result<String, Error> {
    Ok(cx.state::<String>().clone())
}

mod other {
    use mizan_core::{Error, client};

    #[client]
    pub(super) async fn post() -> Result<(), Error> {
        Ok(())
    }
}

fn refusal(registry: Registry) -> String {
    let error = registry.build().unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    error.to_string()
}

fn place<F: ServerFunction>() -> String {
    F::SOURCE.unwrap().to_string()
}

#[test]
fn an_empty_registry_is_an_application() {
    let app = Registry::new().build().unwrap();
    assert!(app.function("anything").is_none());
}

#[test]
fn a_function_tells_about_itself() {
    let app = Registry::new()
        .state(String::new())
        .function::<Post>()
        .build()
        .unwrap();
    let function = app.function("post").unwrap();
    assert_eq!(function.name(), "post");
    assert_eq!(function.kind(), FunctionKind::Query);
    assert!(function.kind().is_safe() && function.affects().is_empty());
    assert!(app.function("Post").is_none() && app.function("").is_none());
    assert_eq!(app.state::<String>().map(String::as_str), Some(""));
    assert_eq!(app.state::<u8>(), None);
}

#[test]
fn one_name_for_two_functions_names_both_places() {
    let registry = Registry::new().function::<other::Post>().function::<Post>();
    assert_eq!(
        refusal(registry.state(String::new())),
        format!(
            "cannot build the application\n  duplicate function `post`: defined at {} and at {}; \
             rename one, or register it once",
            place::<other::Post>(),
            place::<Post>(),
        )
    );
}

#[test]
fn one_function_registered_twice_names_both_registrations() {
    let here = Location::caller();
    let registry = Registry::new()
        .function::<other::Post>()
        .function::<other::Post>();
    let at = |line| format!("{}:{}", here.file(), here.line() + line);
    let refusal = refusal(registry);
    for place in [at(2), at(3)] {
        assert!(refusal.contains(&place), "{place} is not in {refusal}");
    }
}

#[test]
fn missing_state_names_the_function_and_the_build() {
    #[client]
    async fn twice(cx: &Cx) -> Result<usize, Error> {
        let number = usize::from(*cx.state::<u8>());
        Ok(number + usize::from(*cx.state::<u8>()) + vec![*cx.state::<usize>()].len())
    }

    let registry = Registry::new().function::<Twice>();
    let here = Location::caller().line();
    let error = registry.build().unwrap_err().to_string();
    let requires = |state: &str| {
        format!(
            "\n  `twice` ({}) requires state of type `{state}`, which the registry built at {}:{} \
             lacks",
            place::<Twice>(),
            file!(),
            here + 1
        )
    };
    assert!(
        error.contains(&requires("u8")) && error.contains(&requires("usize")),
        "{error}"
    );
    assert_eq!(error.matches("requires state").count(), 2, "{error}");
}

#[test]
fn the_manifest_needs_no_state() {
    let registry = Registry::new().function::<Post>();
    assert!(registry.manifest().is_ok());
    assert!(registry.build().is_err());
}

#[test]
fn optional_state_is_not_required() {
    #[client]
    async fn maybe(cx: &Cx) -> Result<bool, Error> {
        Ok(cx.try_state::<u8>().is_some())
    }

    #[client]
    async fn own_type(cx: &Cx) -> Result<bool, Error> {
        struct Local;
        let Local = cx.state::<Local>();
        Ok(true)
    }

    Registry::new()
        .function::<Maybe>()
        .function::<OwnType>()
        .build()
        .unwrap();
}

#[tokio::test]
async fn merging_adds_functions_and_the_later_state_stays() {
    let part = Registry::new().function::<Post>().state("part".to_owned());
    let app = Registry::new()
        .state("whole".to_owned())
        .state(1_u8)
        .merge(part)
        .state(2_u8)
        .build()
        .unwrap();
    let post = app.call_as(Principal::anonymous(), Post {}).await;
    assert_eq!(post.unwrap(), "part");
    assert_eq!(app.state::<u8>(), Some(&2));
}

#[test]
fn affects_name_queries_and_contexts() {
    #[client(affects(post, nowhere, touch))]
    async fn touch() -> Result<(), Error> {
        Ok(())
    }

    #[client(affects(*))]
    async fn touch_all() -> Result<(), Error> {
        Ok(())
    }

    let registry = Registry::new()
        .state(String::new())
        .function::<Post>()
        .function::<TouchAll>()
        .function::<Touch>();
    let refusal = refusal(registry);
    for name in ["nowhere", "touch"] {
        let problem = format!(
            "`touch` ({}) affects `{name}`, which is not a query or context of this registry",
            place::<Touch>()
        );
        assert!(refusal.contains(&problem), "{refusal}");
    }
    assert_eq!(refusal.lines().count(), 3, "{refusal}");
}

#[test]
fn a_name_is_a_word_of_the_client() {
    plain!(Good, "contact.schema_2");
    Registry::new().function::<Good>().build().unwrap();

    plain!(Empty, "");
    plain!(Space, "a b");
    plain!(Slash, "a/b");
    plain!(Digit, "1a");
    plain!(Dots, "a..b");
    plain!(Underscore, "_a");
    #[client]
    async fn größe() -> Result<(), Error> {
        Ok(())
    }
    let registry = Registry::new()
        .function::<Empty>()
        .function::<Space>()
        .function::<Slash>()
        .function::<Digit>()
        .function::<Dots>()
        .function::<Underscore>()
        .function::<Größe>();
    let refusal = refusal(registry);
    for name in ["", "a b", "a/b", "1a", "a..b", "_a", "größe"] {
        assert!(
            refusal.contains(&format!("\n  invalid function name `{name}` (")),
            "{name} is not in {refusal}"
        );
    }
    assert!(refusal.contains("tests/it/registry.rs:"), "{refusal}");
}

#[test]
fn a_global_context_takes_nothing() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Settings {
        page: u8,
    }
    by_hand!(Settings, "settings", FunctionKind::GlobalContext);
    let refusal = refusal(Registry::new().function::<Settings>());
    assert!(
        refusal.contains("the global context `settings` ("),
        "{refusal}"
    );
    assert!(refusal.contains("make it a local context"), "{refusal}");
}

#[test]
fn an_input_is_an_object() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Newtype(#[expect(dead_code, reason = "only its schema counts")] u8);
    by_hand!(Newtype, "newtype");
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Unit;
    by_hand!(Unit, "unit");
    let refusal = refusal(Registry::new().function::<Newtype>().function::<Unit>());
    for name in ["newtype", "unit"] {
        assert!(
            refusal.contains(&format!("the input of `{name}` (")),
            "{refusal}"
        );
    }
    assert!(
        refusal.contains("must be a struct with named fields"),
        "{refusal}"
    );
}

mod errors {
    pub(super) mod a {
        #[derive(mizan_core::ClientError)]
        pub(crate) enum SaveError {
            Full,
        }
    }
    pub(super) mod b {
        #[derive(mizan_core::ClientError)]
        pub(crate) enum SaveError {
            Locked,
        }
    }
}

#[client]
async fn save_a(full: bool) -> Result<(), errors::a::SaveError> {
    if full {
        Err(errors::a::SaveError::Full)
    } else {
        Ok(())
    }
}

#[client]
async fn save_a_again() -> Result<(), errors::a::SaveError> {
    Ok(())
}

#[client]
async fn save_b() -> Result<(), errors::b::SaveError> {
    Err(errors::b::SaveError::Locked)
}

#[test]
fn one_name_for_two_error_types_names_both_functions() {
    let shared = Registry::new().function::<SaveA>().function::<SaveAAgain>();
    shared.build().unwrap();
    let refusal = refusal(Registry::new().function::<SaveA>().function::<SaveB>());
    assert!(
        refusal.contains(
            "duplicate error type `SaveError`: `save_a` and `save_b` declare different types"
        ),
        "{refusal}"
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    #[client(affects(nothing))]
    async fn lost(cx: &Cx) -> Result<String, Error> {
        Ok(cx.state::<String>().clone())
    }
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Bad;
    by_hand!(Bad, "bad name");

    let registry = Registry::new()
        .function::<Lost>()
        .function::<Lost>()
        .function::<Bad>()
        .function::<SaveA>()
        .function::<SaveB>();
    let refusal = refusal(registry);
    for problem in [
        "duplicate function `lost`",
        "requires state of type",
        "affects `nothing`",
        "invalid function name",
        "must be a struct with named fields",
        "duplicate error type `SaveError`",
    ] {
        assert!(refusal.contains(problem), "`{problem}` is not in {refusal}");
    }
}
