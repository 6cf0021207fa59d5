//! The device from which a user signs in.

use std::net::IpAddr;

use mizan_core::RequestHead;

/// The device from which a session was opened, as far as the request describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// The `User-Agent` header, at most 200 characters and without control characters.
    ///
    /// It helps users to recognise their devices. Clients can send any value, so do not base decisions on it.
    pub user_agent: String,
    /// The network address of the client.
    pub address: Option<IpAddr>,
}

const MAX_USER_AGENT_CHARS: usize = 200;

impl Device {
    /// Creates a device from a stored user agent and address.
    pub fn new(user_agent: impl Into<String>, address: Option<IpAddr>) -> Self {
        Self {
            user_agent: user_agent.into(),
            address,
        }
    }

    /// Returns the device that sent a request.
    #[must_use]
    pub fn from_request(head: &RequestHead) -> Self {
        let user_agent = head.headers().get(http::header::USER_AGENT);
        let user_agent = user_agent
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .unwrap_or_default();
        Self {
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_USER_AGENT_CHARS)
                .collect(),
            address: head.client_addr(),
        }
    }
}
