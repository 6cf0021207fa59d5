//! The builder of a service.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ipnet::IpNet;
use mizan_core::App;

use super::config_error::{HttpConfigError, HttpConfigErrorKind};
use super::limits::HttpLimits;
use super::mizan_service::MizanService;
use super::state::ServiceState;
use crate::authenticate::{Anonymous, Authenticate};
use crate::body::body_budget::BodyBudget;
use crate::calls::runner::CallRunner;
#[cfg(feature = "channels")]
use crate::channel_connection::permissions::reauthorize_changed_users;
#[cfg(feature = "channels")]
use crate::channel_events::EventConnections;
use crate::client_address::{ClientAddressResolver, ForwardedHeader};
use crate::client_budget::Budget;
use crate::cross_origin::CrossOriginPolicy;
#[cfg(feature = "openapi")]
use crate::documents::Documents;
use crate::streaming::active::ActiveStreams;
#[cfg(feature = "channels")]
use crate::streaming::resumable::kept_logs::KeptLogs;

impl MizanService {
    /// Creates a service with the default settings, in which all clients are anonymous.
    ///
    /// # Panics
    ///
    /// Panics if the app has channels and its state contains no `mizan_channels::Channels`.
    #[must_use]
    pub fn new(app: App) -> Self {
        match Self::builder(app).build() {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns a builder for a service with authentication, public origins, trusted proxies or other
    /// limits.
    pub fn builder(app: App) -> MizanServiceBuilder {
        MizanServiceBuilder {
            app,
            authenticator: Anonymous,
            limits: HttpLimits::default(),
            mount_path: "/api/mizan".to_owned(),
            upload_dir: None,
            server_timing: false,
            public_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            #[cfg(feature = "openapi")]
            openapi: None,
        }
    }
}

/// A builder of a [`MizanService`].
///
/// ```
/// use mizan_core::App;
/// use mizan_http::service::HttpConfigError;
/// use mizan_http::{Authenticate, MizanService};
///
/// fn service<A: Authenticate>(app: App, users: A) -> Result<MizanService<A>, HttpConfigError> {
///     MizanService::builder(app)
///         .authenticate(users)
///         .public_origin("https://example.com")
///         .build()
/// }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct MizanServiceBuilder<A = Anonymous> {
    app: App,
    authenticator: A,
    limits: HttpLimits,
    mount_path: String,
    upload_dir: Option<PathBuf>,
    server_timing: bool,
    public_origins: Vec<String>,
    trusted_proxies: Vec<IpNet>,
    forwarded_header: ForwardedHeader,
    #[cfg(feature = "openapi")]
    openapi: Option<mizan_openapi::Options>,
}

impl<A: Authenticate> MizanServiceBuilder<A> {
    /// Authenticates each request with `authenticator`. Without one, all clients are anonymous.
    pub fn authenticate<N: Authenticate>(self, authenticator: N) -> MizanServiceBuilder<N> {
        MizanServiceBuilder {
            app: self.app,
            authenticator,
            limits: self.limits,
            mount_path: self.mount_path,
            upload_dir: self.upload_dir,
            server_timing: self.server_timing,
            public_origins: self.public_origins,
            trusted_proxies: self.trusted_proxies,
            forwarded_header: self.forwarded_header,
            #[cfg(feature = "openapi")]
            openapi: self.openapi,
        }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the path below which the service answers. `/api/mizan` by default.
    pub fn mount_path(mut self, path: impl Into<String>) -> Self {
        self.mount_path = path.into();
        self
    }

    /// Sets the directory for uploaded files, which are deleted when their call ends.
    ///
    /// By default, it is the system's directory for temporary files, which is small or in memory on some
    /// systems. The files have no names in the directory, so none remain if the process is killed.
    pub fn upload_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.upload_dir = Some(path.into());
        self
    }

    /// Adds a `Server-Timing` header with the durations of the steps of a call, which browsers show in their
    /// developer tools. Off by default.
    ///
    /// Use it in development: durations can reveal to a client which data exists.
    pub fn server_timing(mut self, enabled: bool) -> Self {
        self.server_timing = enabled;
        self
    }

    /// Accepts cross-origin requests from pages of `origin`, such as `https://example.com`.
    ///
    /// Pages of the service's own origin need no such setting, unless a proxy changes the `Host` header
    /// and the service has to support browsers from before 2023, which send no `Sec-Fetch-Site`.
    pub fn public_origin(mut self, origin: impl Into<String>) -> Self {
        self.public_origins.push(origin.into());
        self
    }

    /// Trusts proxies at `addresses` to name the client that a request comes from.
    pub fn trusted_proxies(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies.extend(addresses);
        self
    }

    /// Sets the header in which trusted proxies name the client. `X-Forwarded-For` by default.
    ///
    /// ```
    /// use mizan_core::Registry;
    /// use mizan_http::MizanService;
    /// use mizan_http::client_address::ForwardedHeader;
    ///
    /// fn service() -> Result<MizanService, Box<dyn std::error::Error>> {
    ///     let service = MizanService::builder(Registry::new().build()?)
    ///         .trusted_proxies(["10.0.0.0/8".parse()?])
    ///         .forwarded_header(ForwardedHeader::Forwarded)
    ///         .build()?;
    ///     Ok(service)
    /// }
    /// ```
    pub fn forwarded_header(mut self, header: ForwardedHeader) -> Self {
        self.forwarded_header = header;
        self
    }

    /// Serves the OpenAPI document of the app at `openapi.json` below the mount path.
    ///
    /// The document lists all functions with their arguments, errors and policies, and every client can
    /// read it. Without this setting, there is no document.
    ///
    /// ```
    /// use mizan_core::Registry;
    /// use mizan_http::MizanService;
    /// use mizan_openapi::Options;
    ///
    /// fn service() -> Result<MizanService, Box<dyn std::error::Error>> {
    ///     let service = MizanService::builder(Registry::new().build()?)
    ///         .openapi(Options::default().title("Blog"))
    ///         .build()?;
    ///     Ok(service)
    /// }
    /// ```
    #[cfg(feature = "openapi")]
    #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
    pub fn openapi(mut self, options: mizan_openapi::Options) -> Self {
        self.openapi = Some(options);
        self
    }

    /// Builds the service.
    ///
    /// # Errors
    ///
    /// Returns an error if an origin or the mount path is invalid, if the upload directory does not
    /// exist, or if the app has channels and its state contains no `mizan_channels::Channels`.
    pub fn build(self) -> Result<MizanService<A>, HttpConfigError> {
        let path = &self.mount_path;
        if !(path.is_empty() || path.starts_with('/') && !path.ends_with('/')) {
            return Err(HttpConfigErrorKind::MountPath(self.mount_path).into());
        }
        #[cfg(feature = "channels")]
        if self.app.has_channels() && self.app.state::<mizan_channels::Channels>().is_none() {
            return Err(HttpConfigErrorKind::ChannelsMissing.into());
        }
        if has_resumable_stream(&self.app) && !has_broker(&self.app) {
            return Err(HttpConfigErrorKind::ResumableWithoutBroker.into());
        }
        let cross_origin =
            CrossOriginPolicy::new(self.public_origins).map_err(HttpConfigErrorKind::Origin)?;
        let upload_dir = match self.upload_dir {
            Some(path) if !path.is_dir() => return Err(HttpConfigErrorKind::UploadDir(path).into()),
            Some(path) => path,
            None => std::env::temp_dir(),
        };
        #[cfg(feature = "openapi")]
        let documents = match self.openapi {
            Some(options) => Documents::new(self.app.manifest(), options, &self.mount_path),
            None => Documents::default(),
        };
        #[cfg(feature = "channels")]
        if let Some(channels) = self.app.state() {
            reauthorize_changed_users(channels, &self.authenticator);
        }
        Ok(MizanService(Arc::new(ServiceState {
            calls: Arc::new(CallRunner::new(self.app, &self.limits)),
            authenticator: self.authenticator,
            cross_origin,
            bodies: BodyBudget::new(&self.limits),
            downloads: Budget::new(
                self.limits.max_downloads as u64,
                self.limits.max_downloads_per_client as u64,
            ),
            streams: Arc::new(ActiveStreams::new(&self.limits)),
            #[cfg(feature = "channels")]
            kept_logs: KeptLogs::new(&self.limits),
            #[cfg(feature = "channels")]
            websockets: Budget::per_client(self.limits.max_websockets_per_client),
            #[cfg(feature = "channels")]
            event_connections: EventConnections::default(),
            limits: self.limits,
            mount_path: self.mount_path,
            upload_dir: upload_dir.into(),
            server_timing: self.server_timing,
            client_addresses: ClientAddressResolver::new(
                self.trusted_proxies,
                self.forwarded_header,
            ),
            #[cfg(feature = "openapi")]
            documents,
        })))
    }
}

fn has_resumable_stream(app: &App) -> bool {
    let functions = app.manifest().as_json()["functions"].as_array();
    let mut functions = functions.into_iter().flatten();
    functions.any(|function| function["stream"]["resumable"] == true)
}

#[cfg(feature = "channels")]
fn has_broker(app: &App) -> bool {
    app.state::<mizan_channels::Channels>().is_some()
}

#[cfg(not(feature = "channels"))]
fn has_broker(_: &App) -> bool {
    false
}

impl<A> fmt::Debug for MizanServiceBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MizanServiceBuilder")
            .field("app", &self.app)
            .field("limits", &self.limits)
            .field("mount_path", &self.mount_path)
            .field("upload_dir", &self.upload_dir)
            .field("public_origins", &self.public_origins)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("forwarded_header", &self.forwarded_header)
            .finish_non_exhaustive()
    }
}
