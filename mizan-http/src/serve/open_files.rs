//! The default limit of connections, which depends on the number of files that the process may open.

/// The maximum number of connections if the process may open enough files.
const DEFAULT_MAX_CONNECTIONS: usize = 10_000;

/// Returns the configured limit of connections, or a default that leaves files for the application, such
/// as uploads and database connections.
///
/// Each connection takes a file descriptor. If none is left, the server refuses clients, and the
/// application cannot open files.
pub(super) fn max_connections(configured: Option<usize>) -> usize {
    let max_files = max_open_files();
    if let Some(max) = configured {
        if max_files.is_some_and(|files| files <= max) {
            tracing::warn!(
                max_connections = max,
                max_open_files = max_files,
                "the maximum number of connections is not below the maximum number of open files: raise \
                 the latter (`ulimit -n`) or lower `Serve::max_connections`"
            );
        }
        return max;
    }
    match max_files {
        Some(files) if files / 2 < DEFAULT_MAX_CONNECTIONS => {
            let max = (files / 2).max(1);
            tracing::info!(
                max_connections = max,
                max_open_files = files,
                "limiting connections to half of the maximum number of open files (`ulimit -n`)"
            );
            max
        }
        _ => DEFAULT_MAX_CONNECTIONS,
    }
}

/// Returns the maximum number of files that the process may open, if there is a limit.
fn max_open_files() -> Option<usize> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .and_then(|limit| usize::try_from(limit).ok());
    #[cfg(not(unix))]
    None
}
