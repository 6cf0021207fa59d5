//! Versions of functions and channels, identified by their contracts.

use std::collections::HashMap;
use std::panic::Location;

use crate::channel::ChannelEntry;
use crate::error::{Error, ErrorCode};
use crate::function::FunctionEntry;

/// The length of the contract of a function or channel, in bytes before hexadecimal encoding.
///
/// A contract distinguishes the versions of one function, so 32 bits are enough.
pub(crate) const CONTRACT_BYTES: usize = 4;

/// Returns `true` if the text has the form of the contract of a function or channel.
pub(crate) fn is_contract(text: &str) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * CONTRACT_BYTES && text.bytes().all(is_digit)
}

/// A version of a function or channel whose clients are refused.
#[derive(Clone, Debug)]
pub(crate) struct Retired {
    pub(crate) name: String,
    pub(crate) contract: String,
    pub(crate) at: &'static Location<'static>,
}

/// The earlier versions of functions and channels.
#[derive(Default)]
pub(crate) struct Versions {
    previous: HashMap<&'static str, Vec<FunctionEntry>>,
    retired: HashMap<String, Vec<String>>,
}

impl Versions {
    pub(crate) fn add_previous(&mut self, function: FunctionEntry) {
        self.previous
            .entry(function.name)
            .or_default()
            .push(function);
    }

    pub(crate) fn add_retired(&mut self, Retired { name, contract, .. }: Retired) {
        self.retired.entry(name).or_default().push(contract);
    }

    /// Returns the version of a function that serves a client with this contract.
    pub(crate) fn resolve_function<'a>(
        &'a self,
        name: &str,
        current: Option<&'a FunctionEntry>,
        contract: Option<&str>,
    ) -> (ClientVersion, Result<&'a FunctionEntry, Error>) {
        let previous = self.previous.get(name).map_or(&[][..], Vec::as_slice);
        let mut known = current.into_iter().chain(previous);
        if let Some(contract) = contract
            && let Some(function) = known.find(|function| function.contract == contract)
        {
            return (ClientVersion::Current, Ok(function));
        }
        let client = ClientVersion::without_match(contract);
        let function = match contract {
            Some(contract) if self.is_retired(name, contract) => Err(outdated()),
            _ => current.or(previous.last()).ok_or_else(unknown_function),
        };
        (client, function)
    }

    /// Returns a channel for a client with this contract.
    pub(crate) fn resolve_channel<'a>(
        &self,
        name: &str,
        current: Option<&'a ChannelEntry>,
        contract: Option<&str>,
    ) -> (ClientVersion, Result<&'a ChannelEntry, Error>) {
        let client = match (current, contract) {
            (Some(channel), Some(contract)) if channel.contract == contract => {
                ClientVersion::Current
            }
            _ => ClientVersion::without_match(contract),
        };
        let channel = match contract {
            Some(contract) if self.is_retired(name, contract) => Err(outdated()),
            _ => current.ok_or_else(unknown_channel),
        };
        (client, channel)
    }

    fn is_retired(&self, name: &str, contract: &str) -> bool {
        let retired = self.retired.get(name);
        retired.is_some_and(|contracts| contracts.iter().any(|known| known == contract))
    }
}

fn unknown_function() -> Error {
    Error::new(
        ErrorCode::UnknownFunction,
        "there is no function with this name",
    )
}

const UNKNOWN_CHANNEL: &str = "unknown_channel";

fn unknown_channel() -> Error {
    Error::declared(UNKNOWN_CHANNEL, 404, "there is no channel of this name")
}

fn outdated() -> Error {
    Error::new(
        ErrorCode::OutdatedClient,
        "the page is older than the server: reload the page",
    )
}

/// The errors that a request of an outdated client can cause.
const REQUEST_ERRORS: [ErrorCode; 6] = [
    ErrorCode::Malformed,
    ErrorCode::UnknownFunction,
    ErrorCode::MethodNotAllowed,
    ErrorCode::OutdatedClient,
    ErrorCode::UnsupportedMediaType,
    ErrorCode::Invalid,
];

/// The relation of a client to the function or channel that it uses.
///
/// A client without a contract, such as `curl`, counts as current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientVersion {
    /// The client was generated from this version, or from one that the server still supports.
    Current,
    /// The client was generated from another version, which may be compatible.
    Changed,
}

impl ClientVersion {
    fn without_match(contract: Option<&str>) -> Self {
        match contract {
            Some(_) => Self::Changed,
            None => Self::Current,
        }
    }

    /// Returns `true` if the client is outdated, as an error with this code shows: the function is
    /// gone, or does not accept the request of this client any more.
    ///
    /// Another error, such as one that the function returned, does not make a client outdated.
    #[must_use]
    pub fn is_outdated_by(self, code: &str) -> bool {
        self == Self::Changed
            && (code == UNKNOWN_CHANNEL
                || REQUEST_ERRORS.iter().any(|known| known.as_str() == code))
    }
}
