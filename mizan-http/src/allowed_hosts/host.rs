//! Hosts, and the set of hosts that an application allows.

use std::net::IpAddr;
use std::sync::Arc;

use http::uri::Authority;
use http::{HeaderMap, Uri, header};

/// The hosts that an application allows.
#[derive(Clone, Debug)]
pub(super) struct HostSet {
    pub(super) hosts: Arc<[Host]>,
    /// True if the names and addresses of this computer are allowed.
    pub(super) allows_local: bool,
}

impl HostSet {
    pub(super) fn allows(&self, host: &Host) -> bool {
        self.allows_local && host.is_local()
            || self.hosts.iter().any(|allowed| allowed.includes(host))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    /// A name and all of its subdomains.
    Domain(String),
    Address(IpAddr),
}

impl Host {
    pub(super) fn from_setting(text: &str) -> Option<Self> {
        if text.contains("://") {
            let uri: Uri = text.parse().ok()?;
            return Self::from_authority(uri.authority()?);
        }
        if let Ok(addr) = text.parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        if let Some(domain) = text.strip_prefix('.') {
            return match Self::from_authority(&domain.parse().ok()?)? {
                Self::Name(name) => Some(Self::Domain(name)),
                _ => None,
            };
        }
        Self::from_authority(&text.parse().ok()?)
    }

    pub(super) fn from_request(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        if let Some(authority) = uri.authority() {
            return Self::from_authority(authority);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = Authority::try_from(hosts.next()?.as_bytes()).ok()?;
        hosts
            .next()
            .is_none()
            .then(|| Self::from_authority(&host))
            .flatten()
    }

    fn from_authority(authority: &Authority) -> Option<Self> {
        let host = authority.host();
        if authority.as_str().contains('@') {
            return None;
        }
        let without_brackets = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if let Ok(addr) = without_brackets.unwrap_or(host).parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        // A trailing dot marks a fully qualified name, which is the same host.
        let name = host.strip_suffix('.').unwrap_or(host);
        let is_name = name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    fn includes(&self, host: &Self) -> bool {
        match (self, host) {
            (Self::Domain(domain), Self::Name(name)) => name
                .strip_suffix(&**domain)
                .is_some_and(|subdomain| subdomain.is_empty() || subdomain.ends_with('.')),
            _ => self == host,
        }
    }

    fn is_local(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(addr) => addr.is_loopback(),
            Self::Domain(_) => false,
        }
    }
}
