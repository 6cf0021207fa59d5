use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mizan_auth::store::PostgresStore;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;

use super::postgres_server::{PostgresServer, start};

async fn connect(server: &PostgresServer) -> PostgresStore {
    let url = server.url();
    let start = Instant::now();
    loop {
        match PostgresStore::connect(&url).await {
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
            eprintln!("SKIPPED: the suites did not run on PostgreSQL: {why}");
            return;
        }
    };
    let store = Arc::new(connect(&server).await);
    super::all(Arc::clone(&store)).await;
    store.migrate().await.unwrap();
    // Several processes can migrate concurrently.
    let others = futures_util::future::join_all((0..4).map(|_| connect(&server))).await;
    assert_eq!(others.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_migrates_rows_of_version_1() {
    let server = match start() {
        Ok(server) => server,
        Err(why) => {
            eprintln!("SKIPPED: the migration did not run on PostgreSQL: {why}");
            return;
        }
    };
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(30))
        .connect_lazy(&server.url())
        .unwrap();
    let mut migrator = Migrator::new(Path::new("migrations/postgres"))
        .await
        .unwrap();
    migrator.dangerous_set_table_name("mizan_auth_migrations");
    let start = Instant::now();
    while let Err(error) = migrator.run_to(1, &pool).await {
        assert!(start.elapsed() < Duration::from_secs(30), "{error:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let rows = super::migrations::FirstVersion::new();
    let statements = rows.statements(|hex| format!("'\\x{hex}'"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;

    rows.check(&connect(&server).await).await;
}
