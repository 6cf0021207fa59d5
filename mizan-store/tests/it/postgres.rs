use std::sync::Arc;
use std::time::{Duration, Instant};

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::{Counter, LeaseReply, Operation, SharedStore as _, suite};
use mizan_store::PostgresSharedStore;
use sqlx::{Connection as _, Executor as _, PgConnection};

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

/// A deferred constraint fails when the statement commits, after its row has arrived.
#[tokio::test(flavor = "multi_thread")]
async fn errors_of_commits_are_reported() {
    let server = match start() {
        Ok(server) => server,
        Err(why) => {
            eprintln!("SKIPPED: errors of commits were not tested on PostgreSQL: {why}");
            return;
        }
    };
    let store = connect(&server.url()).await;
    let operation = |key: &'static [u8]| Operation::new([b"owner".as_slice()], [key], []);
    let (first, second) = (operation(b"first"), operation(b"second"));
    let lease = Duration::from_secs(30);
    let granted = store.acquire(&first, lease).await.unwrap();
    assert_eq!(granted, LeaseReply::Granted);
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let fail = "
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE ''the commit fails''; END';
        CREATE CONSTRAINT TRIGGER fail AFTER INSERT OR UPDATE ON mizan_limits
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
        CREATE CONSTRAINT TRIGGER fail AFTER INSERT OR UPDATE ON mizan_operations
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
    ";
    connection.execute(fail).await.unwrap();
    let rate = RateLimit::new(2, Duration::from_secs(3600));
    let taken = store.take(&[Counter::new("test", "ada", rate)]).await;
    assert!(taken.is_err());
    assert!(store.acquire(&second, lease).await.is_err());
    assert!(store.complete(&first, "done".into()).await.is_err());
}
