//! Tests of operations that run at most once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::shared_store::{
    LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, Operation, SharedStore,
};

const LEASE: Duration = Duration::from_secs(30);

/// Tests the leases and outcomes of operations that run at most once.
///
/// # Panics
///
/// Panics if the store violates its contract.
pub async fn operations(store: &Arc<dyn SharedStore>) {
    grants_a_lease_once(store).await;
    expires_a_lease_without_an_outcome(&**store).await;
    grants_a_released_lease_again(&**store).await;
    cancels_an_acquisition(&**store).await;
    limits_the_outcomes_of_each_owner(store).await;
}

fn operation(owner: &str, key: &str) -> Operation {
    Operation::new(
        [owner.as_bytes()],
        [owner.as_bytes(), key.as_bytes()],
        [b"payload".as_slice()],
    )
}

async fn acquire(store: &dyn SharedStore, operation: &Operation) -> LeaseReply {
    store.acquire(operation, LEASE).await.unwrap()
}

async fn run(store: &dyn SharedStore, operation: &Operation, outcome: Bytes) {
    assert_eq!(acquire(store, operation).await, LeaseReply::Granted);
    store.complete(operation, outcome).await.unwrap();
}

async fn grants_a_lease_once(store: &Arc<dyn SharedStore>) {
    let mut runs = JoinSet::new();
    for _ in 0..20 {
        let store = Arc::clone(store);
        runs.spawn(async move {
            let run = operation("u1", "do");
            (run, acquire(&*store, &run).await)
        });
    }
    let mut granted = Vec::new();
    for (run, reply) in runs.join_all().await {
        match reply {
            LeaseReply::Granted => granted.push(run),
            reply => assert_eq!(reply, LeaseReply::Running),
        }
    }
    let [first] = granted[..] else {
        panic!("{} runs have the lease", granted.len());
    };
    let store = &**store;
    assert!(store.contains(&operation("u1", "do")).await.unwrap());
    assert!(!store.contains(&operation("u1", "other")).await.unwrap());
    let outcome = Bytes::from_static(b"{\"\":\"\xc3\xa4\"}\0\xff");
    store.complete(&first, outcome.clone()).await.unwrap();
    let repeated = acquire(store, &operation("u1", "do")).await;
    assert_eq!(repeated, LeaseReply::Completed(outcome));
    let id = [b"u1".as_slice(), b"do".as_slice()];
    let other_payload = Operation::new([b"u1".as_slice()], id, []);
    assert!(store.contains(&other_payload).await.unwrap());
    let reply = acquire(store, &other_payload).await;
    assert_eq!(reply, LeaseReply::PayloadMismatch);
    // The same user may come from another network, which is another owner of anonymous operations.
    let mut other_owner = operation("u1", "do");
    other_owner.owner = operation("u2", "do").owner;
    let repeated = acquire(store, &other_owner).await;
    assert!(matches!(repeated, LeaseReply::Completed(_)), "{repeated:?}");
    let reply = acquire(store, &operation("u2", "do")).await;
    assert_eq!(reply, LeaseReply::Granted, "another key");
}

async fn expires_a_lease_without_an_outcome(store: &dyn SharedStore) {
    let short = Duration::from_millis(20);
    let lost = operation("u1", "lost");
    let reply = store.acquire(&lost, short).await.unwrap();
    assert_eq!(reply, LeaseReply::Granted);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let reply = store.acquire(&operation("u1", "lost"), short).await;
    assert_eq!(reply.unwrap(), LeaseReply::Expired);
    // The outcome is better known late than not at all.
    let done = Bytes::from_static(b"done late");
    store.complete(&lost, done.clone()).await.unwrap();
    let reply = acquire(store, &operation("u1", "lost")).await;
    assert_eq!(reply, LeaseReply::Completed(done));
}

async fn grants_a_released_lease_again(store: &dyn SharedStore) {
    let [first, second] = [operation("u1", "refused"), operation("u1", "refused")];
    assert_eq!(acquire(store, &first).await, LeaseReply::Granted);
    store.release(&second).await.unwrap();
    let reply = acquire(store, &second).await;
    assert_eq!(reply, LeaseReply::Running, "another run has the lease");
    store.release(&first).await.unwrap();
    let done = Bytes::from_static(b"done");
    run(store, &second, done.clone()).await;
    store.release(&second).await.unwrap();
    let reply = acquire(store, &first).await;
    assert_eq!(
        reply,
        LeaseReply::Completed(done),
        "an outcome was released"
    );
}

async fn cancels_an_acquisition(store: &dyn SharedStore) {
    let [first, second] = [operation("u1", "late"), operation("u1", "late")];
    assert_eq!(acquire(store, &first).await, LeaseReply::Granted);
    store.cancel(&second).await.unwrap();
    let reply = acquire(store, &operation("u1", "late")).await;
    assert_eq!(reply, LeaseReply::Running, "another run has the lease");
    store.cancel(&first).await.unwrap();
    let done = Bytes::from_static(b"done");
    run(store, &second, done.clone()).await;
    store.cancel(&second).await.unwrap();
    let reply = acquire(store, &first).await;
    assert_eq!(reply, LeaseReply::Completed(done));
}

async fn limits_the_outcomes_of_each_owner(store: &Arc<dyn SharedStore>) {
    let done = Bytes::from_static(b"done");
    let honest = operation("honest", "one");
    run(&**store, &honest, done.clone()).await;
    let slow = [1, 2, 3].map(|number| operation("flood", &format!("slow {number}")));
    for slow in &slow {
        assert_eq!(acquire(&**store, slow).await, LeaseReply::Granted);
    }
    run(&**store, &operation("flood", "first"), done.clone()).await;
    // Concurrently, because a store may need a round trip for each operation.
    let mut flood = JoinSet::new();
    for task in 0..10 {
        let (store, done) = (Arc::clone(store), done.clone());
        flood.spawn(async move {
            for number in 0..MAX_OWNER_OPERATIONS / 10 {
                let key = format!("{task}-{number}");
                run(&*store, &operation("flood", &key), done.clone()).await;
            }
        });
    }
    flood.join_all().await;
    let store = &**store;
    run(store, &operation("flood", "last"), done.clone()).await;
    let repeat = async |owner: &str, key: &str| acquire(store, &operation(owner, key)).await;
    let completed = LeaseReply::Completed(done);
    assert_eq!(
        repeat("flood", "first").await,
        LeaseReply::Granted,
        "evicted"
    );
    assert_eq!(repeat("flood", "last").await, completed);
    assert_eq!(repeat("honest", "one").await, completed);

    for slow in &slow {
        assert_eq!(acquire(store, slow).await, LeaseReply::Running, "evicted");
        store.release(slow).await.unwrap();
    }

    let large = Bytes::from(vec![b'x'; MAX_OWNER_BYTES / 8]);
    for number in 0..12 {
        run(
            store,
            &operation("large", &number.to_string()),
            large.clone(),
        )
        .await;
    }
    assert_eq!(repeat("large", "0").await, LeaseReply::Granted, "evicted");
    assert_eq!(repeat("large", "11").await, LeaseReply::Completed(large));

    let huge = Bytes::from(vec![b'x'; 2 * MAX_OWNER_BYTES]);
    run(store, &operation("huge", "one"), huge.clone()).await;
    assert_eq!(repeat("huge", "one").await, LeaseReply::Completed(huge));
}
