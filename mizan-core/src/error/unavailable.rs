//! Temporary failures.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// A temporary failure, such as a locked database or a full disk.
///
/// If an error has an `Unavailable` among its sources, `?` converts it into an [`Error`](crate::Error)
/// with the code [`Unavailable`](crate::ErrorCode::Unavailable) and a `Retry-After` time. Other
/// errors become [`Internal`](crate::ErrorCode::Internal). Both kinds are logged with their sources
/// under an id that the client receives.
///
/// ```
/// use std::time::Duration;
///
/// use mizan_core::error::Unavailable;
/// use mizan_core::{Error, ErrorCode};
///
/// fn read(locked: bool) -> Result<(), Error> {
///     if locked {
///         let wait = Duration::from_secs(2);
///         Err(Unavailable::new("the database is locked").with_retry_after(wait))?;
///     }
///     Ok(())
/// }
///
/// let error = read(true).unwrap_err();
/// assert_eq!(error.code(), ErrorCode::Unavailable.as_str());
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
/// ```
pub struct Unavailable {
    source: Box<dyn StdError + Send + Sync>,
    retry_after: Duration,
}

impl Unavailable {
    /// Creates a temporary failure with this cause. Clients retry after one second.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            retry_after: Duration::from_secs(1),
        }
    }

    /// Sets the time after which clients retry.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }

    /// Returns the retry time of the first `Unavailable` in an error and its sources.
    pub(crate) fn find_retry_after(error: &(dyn StdError + 'static)) -> Option<Duration> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(unavailable) = error.downcast_ref::<Self>() {
                return Some(unavailable.retry_after);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("temporarily unavailable")
    }
}

impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unavailable({:?})", self.source)
    }
}

impl StdError for Unavailable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::{Error, ErrorCode};

    #[derive(Debug)]
    struct Wrapped(Box<dyn StdError + Send + Sync>);

    impl fmt::Display for Wrapped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the store failed")
        }
    }

    impl StdError for Wrapped {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&*self.0)
        }
    }

    #[test]
    fn converts_an_error_with_a_temporary_source_to_unavailable() {
        let temporary =
            Unavailable::new("the disk is full").with_retry_after(Duration::from_secs(3));
        let error = Error::from(Wrapped(temporary.into())).logged("sign_in");
        assert_eq!(error.kind(), ErrorKind::Common(ErrorCode::Unavailable));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        assert!(error.id().is_some(), "it is logged under an id");
        assert!(!error.message().contains("disk"));
        assert!(format!("{error:?}").contains("the disk is full"));
    }

    #[test]
    fn converts_other_errors_to_internal() {
        let error = Error::from(Wrapped("there is no such table".into()));
        assert_eq!(error.kind(), ErrorKind::Common(ErrorCode::Internal));
        assert_eq!(error.retry_after(), None);
    }

    #[test]
    fn does_not_log_unavailable_without_a_source() {
        let error = Error::new(ErrorCode::Unavailable, "too many calls").logged("sign_in");
        assert_eq!(error.id(), None);
    }
}
