use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Who a call is made for: nobody, or somebody with an [`Identity`].
///
/// Cloning is cheap: the identity is shared.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Principal(Option<Arc<Identity>>);

impl Principal {
    /// Nobody is signed in.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// The identity of whoever is signed in.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.0.as_deref()
    }

    /// The id of whoever is signed in.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.identity().map(Identity::id)
    }

    /// Whether anybody is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a member of staff is signed in.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.identity().is_some_and(Identity::is_staff)
    }

    /// Whether a superuser is signed in.
    #[must_use]
    pub fn is_superuser(&self) -> bool {
        self.identity().is_some_and(Identity::is_superuser)
    }

    /// Whether whoever is signed in may do what `permission` names.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.identity()
            .is_some_and(|identity| identity.has_permission(permission))
    }

    /// Whether whoever is signed in belongs to the group of this name.
    #[must_use]
    pub fn is_in_group(&self, group: &str) -> bool {
        self.identity()
            .is_some_and(|identity| identity.is_in_group(group))
    }

    /// Whether whoever is signed in proved who they are a short while ago.
    #[must_use]
    pub fn is_recent(&self) -> bool {
        self.identity().is_some_and(Identity::is_recent)
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

/// Somebody who is signed in.
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

/// How long a proof of who somebody is counts as recent, unless the identity says otherwise.
const RECENT_FOR: Duration = Duration::from_secs(5 * 60);

impl Identity {
    /// An ordinary user; `id` is whatever the application knows its users by.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            staff: false,
            superuser: false,
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
            authenticated_at: None,
            recent_for: RECENT_FOR,
            methods: Vec::new(),
            session: None,
        }
    }

    /// Makes this a member of staff.
    #[must_use]
    pub fn staff(mut self) -> Self {
        self.staff = true;
        self
    }

    /// Makes this a superuser, who is staff too and has every permission.
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

    /// Adds a group that the user belongs to, such as `editors`. A group gives no permission by
    /// itself: whoever makes the identity adds those too.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.insert(group.into());
        self
    }

    /// Says when and how this user proved who they are; `method` is a name of RFC 8176, such as
    /// `pwd` or `otp`. Each further call adds a method and moves the time.
    #[must_use]
    pub fn authenticated(mut self, at: SystemTime, method: impl Into<Cow<'static, str>>) -> Self {
        self.authenticated_at = Some(at);
        self.methods.push(method.into());
        self
    }

    /// Sets for how long a proof of who this user is counts as recent: 5 minutes without this.
    #[must_use]
    pub fn recent_for(mut self, duration: Duration) -> Self {
        self.recent_for = duration;
        self
    }

    /// Says which session this user comes with, by a public id and not by its token, so that ending
    /// the session ends what it opened.
    #[must_use]
    pub fn in_session(mut self, id: impl Into<String>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// What the application knows this user by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this is a member of staff; every superuser is one.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.staff || self.superuser
    }

    /// Whether this is a superuser.
    #[must_use]
    pub fn is_superuser(&self) -> bool {
        self.superuser
    }

    /// Whether this user may do what `permission` names; a superuser may do everything.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.superuser || self.permissions.contains(permission)
    }

    /// Whether this user belongs to the group of this name. Nobody belongs to one for being a
    /// superuser.
    #[must_use]
    pub fn is_in_group(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// Whether this user proved who they are a short while ago. A time that is yet to come is not
    /// recent.
    #[must_use]
    pub fn is_recent(&self) -> bool {
        let since = self.authenticated_at.map(|at| at.elapsed());
        matches!(since, Some(Ok(since)) if since <= self.recent_for)
    }

    /// What the session is called that the user is signed in with, where there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// When this user last proved who they are.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.authenticated_at
    }

    /// How this user proved who they are, in RFC 8176's names.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.iter().map(AsRef::as_ref)
    }
}
