use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// A failure that is likely to pass by itself: a database that is locked or restarts, a disk that is full.
///
/// An error type that has this among its sources becomes [`ErrorCode::Unavailable`](crate::ErrorCode::Unavailable)
/// through `?`, with a `Retry-After`, and any other becomes [`ErrorCode::Internal`](crate::ErrorCode::Internal).
/// Both are logged with their sources, under an id that the client gets.
///
/// ```
/// use std::time::Duration;
/// use mizan_core::{Error, ErrorCode, Unavailable};
///
/// fn read(locked: bool) -> Result<(), Error> {
///     if locked {
///         Err(Unavailable::new("the database is locked").retry_after(Duration::from_secs(2)))?;
///     }
///     Ok(())
/// }
/// let error = read(true).unwrap_err();
/// assert_eq!(error.code(), ErrorCode::Unavailable.as_str());
/// assert_eq!(error.wait(), Some(Duration::from_secs(2)));
/// ```
pub struct Unavailable {
    source: Box<dyn StdError + Send + Sync>,
    retry_after: Duration,
}

impl Unavailable {
    /// A failure with this cause, after which a client waits a second before it tries again.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            retry_after: Duration::from_secs(1),
        }
    }

    /// Tells clients to wait this long before they try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }

    /// Finds the first `Unavailable` in an error and its sources, and returns how long to wait.
    pub(crate) fn wait_of(error: &(dyn StdError + 'static)) -> Option<Duration> {
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
    use crate::{Error, ErrorCode, ErrorKind};

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
    fn an_error_with_a_temporary_cause_is_unavailable() {
        let temporary = Unavailable::new("the disk is full").retry_after(Duration::from_secs(3));
        let error = Error::from(Wrapped(temporary.into())).logged("sign_in");
        assert_eq!(error.kind(), ErrorKind::Common(ErrorCode::Unavailable));
        assert_eq!(error.wait(), Some(Duration::from_secs(3)));
        assert!(error.id().is_some(), "it is logged under an id");
        assert!(!error.message().contains("disk"));
        assert!(format!("{error:?}").contains("the disk is full"));
    }

    #[test]
    fn an_error_with_another_cause_is_internal() {
        let error = Error::from(Wrapped("there is no such table".into()));
        assert_eq!(error.kind(), ErrorKind::Common(ErrorCode::Internal));
        assert_eq!(error.wait(), None);
    }

    #[test]
    fn an_unavailable_server_without_a_cause_is_not_logged() {
        let error = Error::new(ErrorCode::Unavailable, "too many calls").logged("sign_in");
        assert_eq!(error.id(), None);
    }
}
