//! Services of two processes that count limits and keep outcomes in one store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::shared_store::{
    Counter, LeaseReply, MemorySharedStore, Operation, SharedStore, SharedStoreError, TakeReply,
};
use mizan_core::{Cx, Error, Registry, client};
use mizan_http::MizanService;
use mizan_store::RedisSharedStore;

use crate::harness::{Reply, call, post, with};
use crate::redis_server::RedisServer;

const KEY: &str = "5b1a9bd6-1d6b-4f8e-9d0b-4f3f6a0c5f11";

/// The number of payments, in all processes.
type Payments = Arc<AtomicU32>;

#[client]
async fn pay(cx: &Cx) -> Result<u32, Error> {
    Ok(cx.state::<Payments>().fetch_add(1, Ordering::SeqCst) + 1)
}

#[client(limit = "2/hour by address")]
async fn vote() -> Result<(), Error> {
    Ok(())
}

fn service(payments: &Payments, store: Arc<dyn SharedStore>) -> MizanService {
    let registry = Registry::new().function::<Pay>().function::<Vote>();
    let registry = registry.state(Arc::clone(payments)).shared_store(store);
    MizanService::new(registry.build().unwrap())
}

async fn pay_with_key(service: &MizanService) -> Reply {
    let request = with(post("/api/mizan/call/pay", ""), &[("idempotency-key", KEY)]);
    call(service, request).await
}

async fn share_outcomes_and_limits(stores: [Arc<dyn SharedStore>; 2]) {
    let payments = Payments::default();
    let [one, two] = stores.map(|store| service(&payments, store));
    let paid = pay_with_key(&one).await;
    let retried = pay_with_key(&two).await;
    assert_eq!((paid.json(), retried.json()), (1.into(), 1.into()));
    assert_eq!(payments.load(Ordering::SeqCst), 1);

    for (service, status) in [(&one, 200), (&two, 200), (&one, 429), (&two, 429)] {
        let reply = call(service, post("/api/mizan/call/vote", "")).await;
        assert_eq!(reply.status, status);
        let wait: Option<u64> = reply
            .header("retry-after")
            .map(|wait| wait.parse().unwrap());
        assert_eq!(wait.is_some(), status == 429);
        assert!(
            wait.is_none_or(|wait| (1..=1_800).contains(&wait)),
            "{wait:?}"
        );
    }
}

#[tokio::test]
async fn retry_at_another_process_does_not_run_again_and_limits_are_common() {
    let store = Arc::new(MemorySharedStore::new());
    share_outcomes_and_limits([store.clone(), store]).await;
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let store = || Arc::new(RedisSharedStore::new(&server.address()).unwrap()) as _;
    share_outcomes_and_limits([store(), store()]).await;
}

/// A store that cannot be reached.
struct Away;

fn away() -> SharedStoreError {
    SharedStoreError::unsent("the store is away")
}

#[async_trait]
impl SharedStore for Away {
    async fn take(&self, _: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        Err(away())
    }

    async fn acquire(&self, _: &Operation, _: Duration) -> Result<LeaseReply, SharedStoreError> {
        Err(away())
    }

    async fn complete(&self, _: &Operation, _: Bytes) -> Result<(), SharedStoreError> {
        Err(away())
    }

    async fn release(&self, _: &Operation) -> Result<(), SharedStoreError> {
        Err(away())
    }

    async fn contains(&self, _: &Operation) -> Result<bool, SharedStoreError> {
        Err(away())
    }
}

#[tokio::test]
async fn calls_that_need_an_unavailable_store_do_not_run() {
    let payments = Payments::default();
    let service = service(&payments, Arc::new(Away));
    for reply in [
        pay_with_key(&service).await,
        call(&service, post("/api/mizan/call/vote", "")).await,
    ] {
        assert_eq!(reply.failure(), (503, "unavailable".to_owned()));
        assert!(reply.header("retry-after").is_some());
        assert!(!String::from_utf8_lossy(&reply.body).contains("away"));
    }
    assert_eq!(payments.load(Ordering::SeqCst), 0);
    // A call without a key and without limits needs no store.
    let reply = call(&service, post("/api/mizan/call/pay", "")).await;
    assert_eq!(reply.json(), 1);
}
