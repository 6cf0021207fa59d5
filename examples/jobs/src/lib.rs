//! Durable jobs: a function adds a job to a queue in its transaction, and a worker of apalis runs it, also if
//! the process ended in between.
//!
//! Work behind the reply (`Cx::after_reply`, `Cx::after_commit`) lives in memory. It is for work that may be lost
//! in a crash, such as the count of orders since the start here. A receipt must not be lost, so it is a job in the
//! database.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use apalis::prelude::{BoxDynError, Data, TaskBuilder, WorkerBuilder};
use apalis_sqlite::queries::push_tasks;
use apalis_sqlite::{Config, SqliteStorage};
use mizan_core::{Cx, Error, Registry, client};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// The queue of the receipts. It is in the database, so a new name would strand old jobs.
const RECEIPTS: &str = "receipts";

/// The number of times that a job runs until it succeeds.
const MAX_ATTEMPTS: usize = 10;

/// The job that sends the receipt of an order.
///
/// A job runs at least once: a process that ends after the mail and before the job is marked as done runs it
/// again. The id of the order lets the mail server recognize a repeated mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendReceipt {
    /// The id of the order.
    pub order: i64,
    /// The address of the customer.
    pub email: String,
}

/// Sends mails, for example with lettre.
pub type Mailer = Arc<dyn Fn(SendReceipt) -> Result<(), BoxDynError> + Send + Sync>;

/// The number of orders since the start of the process.
#[derive(Clone, Default)]
pub struct RecentOrders(Arc<AtomicU32>);

impl RecentOrders {
    /// Returns the number.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Orders a product. The order and the job of its receipt are stored together, or not at all.
///
/// # Errors
///
/// Returns an internal error if the database fails.
#[client]
pub async fn order(
    cx: &Cx,
    #[validate(length(min = 1, max = 80))] product: String,
    #[validate(email)] email: String,
) -> Result<(), Error> {
    let mut transaction = cx.state::<SqlitePool>().begin().await?;
    let inserted = sqlx::query("INSERT INTO orders (product) VALUES (?)")
        .bind(product)
        .execute(&mut *transaction)
        .await?;
    let job = SendReceipt {
        order: inserted.last_insert_rowid(),
        email,
    };
    let task = TaskBuilder::new(serde_json::to_vec(&job)?)
        .max_attempts(MAX_ATTEMPTS)
        .build();
    push_tasks(&mut *transaction, RECEIPTS, &[task]).await?;
    let recent = cx.state::<RecentOrders>().clone();
    cx.after_commit(async move {
        recent.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    transaction.commit().await?;
    Ok(())
}

/// Registers the functions.
pub fn registry(database: SqlitePool, recent: RecentOrders) -> Registry {
    Registry::new()
        .function::<Order>()
        .state(database)
        .state(recent)
}

/// Opens the database, and creates the tables of the application and of apalis.
///
/// `SqliteStorage::setup` is not used, because it sets `synchronous = OFF`, with which a power failure loses jobs.
///
/// # Errors
///
/// Returns an error if the database cannot be opened.
pub async fn open(url: &str) -> Result<SqlitePool, Box<dyn StdError + Send + Sync>> {
    let options = url
        .parse::<SqliteConnectOptions>()?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePool::connect_with(options).await?;
    SqliteStorage::migrations().run(&pool).await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL)",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
}

/// Runs the jobs until `stop` completes and the jobs that it began have ended. Several processes may run workers,
/// each with a `name` of its own.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn run_worker(
    name: &str,
    database: &SqlitePool,
    mailer: Mailer,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn StdError + Send + Sync>> {
    let jobs = SqliteStorage::new(database).with_config(Config::default().queue(RECEIPTS));
    let worker = WorkerBuilder::new(name)
        .backend(jobs)
        .data(mailer)
        .build(send_receipt);
    let stop = async {
        stop.await;
        Ok::<_, std::io::Error>(())
    };
    Ok(worker.run_until(stop).await?)
}

async fn send_receipt(job: SendReceipt, mailer: Data<Mailer>) -> Result<(), BoxDynError> {
    (mailer)(job)
}
