use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use ipnet::IpNet;
use mizan_core::App;
use tower_service::Service;

use crate::body::ReplyBody;
use crate::body_budget::BodyBudget;
use crate::call::Calls;
use crate::caller::Caller;
use crate::client_addr::{ClientAddrs, ForwardedHeader};
use crate::config::ConfigErrorKind;
use crate::endpoint::Endpoint;
#[cfg(feature = "channels")]
use crate::share::Budget;
use crate::sites::Sites;
use crate::{Anonymous, Authenticate, ConfigError, Limits};

/// An app as a [`tower_service::Service`], for any server that speaks `http` types.
///
/// It answers under its mount path, `/api/mizan` unless the builder says otherwise. A router that
/// takes the mount path off, as axum's `nest_service` does, may call it too. Cloning is cheap.
///
/// ```
/// # use mizan_core::{BuildError, Registry};
/// use mizan_http::MizanService;
///
/// # fn main() -> Result<(), BuildError> {
/// let app = Registry::new().build()?;
/// let router: axum::Router =
///     axum::Router::new().nest_service("/api/mizan", MizanService::new(app));
/// # Ok(())
/// # }
/// ```
pub struct MizanService<A = Anonymous>(pub(crate) Arc<Endpoint<A>>);

impl MizanService {
    /// Serves `app` to everybody alike, with the default limits.
    ///
    /// # Panics
    ///
    /// Where the app has channels and no `mizan_channels::Channels` among its state.
    #[must_use]
    pub fn new(app: App) -> Self {
        match Builder::new(app).build() {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Begins a service that knows its users, its origins, its proxies or other limits.
    pub fn builder(app: App) -> Builder {
        Builder::new(app)
    }
}

impl<A> MizanService<A> {
    /// Finds out who makes a request that is not a call, to call functions in their name: for a page
    /// that is rendered on the server.
    ///
    /// The request's head is copied at once, so that its body stays for whoever reads it.
    ///
    /// # Errors
    ///
    /// Where [`Authenticate`] fails, the response that says so, as problem details.
    pub fn caller<B>(
        &self,
        request: &Request<B>,
    ) -> impl Future<Output = Result<Caller, Response<ReplyBody>>> + use<A, B>
    where
        A: Authenticate,
    {
        Arc::clone(&self.0).caller(request)
    }

    /// Waits until no call runs, mutations whose callers are gone included: the last thing before
    /// the program ends. Calls that come meanwhile are answered with 503.
    pub async fn idle(&self) {
        self.0.calls.idle().await;
    }
}

impl<A> Clone for MizanService<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> fmt::Debug for MizanService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MizanService")
            .field(self.0.calls.app())
            .finish()
    }
}

impl<A, B> Service<Request<B>> for MizanService<A>
where
    A: Authenticate,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<ReplyBody>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(Arc::clone(&self.0).answer(request).map(Ok))
    }
}

/// Puts a [`MizanService`] together.
#[must_use]
pub struct Builder<A = Anonymous> {
    app: App,
    authenticate: A,
    limits: Limits,
    mount_path: String,
    upload_dir: Option<PathBuf>,
    public_origins: Vec<String>,
    trusted_proxies: Vec<IpNet>,
    forwarded_header: ForwardedHeader,
}

impl Builder {
    fn new(app: App) -> Self {
        Self {
            app,
            authenticate: Anonymous,
            limits: Limits::default(),
            mount_path: "/api/mizan".to_owned(),
            upload_dir: None,
            public_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
        }
    }
}

impl<A: Authenticate> Builder<A> {
    /// Finds out with `authenticate` who makes a request; without it, everybody is anonymous.
    pub fn authenticate<N: Authenticate>(self, authenticate: N) -> Builder<N> {
        Builder {
            app: self.app,
            authenticate,
            limits: self.limits,
            mount_path: self.mount_path,
            upload_dir: self.upload_dir,
            public_origins: self.public_origins,
            trusted_proxies: self.trusted_proxies,
            forwarded_header: self.forwarded_header,
        }
    }

    /// Sets limits other than the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers under another path than `/api/mizan`.
    pub fn mount_path(mut self, path: impl Into<String>) -> Self {
        self.mount_path = path.into();
        self
    }

    /// Puts uploads into this folder until their call is over, instead of the system's one for
    /// temporary files. That is in memory on some systems, and may be small.
    ///
    /// The files have no names in it, so that nothing is left there by a process that is killed.
    pub fn upload_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.upload_dir = Some(path.into());
        self
    }

    /// Takes requests that pages of `origin` make, such as `https://example.com`.
    ///
    /// Pages of the origin that a request goes to need no mention, unless a proxy changes the
    /// `Host` header and some users' browsers are from before 2023 (no `Sec-Fetch-Site`).
    pub fn public_origin(mut self, origin: impl Into<String>) -> Self {
        self.public_origins.push(origin.into());
        self
    }

    /// Believes what proxies at `addresses` say of where a request came from.
    pub fn trusted_proxies(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies.extend(addresses);
        self
    }

    /// Reads another header than `X-Forwarded-For` for what the trusted proxies say.
    ///
    /// ```
    /// use mizan_core::Registry;
    /// use mizan_http::{ForwardedHeader, MizanService};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = MizanService::builder(Registry::new().build()?)
    ///     .trusted_proxies(["10.0.0.0/8".parse()?])
    ///     .forwarded_header(ForwardedHeader::Forwarded)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn forwarded_header(mut self, header: ForwardedHeader) -> Self {
        self.forwarded_header = header;
        self
    }

    /// Finishes the service.
    ///
    /// # Errors
    ///
    /// An origin or a mount path that cannot be one, a folder for uploads that is not there, and channels
    /// that nothing runs.
    pub fn build(self) -> Result<MizanService<A>, ConfigError> {
        let path = &self.mount_path;
        if !(path.is_empty() || path.starts_with('/') && !path.ends_with('/')) {
            let kind = ConfigErrorKind::MountPath(self.mount_path);
            return Err(ConfigError { kind });
        }
        #[cfg(feature = "channels")]
        if self.app.has_channels() && self.app.state::<mizan_channels::Channels>().is_none() {
            let kind = ConfigErrorKind::NoChannels;
            return Err(ConfigError { kind });
        }
        let sites = Sites::new(self.public_origins).map_err(|origin| ConfigError {
            kind: ConfigErrorKind::Origin(origin),
        })?;
        let upload_dir = match self.upload_dir {
            Some(path) if !path.is_dir() => {
                let kind = ConfigErrorKind::UploadDir(path);
                return Err(ConfigError { kind });
            }
            Some(path) => path,
            None => std::env::temp_dir(),
        };
        Ok(MizanService(Arc::new(Endpoint {
            calls: Arc::new(Calls::new(self.app, &self.limits)),
            authenticate: self.authenticate,
            sites,
            bodies: BodyBudget::new(&self.limits),
            #[cfg(feature = "channels")]
            sockets: Budget::new(u64::MAX, self.limits.sockets_per_client as u64),
            limits: self.limits,
            mount_path: self.mount_path,
            upload_dir: upload_dir.into(),
            client_addrs: ClientAddrs::new(self.trusted_proxies, self.forwarded_header),
        })))
    }
}

impl<A> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
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
