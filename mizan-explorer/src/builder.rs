//! The settings of an explorer.

use std::fmt;

use mizan_codegen::Manifest;
use mizan_core::{App, Error, Principal};
use mizan_http::AllowedHosts;

use crate::error::{ExplorerBuildError, ExplorerBuildErrorKind};
use crate::explored::Explored;
use crate::layer::Explorer;
#[cfg(feature = "mailbox")]
use crate::mailbox::Mailbox;
use crate::principals::{TestPrincipal, TestPrincipals};
use crate::site;

/// A builder of an [`Explorer`], created by [`Explorer::builder`].
///
/// ```
/// use mizan_core::{Identity, Registry};
/// use mizan_explorer::Explorer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Registry::new().build()?;
/// let explorer = Explorer::builder(app)
///     .test_principal("member", Identity::new("1"))
///     .test_principal("staff", Identity::new("2").staff())
///     .build()?;
/// assert!(explorer.is_enabled());
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ExplorerBuilder {
    app: App,
    enabled: bool,
    hosts: AllowedHosts,
    allows_remote_clients: bool,
    api_path: String,
    principals: TestPrincipals,
    #[cfg(feature = "mailbox")]
    mailbox: Option<Mailbox>,
}

impl Explorer {
    /// Returns a builder of an explorer of `app`.
    pub fn builder(app: App) -> ExplorerBuilder {
        ExplorerBuilder {
            app,
            enabled: cfg!(debug_assertions),
            hosts: AllowedHosts::local(),
            allows_remote_clients: false,
            api_path: "/api/mizan".to_owned(),
            principals: TestPrincipals::default(),
            #[cfg(feature = "mailbox")]
            mailbox: None,
        }
    }
}

impl ExplorerBuilder {
    /// Adds a principal as which the page may call functions.
    ///
    /// Without test principals, it calls functions only as an anonymous caller.
    pub fn test_principal(
        mut self,
        name: impl Into<String>,
        principal: impl Into<Principal>,
    ) -> Self {
        self.principals.add(TestPrincipal::new(name, principal));
        self
    }

    /// Sets a function that returns further test principals each time that the page needs them, such as accounts of
    /// the database.
    pub fn load_test_principals<F>(mut self, load: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<TestPrincipal>, Error>> + Send + 'static,
    {
        self.principals.set_load(load);
        self
    }

    /// Shows the mails that `mailbox` received.
    #[cfg(feature = "mailbox")]
    #[cfg_attr(docsrs, doc(cfg(feature = "mailbox")))]
    pub fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = Some(mailbox);
        self
    }

    /// Sets the path at which the application serves its functions, for the requests that the page shows. The default
    /// is `/api/mizan`.
    pub fn api_path(mut self, path: impl Into<String>) -> Self {
        self.api_path = path.into();
        self
    }

    /// Sets the hosts for which the explorer answers. The default is [`AllowedHosts::local`]: `localhost` and loopback
    /// addresses.
    pub fn hosts(mut self, hosts: AllowedHosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Answers clients on other computers too. By default, the explorer refuses requests whose
    /// [peer](mizan_http::PeerAddr) has no loopback address or is unknown, and those that a proxy has forwarded.
    ///
    /// A server in a container needs it, because its clients connect from the address of the host.
    pub fn allow_remote_clients(mut self) -> Self {
        self.allows_remote_clients = true;
        self
    }

    /// Sets whether there is an explorer. The default is `true` in a build with debug assertions, otherwise `false`.
    ///
    /// A disabled explorer passes all requests to the application. An explorer that is enabled in production shows the
    /// interface of the application and its mails to everyone who can reach it, and lets them act as test principals.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Builds the explorer. If it is enabled, starts a render thread for its page.
    ///
    /// # Errors
    ///
    /// Returns [`ExplorerBuildError`] if the page or its thread cannot be created.
    pub fn build(self) -> Result<Explorer, ExplorerBuildError> {
        if !self.enabled {
            return Ok(Explorer::disabled());
        }
        let manifest = Manifest::parse(&self.app.manifest().to_string())
            .map_err(ExplorerBuildErrorKind::Manifest)?;
        #[cfg(feature = "mailbox")]
        let mails = self.mailbox.as_ref().map(Mailbox::keep);
        #[cfg(not(feature = "mailbox"))]
        let mails = None;
        let explored = Explored {
            app: self.app,
            manifest,
            principals: self.principals,
            api_path: self.api_path,
            mails,
        };
        let router = site::router(explored, self.hosts)?;
        Ok(Explorer::enabled(router, self.allows_remote_clients))
    }
}

impl fmt::Debug for ExplorerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplorerBuilder")
            .field("enabled", &self.enabled)
            .field("hosts", &self.hosts)
            .field("principals", &self.principals)
            .finish_non_exhaustive()
    }
}
