//! Detection of V8's prebuilt library, which the build script of the `v8` crate needs.

use std::env;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

/// The host from which the `v8` crate downloads the library.
const DOWNLOAD_HOST: (&str, u16) = ("github.com", 443);

/// Returns the reason if the feature `v8` cannot be built on this machine. The result is cached.
pub(crate) fn unavailable_reason() -> Option<&'static str> {
    static CAN_BE_BUILT: LazyLock<bool> = LazyLock::new(|| {
        env::var_os("RUSTY_V8_ARCHIVE").is_some() || is_cached() || can_be_downloaded()
    });
    (!*CAN_BE_BUILT).then_some(
        "V8's library is neither in RUSTY_V8_ARCHIVE nor in cargo's cache, and its host is not \
         reachable: the slower QuickJS renders instead",
    )
}

fn is_cached() -> bool {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    let entries = home.and_then(|home| home.join(".rusty_v8").read_dir().ok());
    entries.is_some_and(|mut entries| entries.next().is_some())
}

fn can_be_downloaded() -> bool {
    let timeout = Duration::from_secs(3);
    let mut addresses = DOWNLOAD_HOST.to_socket_addrs().into_iter().flatten();
    addresses.any(|address| TcpStream::connect_timeout(&address, timeout).is_ok())
}
