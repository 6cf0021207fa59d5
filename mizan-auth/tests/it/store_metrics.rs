//! The metrics of the stores.

use std::collections::BTreeMap;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use mizan_auth::store::UserStore;
use mizan_auth::token::Token;
use serde_json::json;

use crate::faulty_sessions::{self, Mode};
use crate::site::Site;

const EMAIL: &str = "ada@example.com";

/// Returns the number of observed operations since the last call, by `store operation outcome`.
fn operations(snapshotter: &Snapshotter) -> BTreeMap<String, usize> {
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let metrics =
        metrics.filter(|(key, ..)| key.key().name() == "mizan_account_store_duration_seconds");
    let operations = metrics.map(|(key, _, _, value)| {
        let key = key.key();
        let names: Vec<_> = key.labels().map(|label| label.key().to_owned()).collect();
        assert_eq!(names, ["store", "operation", "outcome"]);
        let values: Vec<_> = key.labels().map(|label| label.value().to_owned()).collect();
        let DebugValue::Histogram(durations) = value else {
            panic!("{key:?} is no histogram");
        };
        (values.join(" "), durations.len())
    });
    operations.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn operations_of_each_store_are_measured_without_data_of_users() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    operations(&snapshotter);
    assert_eq!(browser.email().await.as_deref(), Some(EMAIL));
    // One query finds the session and the account.
    let expected = BTreeMap::from([
        ("sessions find_with_account ok".to_owned(), 1),
        ("users find ok".to_owned(), 1),
    ]);
    assert_eq!(operations(&snapshotter), expected);

    browser.request_reset(EMAIL).await;
    browser.send("sessions", json!({})).await;
    browser.send("sign_out", json!({})).await;
    let unknown = Token::random().id();
    assert!(
        !site
            .accounts
            .sessions()
            .revoke("ada", unknown)
            .await
            .unwrap()
    );
    site.accounts.purge().await.unwrap();
    site.accounts.check_store().await.unwrap();
    let measured = operations(&snapshotter);
    for operation in [
        "users find_by_email ok",
        "users check ok",
        "users purge_unverified ok",
        "sessions list_by_user ok",
        "sessions remove ok",
        "sessions purge ok",
        "tokens insert ok",
        "tokens purge ok",
    ] {
        assert!(
            measured.contains_key(operation),
            "{operation}: {measured:?}"
        );
    }
    // The number of label values does not depend on users.
    let is_constant = |labels: &String| {
        labels
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'_' | b' '))
    };
    assert!(measured.keys().all(is_constant), "{measured:?}");
}

#[tokio::test]
async fn failed_and_dropped_operations_have_their_outcome() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (site, faulty) = faulty_sessions::site();
    site.member(EMAIL).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let id = account.unwrap().unwrap().id;
    let sessions = site.accounts.sessions();
    operations(&snapshotter);

    faulty.set(Mode::Fails);
    sessions.list(&id).await.unwrap_err();
    let expected = BTreeMap::from([("sessions list_by_user error".to_owned(), 1)]);
    assert_eq!(operations(&snapshotter), expected);

    faulty.set(Mode::Waits);
    let waiting = tokio::time::timeout(Duration::from_millis(1), sessions.revoke_all(&id, None));
    assert!(waiting.await.is_err());
    let expected = BTreeMap::from([("sessions remove_by_user cancelled".to_owned(), 1)]);
    assert_eq!(operations(&snapshotter), expected);
}
