//! Policies, and the order of the steps of a call.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use mizan_core::{
    Cx, Decision, Error, Identity, Policy, Principal, Registry, RequestHead, ServerFunction, client,
};

use crate::{member, result};

#[client(auth = false)]
async fn open() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "anyone")]
async fn open_too() -> Result<(), Error> {
    Ok(())
}

#[client]
async fn unspecified() -> Result<(), Error> {
    Ok(())
}

#[client(auth)]
async fn signed_in() -> Result<(), Error> {
    Ok(())
}

#[client(auth = true)]
async fn signed_in_too() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "staff")]
async fn staff() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "superuser")]
async fn superuser() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "posts.rename")]
async fn rename() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "posts:delete")]
async fn delete() -> Result<(), Error> {
    Ok(())
}

#[client(auth = "recent")]
async fn erase() -> Result<(), Error> {
    Ok(())
}

#[client(auth = and("staff", or(group("editors"), checks::is_mia), not("posts.rename")))]
async fn publish() -> Result<(), Error> {
    Ok(())
}

mod checks {
    use super::{Cx, Decision};

    pub(super) async fn is_mia(cx: &Cx) -> Decision {
        match cx.principal().id() {
            Some("mia") => Decision::Allow,
            Some(other) => Decision::deny_because(format!("{other} is not mia")),
            None => Decision::deny(),
        }
    }
}

#[client(auth = checks::is_mia)]
async fn only_mia() -> Result<(), Error> {
    Ok(())
}

#[test]
fn requires_policies_if_configured() {
    let registry = || Registry::new().function::<Open>().function::<SignedIn>();
    assert!(registry().require_policies().build().is_ok());
    let part = Registry::new().function::<Unspecified>();
    let rejected = registry().require_policies().merge(part).build();
    let place = Unspecified::SOURCE.unwrap();
    assert_eq!(
        rejected.unwrap_err().to_string(),
        format!(
            "cannot build the application\n  `unspecified` ({place}) declares no policy, and the \
             registry requires one; add `auth`, or `auth = \"anyone\"` if every caller may call it"
        ),
    );
    let part = Registry::new().require_policies().function::<Open>();
    let merged = Registry::new().function::<Unspecified>().merge(part);
    assert!(
        merged.manifest().is_err(),
        "a merged part enables the setting"
    );
    assert!(registry().function::<Unspecified>().build().is_ok());
}

#[test]
fn displays_policies() {
    for open in [Open::POLICY, OpenToo::POLICY] {
        assert!(matches!(open, Policy::Anyone));
    }
    assert!(matches!(Unspecified::POLICY, Policy::Unspecified));
    for open in [Open::POLICY, Unspecified::POLICY] {
        assert_eq!(open.to_string(), "anyone");
    }
    assert_eq!(SignedIn::POLICY.to_string(), "signed in");
    assert_eq!(SignedInToo::POLICY.to_string(), "signed in");
    assert_eq!(Staff::POLICY.to_string(), "staff");
    assert_eq!(Superuser::POLICY.to_string(), "superuser");
    assert_eq!(Rename::POLICY.to_string(), "permission posts.rename");
    assert_eq!(OnlyMia::POLICY.to_string(), "check is_mia");
    assert_eq!(Erase::POLICY.to_string(), "recent");
    assert_eq!(
        Publish::POLICY.to_string(),
        "and(staff, or(group editors, check is_mia), not(permission posts.rename))"
    );
    let by_hand = mizan_core::policy!(and(true, "recent"));
    assert_eq!(by_hand.to_string(), "and(signed in, recent)");
}

#[tokio::test]
async fn each_policy_allows_the_right_callers() {
    let app = Registry::new()
        .function::<Open>()
        .function::<SignedIn>()
        .function::<SignedInToo>()
        .function::<Staff>()
        .function::<Superuser>()
        .function::<Rename>()
        .function::<Delete>()
        .function::<OnlyMia>()
        .build()
        .unwrap();
    let callers: [Principal; 5] = [
        Principal::anonymous(),
        member().into(),
        Identity::new("sam").staff().into(),
        Identity::new("root").superuser().into(),
        Identity::new("ed").permission("posts.rename").into(),
    ];
    let (ok, no, anon) = ("ok", "forbidden", "unauthenticated");
    for (name, expected) in [
        ("open", [ok, ok, ok, ok, ok]),
        ("signed_in", [anon, ok, ok, ok, ok]),
        ("signed_in_too", [anon, ok, ok, ok, ok]),
        ("staff", [anon, no, ok, ok, no]),
        ("superuser", [anon, no, no, ok, no]),
        ("rename", [anon, no, no, ok, ok]),
        ("delete", [anon, no, no, ok, no]),
        ("only_mia", [anon, ok, no, no, no]),
    ] {
        for (principal, expected) in callers.iter().zip(expected) {
            let outcome = result(&app, principal.clone(), name, "{}").await;
            let code = outcome.as_ref().map_or_else(Error::code, |_| "ok");
            assert_eq!(code, expected, "{name} for {principal:?}");
        }
    }
    let rejected = result(&app, Identity::new("sam"), "only_mia", "").await;
    assert_eq!(rejected.unwrap_err().message(), "sam is not mia");
    let rejected = result(&app, Principal::anonymous(), "only_mia", "").await;
    assert_eq!(rejected.unwrap_err().message(), "sign in to do this");
}

/// The steps of a call, in order.
type Steps = Mutex<Vec<&'static str>>;

async fn policy(cx: &Cx) -> Decision {
    cx.state::<Steps>().lock().unwrap().push("policy");
    cx.principal().is_signed_in().into()
}

async fn authorize(cx: &Cx, input: &Guarded) -> Decision {
    cx.state::<Steps>().lock().unwrap().push("authorize");
    (input.owner == cx.principal().id().unwrap_or_default()).into()
}

#[client(auth = policy, authorize = authorize)]
async fn guarded(cx: &Cx, #[validate(length(min = 3))] owner: String) -> Result<String, Error> {
    cx.state::<Steps>().lock().unwrap().push("call");
    Ok(owner)
}

#[tokio::test]
async fn runs_steps_in_order_until_the_first_rejection() {
    let app = Registry::new()
        .state(Steps::default())
        .function::<Guarded>()
        .build()
        .unwrap();
    let signed_in = || Principal::from(member());
    for (principal, input, code, steps) in [
        (
            Principal::anonymous(),
            "not even JSON",
            "unauthenticated",
            &["policy"][..],
        ),
        (signed_in(), "not even JSON", "malformed", &["policy"]),
        (signed_in(), "{}", "invalid", &["policy"]),
        (signed_in(), r#"{"owner": "x"}"#, "invalid", &["policy"]),
        (
            signed_in(),
            r#"{"owner": "sam"}"#,
            "forbidden",
            &["policy", "authorize"],
        ),
        (
            signed_in(),
            r#"{"owner": "mia"}"#,
            "ok",
            &["policy", "authorize", "call"],
        ),
    ] {
        let outcome = result(&app, principal, "guarded", input).await;
        assert_eq!(
            outcome.as_ref().map_or_else(Error::code, |_| "ok"),
            code,
            "{input}"
        );
        let taken = std::mem::take(&mut *app.state::<Steps>().unwrap().lock().unwrap());
        assert_eq!(taken, steps, "{input}");
    }
}

#[tokio::test]
async fn calls_with_values_and_json_run_the_same_steps() {
    let app = Registry::new()
        .state(Steps::default())
        .function::<Guarded>()
        .build()
        .unwrap();
    for (principal, owner) in [
        (Principal::anonymous(), "mia"),
        (member().into(), "x"),
        (member().into(), "sam"),
        (member().into(), "mia"),
    ] {
        let input = serde_json::json!({ "owner": owner }).to_string();
        let dispatched = result(&app, principal.clone(), "guarded", input).await;
        let after_dispatch = std::mem::take(&mut *app.state::<Steps>().unwrap().lock().unwrap());
        let called = app
            .call_as(
                principal,
                Guarded {
                    owner: owner.into(),
                },
            )
            .await;
        let after_call = std::mem::take(&mut *app.state::<Steps>().unwrap().lock().unwrap());
        assert_eq!(after_call, after_dispatch);
        match (called, dispatched) {
            (Ok(called), Ok(dispatched)) => assert_eq!(dispatched, called),
            (Err(called), Err(dispatched)) => {
                let called = called.into_error();
                assert_eq!(called.kind(), dispatched.kind());
                assert_eq!(called.message(), dispatched.message());
                assert_eq!(called.fields(), dispatched.fields());
            }
            (called, dispatched) => panic!("{called:?} is not {dispatched:?}"),
        }
    }
}

#[client]
async fn outer(cx: &Cx) -> Result<String, Error> {
    let inner = Guarded {
        owner: "mia".into(),
    };
    Ok(cx.call(inner).await?)
}

#[tokio::test]
async fn checks_nested_calls_for_the_same_principal() {
    let app = Registry::new()
        .state(Steps::default())
        .function::<Outer>()
        .function::<Guarded>()
        .build()
        .unwrap();
    assert_eq!(app.call_as(member(), Outer {}).await.unwrap(), "mia");
    let error = app
        .call_as(Identity::new("sam"), Outer {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), "forbidden");
    let error = app
        .call_as(Principal::anonymous(), Outer {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), "unauthenticated");
}

const COMPOSED: [(Policy, &str); 7] = [
    (Policy::Group("editors"), "group editors"),
    (Policy::RecentlyAuthenticated, "recent"),
    (
        Policy::All(&[Policy::Staff, Policy::RecentlyAuthenticated]),
        "and(staff, recent)",
    ),
    (
        Policy::Any(&[Policy::Staff, Policy::Permission("posts.rename")]),
        "or(staff, permission posts.rename)",
    ),
    (
        Policy::All(&[Policy::SignedIn, Policy::Not(&Policy::Group("editors"))]),
        "and(signed in, not(group editors))",
    ),
    (
        Policy::Any(&[Policy::Superuser, Policy::RecentlyAuthenticated]),
        "or(superuser, recent)",
    ),
    (Policy::Not(&Policy::SignedIn), "not(signed in)"),
];

#[tokio::test]
async fn combines_policies() {
    let app = Registry::new().build().unwrap();
    let now = SystemTime::now();
    let callers: [Principal; 6] = [
        Principal::anonymous(),
        member().group("editors").into(),
        Identity::new("sam")
            .staff()
            .authenticated(now, "pwd")
            .into(),
        Identity::new("old")
            .staff()
            .authenticated(now - Duration::from_secs(600), "pwd")
            .into(),
        Identity::new("root").superuser().into(),
        Identity::new("ed").permission("posts.rename").into(),
    ];
    let expected = [
        ["no", "ok", "no", "no", "no", "no"],
        ["no", "again", "ok", "again", "again", "again"],
        ["no", "no", "ok", "again", "again", "no"],
        ["no", "no", "ok", "ok", "ok", "ok"],
        ["no", "no", "ok", "ok", "ok", "ok"],
        ["no", "again", "ok", "again", "ok", "again"],
        ["ok", "no", "no", "no", "no", "no"],
    ];
    for (caller, principal) in callers.into_iter().enumerate() {
        let cx = app.context(principal.clone(), Arc::new(RequestHead::empty()));
        for ((policy, words), expected) in COMPOSED.iter().zip(&expected) {
            assert_eq!(policy.to_string(), *words);
            let decision = match policy.decide(&cx).await.unwrap() {
                Decision::Allow => "ok",
                Decision::Reauthenticate => "again",
                _ => "no",
            };
            assert_eq!(decision, expected[caller], "{words} for {principal:?}");
        }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct EraseAll {}

impl ServerFunction for EraseAll {
    type Output = ();
    type Error = Error;
    const NAME: &'static str = "erase_all";
    const POLICY: Policy = Policy::RecentlyAuthenticated;

    async fn call(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test]
async fn requires_recent_authentication() {
    let app = Registry::new().function::<EraseAll>().build().unwrap();
    for (principal, code) in [
        (Principal::anonymous(), "unauthenticated"),
        (member().into(), "reauthenticate"),
        (
            member()
                .authenticated(SystemTime::now() + Duration::from_secs(60), "pwd")
                .into(),
            "reauthenticate",
        ),
        (
            member()
                .authenticated(SystemTime::now() - Duration::from_secs(20), "pwd")
                .recent_for(Duration::from_secs(10))
                .into(),
            "reauthenticate",
        ),
        (
            member().authenticated(SystemTime::now(), "pwd").into(),
            "ok",
        ),
    ] {
        let outcome = result(&app, principal, "erase_all", "{}").await;
        assert_eq!(outcome.as_ref().map_or_else(Error::code, |_| "ok"), code);
    }
}

/// A check that asks a store which may be broken.
mod failing {
    use super::{AskStore, Cx, Decision, Error};

    pub(super) async fn policy(cx: &Cx) -> Result<Decision, std::io::Error> {
        ask(cx.principal().id().unwrap_or_default())
    }

    pub(super) async fn authorize(_: &Cx, input: &AskStore) -> Result<Decision, Error> {
        Ok(ask(&input.key)?)
    }

    fn ask(key: &str) -> Result<Decision, std::io::Error> {
        match key {
            "mia" => Ok(Decision::Allow),
            "missing" => Ok(Decision::not_found("there is no such key")),
            _ => Err(std::io::Error::other("the table `secrets` is locked")),
        }
    }
}

#[client(auth = failing::policy, authorize = failing::authorize)]
async fn ask_store(key: String) -> Result<String, Error> {
    Ok(key)
}

#[client(auth = or(failing::policy, "staff"))]
async fn ask_store_or_staff() -> Result<(), Error> {
    Ok(())
}

#[client(auth = not(failing::policy))]
async fn not_in_store() -> Result<(), Error> {
    Ok(())
}

#[tokio::test]
async fn a_check_that_fails_is_an_internal_error_with_an_id() {
    let app = Registry::new()
        .function::<AskStore>()
        .function::<AskStoreOrStaff>()
        .function::<NotInStore>()
        .build()
        .unwrap();
    let (broken, fine) = (Identity::new("sam"), member());
    for (principal, name, input, code) in [
        (&fine, "ask_store", r#"{"key": "mia"}"#, "ok"),
        (&fine, "ask_store", r#"{"key": "missing"}"#, "not_found"),
        (&fine, "ask_store", r#"{"key": "other"}"#, "internal"),
        (&broken, "ask_store", r#"{"key": "mia"}"#, "internal"),
        (&fine, "ask_store_or_staff", "", "ok"),
        (&broken, "ask_store_or_staff", "", "internal"),
        (&broken.clone().staff(), "ask_store_or_staff", "", "ok"),
        (&fine, "not_in_store", "", "forbidden"),
        (&broken, "not_in_store", "", "internal"),
    ] {
        let outcome = result(&app, principal.clone(), name, input).await;
        let found = outcome.as_ref().map_or_else(Error::code, |_| "ok");
        assert_eq!(found, code, "{name} {input} for {principal:?}");
        if let Err(error) = outcome {
            assert_eq!(error.id().is_some(), code == "internal");
            assert!(!error.message().contains("secrets"));
        }
    }
    let error = app
        .call_as(broken, AskStore { key: "mia".into() })
        .await
        .unwrap_err();
    assert_eq!(error.code(), "internal");
}
