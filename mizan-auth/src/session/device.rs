use std::net::IpAddr;

use mizan_core::RequestHead;

/// What a session was opened from, as far as the request told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What the browser says of itself: at most 200 characters, none of control. For a person to
    /// recognise, and for nothing else: anybody can claim it.
    pub user_agent: String,
    /// The address of the client.
    pub address: Option<IpAddr>,
}

const MOST_CHARACTERS: usize = 200;

impl Device {
    /// The device that a request comes from.
    #[must_use]
    pub fn of(head: &RequestHead) -> Self {
        let user_agent = head.headers().get(http::header::USER_AGENT);
        let user_agent = user_agent
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .unwrap_or_default();
        Self {
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(MOST_CHARACTERS)
                .collect(),
            address: head.client_addr(),
        }
    }
}
