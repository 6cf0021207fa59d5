//! The principals as which a developer may try calls.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use mizan_core::{Error, Principal};

/// A principal as which the explorer may call functions, with the name under which its page lists it.
///
/// ```
/// use mizan_core::Identity;
/// use mizan_explorer::TestPrincipal;
///
/// let staff = TestPrincipal::new("staff", Identity::new("2").staff());
/// assert!(staff.principal().is_staff());
/// ```
#[derive(Clone, Debug)]
pub struct TestPrincipal {
    name: String,
    principal: Principal,
}

impl TestPrincipal {
    /// Creates a test principal.
    pub fn new(name: impl Into<String>, principal: impl Into<Principal>) -> Self {
        Self {
            name: name.into(),
            principal: principal.into(),
        }
    }

    /// Returns the name in the list.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the principal.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// The sources of the test principals.
#[derive(Clone, Default)]
pub(crate) struct TestPrincipals {
    listed: Vec<TestPrincipal>,
    load: Option<Load>,
}

type Load =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<TestPrincipal>, Error>> + Send + Sync + 'static>;

impl TestPrincipals {
    pub(crate) fn add(&mut self, principal: TestPrincipal) {
        self.listed.push(principal);
    }

    pub(crate) fn set_load<F>(&mut self, load: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Vec<TestPrincipal>, Error>> + Send + 'static,
    {
        self.load = Some(Arc::new(move || load().boxed()));
    }

    /// Returns all test principals.
    pub(crate) async fn all(&self) -> Result<Vec<TestPrincipal>, Error> {
        let mut all = self.listed.clone();
        if let Some(load) = &self.load {
            all.append(&mut load().await?);
        }
        Ok(all)
    }

    /// Returns the principal with this name. Without a name, the caller is anonymous.
    pub(crate) async fn find(&self, name: Option<&str>) -> Result<Principal, Error> {
        let Some(name) = name else {
            return Ok(Principal::anonymous());
        };
        let all = self.all().await?;
        let found = all.into_iter().find(|principal| principal.name == name);
        found.map(|found| found.principal).ok_or_else(|| {
            Error::forbidden("the application lists no test principal with this name")
        })
    }
}

impl fmt::Debug for TestPrincipals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPrincipals")
            .field("listed", &self.listed)
            .finish_non_exhaustive()
    }
}
