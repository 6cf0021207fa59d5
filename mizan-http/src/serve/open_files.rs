//! The limit of connections that follows from the process's limit of open files.

/// The maximum number of connections if neither the configuration nor the process limits them.
const DEFAULT_CONNECTIONS: usize = 10_000;

/// Returns the limit of connections: the configured one, or one that leaves files for the application,
/// such as uploads and connections to a database.
///
/// Each connection takes a file descriptor. Without one that is free, the server refuses clients, and the
/// application can open nothing.
pub(super) fn connections(configured: Option<usize>) -> usize {
    let files = limit();
    if let Some(most) = configured {
        if files.is_some_and(|files| files <= most) {
            tracing::warn!(
                connections = most,
                open_files = files,
                "the limit of connections is not below the limit of open files: raise it (`ulimit -n`) or \
                 lower `Serve::connections`"
            );
        }
        return most;
    }
    match files {
        Some(files) if files / 2 < DEFAULT_CONNECTIONS => {
            let most = (files / 2).max(1);
            tracing::info!(
                connections = most,
                open_files = files,
                "serving fewer connections, because the process may open few files (`ulimit -n`)"
            );
            most
        }
        _ => DEFAULT_CONNECTIONS,
    }
}

/// Returns the maximum number of files that the process may open, if there is a limit.
fn limit() -> Option<usize> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .and_then(|limit| usize::try_from(limit).ok());
    #[cfg(not(unix))]
    None
}
