//! The error of a publication.

use std::error::Error as StdError;
use std::fmt;

use mizan_core::adapter::EncodeError;

use crate::broker::BrokerError;

/// The error of a message that could not be published.
#[derive(Debug)]
pub struct PublishError {
    source: Box<dyn StdError + Send + Sync>,
    may_have_happened: bool,
}

impl PublishError {
    pub(crate) fn encoding(source: EncodeError) -> Self {
        Self {
            source: Box::new(source),
            may_have_happened: false,
        }
    }

    pub(crate) fn broker(source: BrokerError) -> Self {
        Self {
            may_have_happened: !source.is_unsent(),
            source: Box::new(source),
        }
    }

    /// Returns whether the message may still have been published, for example because the connection broke
    /// before the broker's response arrived.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.may_have_happened
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.may_have_happened {
            "publishing failed; the message may still have been published"
        } else {
            "publishing failed"
        })
    }
}

impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
