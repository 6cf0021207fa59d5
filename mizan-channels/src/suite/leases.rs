//! Tests of leases.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::broker::{Broker, LeaseReply, LeaseRequest};

const LEASE: Duration = Duration::from_secs(30);

/// Tests the leases of operations that run at most once.
///
/// # Panics
///
/// Panics if the broker violates its contract.
pub async fn leases(broker: &Arc<dyn Broker>) {
    grants_a_lease_once(broker).await;
    expires_a_lease_without_an_outcome(&**broker).await;
    grants_a_released_lease_again(&**broker).await;
    limits_the_outcomes_of_each_owner(&**broker).await;
}

fn request(owner: &str, key: &str, run: u32) -> LeaseRequest {
    let payload_hash = "0123456789abcdef0123456789abcdef";
    LeaseRequest::new(owner, key, payload_hash, format!("{run:024x}"))
}

async fn acquire(broker: &dyn Broker, request: &LeaseRequest) -> LeaseReply {
    broker.acquire_lease(request, LEASE).await.unwrap()
}

async fn run(broker: &dyn Broker, request: &LeaseRequest, outcome: Bytes) {
    assert_eq!(acquire(broker, request).await, LeaseReply::Granted);
    broker.complete_lease(request, outcome).await.unwrap();
}

async fn grants_a_lease_once(broker: &Arc<dyn Broker>) {
    let mut runs = JoinSet::new();
    for number in 0..20 {
        let broker = Arc::clone(broker);
        runs.spawn(async move { acquire(&*broker, &request("u1", "do", number)).await });
    }
    let mut granted = 0;
    while let Some(reply) = runs.join_next().await {
        match reply.unwrap() {
            LeaseReply::Granted => granted += 1,
            reply => assert_eq!(reply, LeaseReply::Running),
        }
    }
    assert_eq!(granted, 1);
    let broker = &**broker;
    let outcome = Bytes::from_static(b"{\"\":\"\xc3\xa4\"}");
    let first = request("u1", "do", 0);
    broker
        .complete_lease(&first, outcome.clone())
        .await
        .unwrap();
    let repeated = acquire(broker, &request("u1", "do", 1)).await;
    assert_eq!(repeated, LeaseReply::Completed(outcome));
    let mut other_payload = first;
    other_payload.payload_hash = "ffffffffffffffffffffffffffffffff".to_owned();
    let reply = acquire(broker, &other_payload).await;
    assert_eq!(reply, LeaseReply::PayloadMismatch);
    let mut other_owner = other_payload;
    other_owner.owner = "u2".to_owned();
    let reply = acquire(broker, &other_owner).await;
    assert_eq!(reply, LeaseReply::Granted, "keys are scoped to an owner");
}

async fn expires_a_lease_without_an_outcome(broker: &dyn Broker) {
    let short = Duration::from_millis(20);
    let lost = request("u1", "lost", 0);
    let reply = broker.acquire_lease(&lost, short).await.unwrap();
    assert_eq!(reply, LeaseReply::Granted);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let reply = broker.acquire_lease(&lost, short).await.unwrap();
    assert_eq!(reply, LeaseReply::Expired);
}

async fn grants_a_released_lease_again(broker: &dyn Broker) {
    let first = request("u1", "refused", 1);
    let second = request("u1", "refused", 2);
    assert_eq!(acquire(broker, &first).await, LeaseReply::Granted);
    broker.release_lease(&second).await.unwrap();
    let reply = acquire(broker, &second).await;
    assert_eq!(reply, LeaseReply::Running, "another run has the lease");
    broker.release_lease(&first).await.unwrap();
    let done = Bytes::from_static(b"done");
    run(broker, &second, done.clone()).await;
    broker.cancel_lease(&second).await.unwrap();
    let reply = acquire(broker, &first).await;
    assert_eq!(reply, LeaseReply::Completed(done));
}

async fn limits_the_outcomes_of_each_owner(broker: &dyn Broker) {
    let done = Bytes::from_static(b"done");
    let honest = request("honest", "one", 0);
    run(broker, &honest, done.clone()).await;
    for number in 0..2_100 {
        let flood = request("flood", &number.to_string(), number);
        run(broker, &flood, done.clone()).await;
    }
    let repeat = async |owner: &str, key: &str| acquire(broker, &request(owner, key, 9_999)).await;
    let completed = LeaseReply::Completed(done);
    let evicted = LeaseReply::Granted;
    assert_eq!(repeat("flood", "0").await, evicted);
    assert_eq!(repeat("flood", "2099").await, completed);
    assert_eq!(repeat("honest", "one").await, completed);
    for number in 0..40 {
        let large = request("large", &number.to_string(), number);
        run(broker, &large, Bytes::from(vec![b'x'; 64 * 1024])).await;
    }
    assert_eq!(repeat("large", "0").await, evicted);
    let newest = repeat("large", "39").await;
    assert!(matches!(newest, LeaseReply::Completed(_)), "{newest:?}");
}
