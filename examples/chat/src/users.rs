//! The demo users and their sessions, which accounts will replace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cookie::{Cookie, SameSite};
use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::Authenticate;
use uuid::Uuid;

/// One of the demo users.
#[derive(Debug)]
pub struct User {
    /// What the user signs in with.
    pub id: &'static str,
    /// What the user is called.
    pub name: &'static str,
    /// Whether the user is staff.
    pub staff: bool,
    /// Whether the user may do everything.
    pub superuser: bool,
    /// Whether the user sees what is not for everybody yet.
    pub early_access: bool,
}

/// All there are.
pub static USERS: [User; 3] = [
    User {
        id: "member",
        name: "Member",
        staff: false,
        superuser: false,
        early_access: true,
    },
    User {
        id: "staff",
        name: "Staff",
        staff: true,
        superuser: false,
        early_access: false,
    },
    User {
        id: "superuser",
        name: "Superuser",
        staff: true,
        superuser: true,
        early_access: false,
    },
];

/// The user with this id.
pub fn find(id: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.id == id)
}

const COOKIE: &str = "chat_session";

/// More are refused, so that nobody fills the memory with them.
const MOST: usize = 10_000;

/// Who is signed in. Cloning is cheap, and the clones share the sessions.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<Uuid, &'static User>>>);

impl Sessions {
    /// Opens a session; the cookie carries it. Nothing where there are too many.
    pub fn open(&self, user: &'static User) -> Option<Cookie<'static>> {
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            return None;
        }
        let token = Uuid::new_v4();
        sessions.insert(token, user);
        Some(
            Cookie::build((COOKIE, token.to_string()))
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .build(),
        )
    }

    /// Closes the session of a request, if it has one.
    pub fn close(&self, head: &RequestHead) {
        if let Some(token) = token(head) {
            self.lock().remove(&token);
        }
    }

    /// Takes the cookie away from the browser.
    pub fn removal(&self) -> Cookie<'static> {
        let mut cookie = Cookie::build((COOKIE, "")).path("/").build();
        cookie.make_removal();
        cookie
    }

    /// How many sessions are open.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, &'static User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(head: &RequestHead) -> Option<Uuid> {
    head.cookie(COOKIE)?.value().parse().ok()
}

impl Authenticate for Sessions {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let user = token(head).and_then(|token| self.lock().get(&token).copied());
        Ok(user.map_or_else(Principal::anonymous, |user| {
            let identity = Identity::new(user.id);
            let identity = if user.staff {
                identity.staff()
            } else {
                identity
            };
            let identity = if user.superuser {
                identity.superuser()
            } else {
                identity
            };
            identity.into()
        }))
    }
}
