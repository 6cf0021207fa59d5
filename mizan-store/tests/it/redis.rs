use std::sync::Arc;
use std::time::Duration;

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::{Counter, Operation, SharedStore, suite};
use mizan_store::RedisSharedStore;

use crate::redis_server::RedisServer;
use crate::{is_taken, rejects_late_acquisition};

#[tokio::test(flavor = "multi_thread")]
async fn redis_store_passes_the_suite() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let store = RedisSharedStore::new(&server.address()).unwrap();
    rejects_late_acquisition(&store).await;
    suite::all(Arc::new(store)).await;
}

#[tokio::test]
async fn processes_share_the_state_in_redis() {
    let Some(mut server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [(); 2].map(|()| RedisSharedStore::new(&server.address()).unwrap());
    let rate = RateLimit::new(2, Duration::from_secs(3600));
    assert!(is_taken(&one, "ada@example.com", rate).await);
    assert!(is_taken(&two, "ada@example.com", rate).await);
    assert!(!is_taken(&one, "ada@example.com", rate).await);

    let operation = Operation::new([b"ada@example.com".as_slice()], [b"key".as_slice()], []);
    one.acquire(&operation, Duration::from_secs(30))
        .await
        .unwrap();
    // Redis has no text that clients sent, and every key expires.
    let mut connection = server.connect().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys {
        assert!(!key.contains("ada"), "{key}");
        let ttl: i64 = redis::cmd("PTTL")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!(ttl > 0, "{key} does not expire");
    }

    // Requests fail while the server is away, and succeed once it is back.
    server.kill();
    let counter = Counter::new("test", "ada", rate);
    one.take(&[counter]).await.unwrap_err();
    one.acquire(&operation, Duration::from_secs(30))
        .await
        .unwrap_err();
    server.run(false).await;
    let mut attempts = 0;
    while one.take(&[counter]).await.is_err() {
        attempts += 1;
        assert!(attempts < 100, "the store does not connect again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_in_redis_are_bounded() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let mut connection = server.connect().await;
    // Fills a limit with other keys, whose full allowance is available in an hour.
    let fill = "local now = redis.call('TIME')[1] for key = 1, 100000 do \
                redis.call('ZADD', KEYS[1], (now + 3600) * 1000000 + key, 'x' .. key) end";
    let key = "mizan:limit:test";
    let filled = redis::Script::new(fill)
        .key(key)
        .invoke_async(&mut connection)
        .await;
    let () = filled.unwrap();
    let store = RedisSharedStore::new(&server.address()).unwrap();
    let rate = RateLimit::new(2, Duration::from_secs(3600));
    for _ in 0..2 {
        assert!(is_taken(&store, "eve", rate).await);
    }
    for number in 0..100 {
        assert!(is_taken(&store, &number.to_string(), rate).await);
    }
    assert!(
        !is_taken(&store, "eve", rate).await,
        "an exhausted count was evicted"
    );
    let count: usize = redis::cmd("ZCARD")
        .arg(key)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(count, 100_000);
}
