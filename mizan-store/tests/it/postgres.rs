use std::sync::Arc;
use std::time::{Duration, Instant};

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::suite;
use mizan_store::PostgresSharedStore;

use crate::postgres_server::start;
use crate::{is_taken, rejects_late_acquisition};

async fn connect(url: &str) -> PostgresSharedStore {
    let start = Instant::now();
    loop {
        match PostgresSharedStore::connect(url).await {
            Ok(store) => return store,
            Err(error) if start.elapsed() > Duration::from_secs(30) => panic!("{error:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_store_passes_the_suite() {
    let server = match start() {
        Ok(server) => server,
        Err(why) => {
            eprintln!("SKIPPED: the suite did not run on PostgreSQL: {why}");
            return;
        }
    };
    let url = server.url();
    // Several processes can migrate concurrently, and share the state.
    let (one, two) = tokio::join!(connect(&url), connect(&url));
    let rate = RateLimit::new(2, Duration::from_secs(3600));
    assert!(is_taken(&one, "ada", rate).await);
    assert!(is_taken(&two, "ada", rate).await);
    assert!(!is_taken(&one, "ada", rate).await);
    rejects_late_acquisition(&one).await;
    suite::all(Arc::new(one)).await;
}
