//! Building an application, and the problems that prevent it.

use std::panic::Location;

use mizan_core::function::FunctionKind;
use mizan_core::{Cx, Error, Principal, Registry, ServerFunction, client};

/// Implements a function for a struct by hand.
macro_rules! by_hand {
    ($name:ident, $wire_name:literal $(, $kind:expr)?) => {
        impl ServerFunction for $name {
            type Output = ();
            type Error = Error;
            const NAME: &'static str = $wire_name;
            $(const KIND: FunctionKind = $kind;)?

            async fn call(self, _: &Cx) -> Result<(), Error> {
                Ok(())
            }
        }
    };
}

/// Defines a function without arguments by hand.
macro_rules! plain {
    ($name:ident, $wire_name:literal) => {
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        struct $name {}
        by_hand!($name, $wire_name);
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

fn build_error(registry: Registry) -> String {
    let error = registry.build().unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    error.to_string()
}

fn location<F: ServerFunction>() -> String {
    F::SOURCE.unwrap().to_string()
}

#[test]
fn builds_an_empty_registry() {
    let app = Registry::new().build().unwrap();
    assert!(app.function("anything").is_none());
}

#[test]
fn describes_a_registered_function() {
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
fn rejects_duplicate_functions_with_both_locations() {
    let registry = Registry::new().function::<other::Post>().function::<Post>();
    assert_eq!(
        build_error(registry.state(String::new())),
        format!(
            "cannot build the application\n  duplicate function `post`: defined at {} and at {}; \
             rename one, or register it once",
            location::<other::Post>(),
            location::<Post>(),
        )
    );
}

#[test]
fn rejects_a_function_registered_twice() {
    let here = Location::caller();
    let registry = Registry::new()
        .function::<other::Post>()
        .function::<other::Post>();
    let at = |line| format!("{}:{}", here.file(), here.line() + line);
    let problems = build_error(registry);
    for location in [at(2), at(3)] {
        assert!(
            problems.contains(&location),
            "{location} is not in {problems}"
        );
    }
}

#[test]
fn reports_missing_state_with_function_and_location() {
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
            "\n  `twice` ({}) requires state of type `{state}`, which the registry built at {}:{}",
            location::<Twice>(),
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
fn creates_a_manifest_without_state() {
    let registry = Registry::new().function::<Post>();
    assert!(registry.manifest().is_ok());
    assert!(registry.build().is_err());
}

#[test]
fn does_not_require_optional_state() {
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
async fn merges_functions_and_keeps_the_later_state() {
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
fn rejects_invalid_names() {
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
    let problems = build_error(registry);
    for name in ["", "a b", "a/b", "1a", "a..b", "_a", "größe"] {
        assert!(
            problems.contains(&format!("\n  invalid function name `{name}` (")),
            "{name} is not in {problems}"
        );
    }
    assert!(problems.contains("tests/it/registry.rs:"), "{problems}");
}

#[test]
fn rejects_a_global_context_with_arguments() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Settings {
        page: u8,
    }
    by_hand!(Settings, "settings", FunctionKind::GlobalContext);
    let problems = build_error(Registry::new().function::<Settings>());
    assert!(
        problems.contains("the global context `settings` ("),
        "{problems}"
    );
    assert!(problems.contains("make it a local context"), "{problems}");
}

#[test]
fn rejects_an_input_that_is_not_an_object() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Newtype(#[expect(dead_code, reason = "only its schema is used")] u8);
    by_hand!(Newtype, "newtype");
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Unit;
    by_hand!(Unit, "unit");
    let problems = build_error(Registry::new().function::<Newtype>().function::<Unit>());
    for name in ["newtype", "unit"] {
        assert!(
            problems.contains(&format!("the input of `{name}` (")),
            "{problems}"
        );
    }
    assert!(
        problems.contains("must be a struct with named fields"),
        "{problems}"
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
fn rejects_different_error_types_with_one_name() {
    let shared = Registry::new().function::<SaveA>().function::<SaveAAgain>();
    shared.build().unwrap();
    let problems = build_error(Registry::new().function::<SaveA>().function::<SaveB>());
    assert!(
        problems.contains(
            "duplicate error type `SaveError`: `save_a` and `save_b` declare different types"
        ),
        "{problems}"
    );
}

#[test]
fn reports_all_problems_at_once() {
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
    let problems = build_error(registry);
    for problem in [
        "duplicate function `lost`",
        "requires state of type",
        "affects `nothing`",
        "invalid function name",
        "must be a struct with named fields",
        "duplicate error type `SaveError`",
    ] {
        assert!(
            problems.contains(problem),
            "`{problem}` is not in {problems}"
        );
    }
}

#[test]
fn requires_the_state_of_helpers() {
    struct Database;
    struct Mailer;

    fn database(cx: &Cx) -> &Database {
        cx.state()
    }

    #[client(query, state(Database, Mailer))]
    async fn helped(cx: &Cx) -> Result<(), Error> {
        let Database = database(cx);
        Ok(())
    }

    #[client(query, state(Database))]
    async fn without_cx() -> Result<(), Error> {
        Ok(())
    }

    let problems = build_error(Registry::new().function::<Helped>().state(Mailer));
    assert!(problems.contains("Database"), "{problems}");
    assert!(!problems.contains("Mailer"), "{problems}");
    build_error(Registry::new().function::<WithoutCx>());
    let complete = Registry::new().function::<Helped>();
    complete.state(Database).state(Mailer).build().unwrap();

    let part = || Registry::new().require_state::<Database>();
    let problems = build_error(Registry::new().merge(part()));
    assert!(problems.contains("`require_state` at"), "{problems}");
    assert!(problems.contains("tests/it/registry.rs"), "{problems}");
    part()
        .merge(Registry::new().state(Database))
        .build()
        .unwrap();
    assert!(part().manifest().is_ok(), "the manifest needs no state");
}

#[test]
fn rejects_a_cache_of_a_function_with_a_policy() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Cached {}

    impl ServerFunction for Cached {
        type Output = ();
        type Error = Error;
        const NAME: &'static str = "cached";
        const KIND: FunctionKind = FunctionKind::Query;
        const POLICY: mizan_core::Policy = mizan_core::Policy::SignedIn;
        const CACHE: Option<&'static str> = Some("public, max-age=60");

        async fn call(self, _: &Cx) -> Result<(), Error> {
            Ok(())
        }
    }

    let problems = build_error(Registry::new().function::<Cached>());
    assert!(problems.contains("`cached`"), "{problems}");
    assert!(problems.contains("declares `cache`"), "{problems}");
}
