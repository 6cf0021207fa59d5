//! Callers and their identities.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The caller of a function: anonymous, or signed in with an [`Identity`].
///
/// Cloning it is cheap.
///
/// ```
/// use mizan_core::{Identity, Principal};
///
/// assert!(!Principal::anonymous().is_signed_in());
/// let principal = Principal::from(Identity::new("42").group("editors"));
/// assert_eq!(principal.id(), Some("42"));
/// assert!(principal.is_in_group("editors"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Principal(Option<Arc<Identity>>);

impl Principal {
    /// Returns a caller who is not signed in.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Returns the identity of a signed-in caller.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.0.as_deref()
    }

    /// Returns the id of a signed-in caller.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.identity().map(Identity::id)
    }

    /// Returns `true` if the caller is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.0.is_some()
    }

    /// Returns `true` if the caller is a member of staff or a superuser.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.identity().is_some_and(Identity::is_staff)
    }

    /// Returns `true` if the caller is a superuser.
    #[must_use]
    pub fn is_superuser(&self) -> bool {
        self.identity().is_some_and(Identity::is_superuser)
    }

    /// Returns `true` if the caller has this permission.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.identity()
            .is_some_and(|identity| identity.has_permission(permission))
    }

    /// Returns `true` if the caller is a member of this group.
    #[must_use]
    pub fn is_in_group(&self, group: &str) -> bool {
        self.identity()
            .is_some_and(|identity| identity.is_in_group(group))
    }

    /// Returns `true` if the caller authenticated a short time ago.
    #[must_use]
    pub fn is_recently_authenticated(&self) -> bool {
        self.identity()
            .is_some_and(Identity::is_recently_authenticated)
    }
}

impl From<Identity> for Principal {
    fn from(identity: Identity) -> Self {
        Self(Some(Arc::new(identity)))
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.identity() {
            Some(identity) => identity.fmt(f),
            None => f.write_str("Anonymous"),
        }
    }
}

/// A signed-in user.
///
/// ```
/// use mizan_core::{Identity, Principal};
///
/// let principal = Principal::from(Identity::new("42").staff().permission("posts.rename"));
/// assert_eq!(principal.id(), Some("42"));
/// assert!(principal.is_staff() && principal.has_permission("posts.rename"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    id: String,
    staff: bool,
    superuser: bool,
    permissions: BTreeSet<String>,
    groups: BTreeSet<String>,
    authenticated_at: Option<SystemTime>,
    recent_for: Duration,
    methods: Vec<Cow<'static, str>>,
    session: Option<String>,
}

/// The time for which an authentication counts as recent, unless the identity sets a different one.
const DEFAULT_RECENT_FOR: Duration = Duration::from_secs(5 * 60);

impl Identity {
    /// Creates a user with the application's id for the user, without permissions or groups.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            staff: false,
            superuser: false,
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
            authenticated_at: None,
            recent_for: DEFAULT_RECENT_FOR,
            methods: Vec::new(),
            session: None,
        }
    }

    /// Makes the user a member of staff.
    #[must_use]
    pub fn staff(mut self) -> Self {
        self.staff = true;
        self
    }

    /// Makes the user a superuser, who is also staff and has every permission.
    #[must_use]
    pub fn superuser(mut self) -> Self {
        self.superuser = true;
        self
    }

    /// Adds a permission, such as `posts.rename`.
    #[must_use]
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permissions.insert(permission.into());
        self
    }

    /// Adds a group that the user is a member of, such as `editors`.
    ///
    /// A group grants no permissions by itself. Add permissions with
    /// [`permission`](Self::permission).
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.insert(group.into());
        self
    }

    /// Sets the time of authentication, and adds its method: a name from RFC 8176, such as `pwd` or
    /// `otp`.
    ///
    /// A further call replaces the time and adds another method.
    #[must_use]
    pub fn authenticated(mut self, at: SystemTime, method: impl Into<Cow<'static, str>>) -> Self {
        self.authenticated_at = Some(at);
        self.methods.push(method.into());
        self
    }

    /// Sets the time for which an authentication counts as recent. The default is 5 minutes.
    #[must_use]
    pub fn recent_for(mut self, duration: Duration) -> Self {
        self.recent_for = duration;
        self
    }

    /// Sets the session of the user: its public id, not its token.
    ///
    /// When the session ends, its channel connections end as well.
    #[must_use]
    pub fn in_session(mut self, id: impl Into<String>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// Returns the application's id for the user.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns `true` if the user is a member of staff or a superuser.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.staff || self.superuser
    }

    /// Returns `true` if the user is a superuser.
    #[must_use]
    pub fn is_superuser(&self) -> bool {
        self.superuser
    }

    /// Returns `true` if the user has this permission. A superuser has every permission.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.superuser || self.permissions.contains(permission)
    }

    /// Returns `true` if the user is a member of this group. Superusers are not members implicitly.
    #[must_use]
    pub fn is_in_group(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// Returns `true` if the user authenticated a short time ago.
    ///
    /// A time of authentication in the future does not count as recent.
    #[must_use]
    pub fn is_recently_authenticated(&self) -> bool {
        let elapsed = self.authenticated_at.map(|at| at.elapsed());
        matches!(elapsed, Some(Ok(elapsed)) if elapsed <= self.recent_for)
    }

    /// Returns the public id of the user's session, if there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Returns the time of the last authentication.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.authenticated_at
    }

    /// Returns the authentication methods, as names from RFC 8176.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.iter().map(AsRef::as_ref)
    }
}
