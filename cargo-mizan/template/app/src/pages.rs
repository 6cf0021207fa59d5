//! The pages: rendered on the server, hydrated in the browser.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use mizan_auth::Accounts;
use mizan_http::response::ReplyBody;
use mizan_http::{FormPages, Health, MizanService};
use mizan_ssr::bundle::{BundleBuildError, BundleSummary, ViteBuild};
use mizan_ssr::page::{STRICT_CSP, TrailingSlash};
use mizan_ssr::vite::BrowserFilesService;
use mizan_ssr::{Bundle, Pages, Renderer, Vite};
use serde::{Deserialize, Serialize};
use tower_http::set_header::SetResponseHeaderLayer;

/// The source of components, scripts and style sheets.
pub enum Assets {
    /// The folder of the front end, with the output of `vite build` in `dist`.
    Built(PathBuf),
    /// The folder of the front end, and the origin of Vite's development server.
    DevServer(PathBuf, String),
    /// A bundle, which contains all of them.
    Bundle(Bundle),
}

/// Writes everything that the pages need to `file`.
///
/// # Errors
///
/// Returns an error if Vite's build fails or an import cannot be bundled.
pub fn bundle(web: &Path, file: &Path) -> Result<BundleSummary, BundleBuildError> {
    Bundle::builder()
        .root(web.join("src"))
        .pages("pages/*.tsx")
        .vite(ViteBuild::new(web))
        .build(file)
}

/// The renderer of the pages and the files for browsers.
pub struct SitePages {
    /// The renderer.
    pub renderer: Renderer,
    pages: Pages,
    files: BrowserFilesService,
}

impl SitePages {
    /// Starts the renderer.
    ///
    /// # Errors
    ///
    /// Returns an error that names the missing file.
    pub fn new(assets: Assets) -> anyhow::Result<Self> {
        let (vite, renderer) = match assets {
            Assets::Built(web) => {
                let vite = Vite::manifest(web.join("dist"))
                    .context("the pages are not built: run `npm run build` in `web`")?;
                (
                    vite.clone(),
                    Renderer::builder().root(web.join("src")).vite(vite),
                )
            }
            Assets::DevServer(web, origin) => {
                let vite = Vite::dev_server(origin).root(&web);
                let renderer = Renderer::builder().root(web.join("src"));
                (vite.clone(), renderer.vite(vite).development(true))
            }
            Assets::Bundle(bundle) => (Vite::embedded(&bundle)?, Renderer::embedded(&bundle)),
        };
        let files = vite.service()?;
        let renderer = renderer.check_components(["pages"]).build()?;
        let pages = Pages::builder(renderer.clone())
            .entry("src/main.tsx")
            .lang("en")
            .head(HEAD)
            .content_security_policy(STRICT_CSP)
            .trailing_slash(TrailingSlash::Always)
            .not_found("pages/NotFound.tsx")
            .error("pages/Error.tsx")
            .sign_in("/sign-in/")
            .build()?;
        Ok(Self {
            renderer,
            pages,
            files,
        })
    }
}

const HEAD: &str = r#"<meta name="color-scheme" content="light dark"><link rel="icon" href="/favicon.svg" type="image/svg+xml">"#;

/// The state of the handlers.
#[derive(Clone)]
struct Site {
    mizan: MizanService<Accounts>,
    pages: Pages,
}

/// Builds the router of functions, pages, files and health checks.
pub fn router(
    mizan: MizanService<Accounts>,
    pages: SitePages,
    health: Health,
) -> FormPages<Router, Accounts> {
    let site = Site {
        mizan: mizan.clone(),
        pages: pages.pages,
    };
    let router = Router::new()
        .route("/", get(home))
        .route("/account/", get(account))
        .route("/sign-in/", get(sign_in))
        .route("/sign-up/", get(sign_up))
        .route("/verify-email/", get(verify_email))
        .route("/forgot-password/", get(forgot_password))
        .route("/reset-password/", get(reset_password))
        .with_state(site.clone())
        .nest_service("/api/mizan", mizan.clone())
        .nest_service("/health", health)
        .fallback_service(pages.files.fallback(get(not_found).with_state(site)))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ));
    FormPages::new(router, mizan)
}

type PageResult = Result<Response, Response<ReplyBody>>;

async fn home(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Home.tsx", &NoProps {}, request).await
}

async fn account(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Account.tsx", &NoProps {}, request).await
}

async fn sign_in(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/SignIn.tsx", &NoProps {}, request).await
}

async fn sign_up(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/SignUp.tsx", &NoProps {}, request).await
}

/// The page for the code and for the link of a mail.
async fn verify_email(
    State(site): State<Site>,
    Query(props): Query<Link>,
    request: Request,
) -> PageResult {
    site.page("pages/VerifyEmail.tsx", &props, request).await
}

async fn forgot_password(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/ForgotPassword.tsx", &NoProps {}, request)
        .await
}

/// The page that the link in a mail opens.
async fn reset_password(
    State(site): State<Site>,
    Query(props): Query<Link>,
    request: Request,
) -> PageResult {
    site.page("pages/ResetPassword.tsx", &props, request).await
}

/// The response for an unknown path.
async fn not_found(State(site): State<Site>, request: Request) -> PageResult {
    let caller = site.mizan.caller(&request).await?;
    let page = site.pages.fallback(&request);
    let props = PageProps {
        path: request.uri().path(),
        props: &NoProps {},
    };
    let page = page
        .props(&props)
        .functions(move |name, input| caller.call(name, input));
    Ok(page.respond().await.into_response())
}

impl Site {
    /// Renders a page whose components call functions as the sender of the request.
    async fn page(self, component: &str, props: &impl Serialize, request: Request) -> PageResult {
        let caller = self.mizan.caller(&request).await?;
        let props = PageProps {
            path: request.uri().path(),
            props,
        };
        let page = self.pages.page(component).props(&props).request(&request);
        let page = page.functions(move |name, input| caller.call(name, input));
        Ok(page.respond().await.into_response())
    }
}

/// The props of all pages, which the layout receives too.
#[derive(Serialize)]
struct PageProps<'a, P> {
    path: &'a str,
    #[serde(flatten)]
    props: &'a P,
}

#[derive(Serialize)]
struct NoProps {}

/// The ticket or the token in a link.
#[derive(Deserialize, Serialize)]
struct Link {
    ticket: Option<String>,
    token: Option<String>,
}
