use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mizan_auth::store::PostgresStore;
use sqlx::postgres::PgPoolOptions;

/// A server that stops at the end of the test.
struct Server {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The user that runs PostgreSQL, which refuses to run as root.
struct RunAs {
    user: u32,
    group: u32,
}

fn id_of(user: &str, which: &str) -> Option<u32> {
    let output = Command::new("id").args([which, user]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Returns `None` if the current user is not root, and an error if there is no other user.
fn run_as() -> Result<Option<RunAs>, String> {
    let me = Command::new("id").arg("-u").output();
    let me = me.map_err(|error| format!("`id` cannot be run: {error}"))?;
    if me.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].into_iter().find_map(|user| {
        let (user, group) = (id_of(user, "-u")?, id_of(user, "-g")?);
        Some(RunAs { user, group })
    });
    found.map(Some).ok_or_else(|| {
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".to_owned()
    })
}

fn command(program: &str, as_user: Option<&RunAs>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(RunAs { user, group }) = as_user {
        command.uid(*user).gid(*group);
    }
    command
}

/// Starts a server with a new database, or returns the reason why it cannot start.
fn start() -> Result<Server, String> {
    let as_user = run_as()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if let Some(RunAs { user, group }) = &as_user {
        let owned = std::os::unix::fs::chown(folder.path(), Some(*user), Some(*group));
        owned.map_err(|error| error.to_string())?;
    }
    let data: PathBuf = folder.path().join("data");
    let made = command("initdb", as_user.as_ref(), folder.path())
        .args([
            "--auth=trust",
            "--username=test",
            "--no-sync",
            "--encoding=UTF8",
            "-D",
        ])
        .arg(&data)
        .status();
    match made {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("`initdb` failed: {status}")),
        Err(error) => return Err(format!("`initdb` is not on PATH: {error}")),
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.map_err(|error| error.to_string())?.port();
    let process = command("postgres", as_user.as_ref(), folder.path())
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F", "-D"])
        .arg(&data)
        .arg("-k")
        .arg(folder.path())
        .spawn()
        .map_err(|error| format!("`postgres` is not on PATH: {error}"))?;
    Ok(Server {
        process,
        port,
        _folder: folder,
    })
}

impl Server {
    fn url(&self) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", self.port)
    }
}

async fn connect(server: &Server) -> PostgresStore {
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
    let mut migrator = sqlx::migrate!("migrations/postgres");
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
