//! The pages of the explorer, its functions and its files.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use mizan_core::{Error, Principal, RequestHead};
use mizan_http::response::ReplyBody;
use mizan_http::{AllowedHosts, Authenticate, MizanService};
use mizan_ssr::page::{STRICT_CSP, TrailingSlash};
use mizan_ssr::{Bundle, Pages, Renderer, Vite};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tower_service::Service as _;

use crate::error::ExplorerBuildErrorKind;
use crate::explored::Explored;
use crate::functions;
use crate::layer::PATH;
use crate::principals::TestPrincipals;

/// The pages with their browser files, which `cargo xtask explorer` builds from the folder `web`.
static BUNDLE: &[u8] = mizan_ssr::include_bundle!("../explorer.bundle");

const HEAD: &str = r#"<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><link rel="icon" href="/_mizan/files/favicon.svg" type="image/svg+xml">"#;

/// The state of the handlers.
#[derive(Clone)]
struct Site {
    /// The functions of the page.
    mizan: MizanService,
    /// The application's channels, for its test principals; `None` without channels.
    channels: Option<MizanService<TestPrincipals>>,
    pages: Pages,
}

/// Builds the router of the explorer, with paths that begin with [`PATH`].
pub(crate) fn router(
    explored: Explored,
    hosts: AllowedHosts,
) -> Result<Router, ExplorerBuildErrorKind> {
    let channels = explored.app.has_channels().then(|| {
        MizanService::builder(explored.app.clone())
            .authenticate(explored.principals.clone())
            .mount_path("")
            .build()
    });
    let channels = channels
        .transpose()
        .map_err(ExplorerBuildErrorKind::Service)?;
    let registry = functions::registry().state(explored);
    let app = registry
        .build()
        .map_err(ExplorerBuildErrorKind::Functions)?;
    let mizan = MizanService::builder(app)
        .mount_path(format!("{PATH}/api"))
        .build()
        .map_err(ExplorerBuildErrorKind::Service)?;

    let bundle = Bundle::embedded(BUNDLE).map_err(ExplorerBuildErrorKind::Bundle)?;
    let renderer = Renderer::embedded(&bundle)
        .threads(1)
        .build()
        .map_err(ExplorerBuildErrorKind::Renderer)?;
    let vite = Vite::embedded(&bundle).map_err(ExplorerBuildErrorKind::Pages)?;
    let files = vite.service().map_err(ExplorerBuildErrorKind::Pages)?;
    let pages = Pages::builder(renderer)
        .entry("src/main.tsx")
        .lang("en")
        .head(HEAD)
        .content_security_policy(STRICT_CSP)
        .trailing_slash(TrailingSlash::Always)
        .not_found("pages/NotFound.tsx")
        .build()
        .map_err(ExplorerBuildErrorKind::Pages)?;

    let api = mizan.clone();
    let site = Site {
        mizan,
        channels,
        pages,
    };
    let router = Router::new()
        .route(PATH, get(|| async { Redirect::permanent("/_mizan/") }))
        .route("/_mizan/", get(overview))
        .route("/_mizan/functions/{name}/", get(function))
        .route("/_mizan/channels/{name}/", get(channel))
        .route("/_mizan/access/", get(access))
        .route("/_mizan/mail/", get(mail))
        .route("/_mizan/ws", get(web_socket))
        .fallback(get(not_found))
        .with_state(site)
        .nest_service("/_mizan/api", api)
        .nest_service("/_mizan/files", files);
    Ok(router.layer(hosts))
}

type PageResult = Result<Response, Response<ReplyBody>>;

/// The list of everything that clients can call.
async fn overview(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Overview.tsx", &NoProps {}, request).await
}

/// A function, or the submission of a form.
async fn function(
    State(site): State<Site>,
    Path(name): Path<String>,
    request: Request,
) -> PageResult {
    site.page("pages/Function.tsx", &NameProps { name }, request)
        .await
}

/// A channel.
async fn channel(
    State(site): State<Site>,
    Path(name): Path<String>,
    request: Request,
) -> PageResult {
    site.page("pages/Channel.tsx", &NameProps { name }, request)
        .await
}

/// The table of callers.
async fn access(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Access.tsx", &NoProps {}, request).await
}

/// The mailbox.
async fn mail(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Mail.tsx", &NoProps {}, request).await
}

/// A WebSocket for the application's channels, as the test principal in the query of the URL.
async fn web_socket(State(site): State<Site>, mut request: Request) -> Response {
    let Some(mut channels) = site.channels else {
        let error = Error::not_found("the application has no channels");
        return mizan_http::response::problem(&error).into_response();
    };
    let query = request.uri().query().unwrap_or_default();
    if let Ok(uri) = format!("/ws?{query}").parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    // The session of the browser is not that of the test principal.
    request.headers_mut().remove(header::COOKIE);
    request.headers_mut().remove(header::AUTHORIZATION);
    let response = channels.call(request).await;
    response
        .unwrap_or_else(|never| match never {})
        .into_response()
}

/// The response for an unknown path.
async fn not_found(State(site): State<Site>, request: Request) -> PageResult {
    let caller = site.mizan.caller(&request).await?;
    let props = PageProps::new(&request, &NoProps {});
    let page = site
        .pages
        .fallback(&request)
        .props(&props)
        .functions(move |name, input| caller.call(name, input));
    Ok(private(page.respond().await.into_response()))
}

impl Site {
    /// Renders a page whose components call the functions of the explorer.
    async fn page(self, component: &str, props: &impl Serialize, request: Request) -> PageResult {
        let caller = self.mizan.caller(&request).await?;
        let props = PageProps::new(&request, props);
        let page = self
            .pages
            .page(component)
            .props(&props)
            .request(&request)
            .functions(move |name, input| caller.call(name, input));
        Ok(private(page.respond().await.into_response()))
    }
}

/// Hides the URL of the page from the sites to which the page links.
fn private(mut response: Response) -> Response {
    let policy = HeaderValue::from_static("no-referrer");
    response
        .headers_mut()
        .insert(header::REFERRER_POLICY, policy);
    response
}

/// The props of all pages, which the layout receives too.
#[derive(Serialize)]
struct PageProps<'a, P> {
    path: String,
    #[serde(flatten)]
    props: &'a P,
}

impl<'a, P> PageProps<'a, P> {
    fn new(request: &Request, props: &'a P) -> Self {
        Self {
            path: request.uri().path().to_owned(),
            props,
        }
    }
}

#[derive(Serialize)]
struct NameProps {
    name: String,
}

#[derive(Serialize)]
struct NoProps {}

/// Authenticates WebSockets as the test principal that the parameter `principal` of the URL names.
impl Authenticate for TestPrincipals {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let mut parameters = head.uri().query().unwrap_or_default().split('&');
        let name = parameters.find_map(|parameter| parameter.strip_prefix("principal="));
        let name = name.map(|name| percent_decode_str(name).decode_utf8_lossy());
        self.find(name.as_deref()).await
    }
}
