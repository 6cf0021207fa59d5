//! The pages: rendered on the server, hydrated in the browser.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Path as PathOf, Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use mizan_auth::Accounts;
use mizan_auth::accounts::Ticket;
use mizan_core::TraceId;
use mizan_core::wire::MAX_SAFE_INTEGER;
use mizan_http::response::ReplyBody;
use mizan_http::{FormPages, Health, MizanService};
use mizan_ssr::bundle::{BundleBuildError, BundleSummary, ViteBuild};
use mizan_ssr::page::{STRICT_CSP, TrailingSlash};
use mizan_ssr::prerender::{Prerender, PrerenderSummary};
use mizan_ssr::renderer::RendererBuilder;
use mizan_ssr::vite::BrowserFilesService;
use mizan_ssr::{Bundle, Pages, Renderer, Vite};
use serde::{Deserialize, Deserializer, Serialize};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::room_list::ROOMS;

/// The state of the page handlers.
#[derive(Clone)]
struct Site {
    mizan: MizanService<Accounts>,
    pages: Pages,
}

/// The source of the components, scripts and style sheets.
pub enum Assets {
    /// The folder of the front end, with the output of `vite build` in `dist`.
    Built(PathBuf),
    /// The folder of the front end, and the Vite dev server at this origin. The renderer reloads changed files.
    DevServer(PathBuf, String),
    /// A bundle; see [`bundle`].
    Bundle(Bundle),
}

/// Writes everything that the pages need to `file`, from the folder of the front end.
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

/// The renderer of the pages, and the static files.
pub struct SitePages {
    /// The renderer.
    pub renderer: Renderer,
    pages: Pages,
    vite: Vite,
    files: BrowserFilesService,
}

/// Writes the static pages and the pages at `paths` to `directory`, as a visitor sees them.
///
/// # Errors
///
/// Returns an error if a page depends on the visitor, or if a file cannot be read or written.
pub async fn prerender(
    mizan: MizanService<Accounts>,
    assets: Assets,
    directory: &Path,
    paths: Vec<String>,
) -> anyhow::Result<PrerenderSummary> {
    let pages = pages(assets)?;
    let vite = pages.vite.clone();
    let summary = Prerender::new(site(mizan, pages, Health::new()))
        .paths(STATIC_PATHS)
        .paths(ROOMS.map(|room| format!("/rooms/{room}/")))
        .paths(paths)
        .files(&vite)
        .progress(|path| println!("{path}"))
        .write(directory)
        .await?;
    Ok(summary)
}

/// The pages without parameters that are the same for all visitors.
const STATIC_PATHS: [&str; 1] = ["/hello/"];

impl Assets {
    /// Returns the browser files and the renderer of the components.
    fn open(self) -> anyhow::Result<(Vite, RendererBuilder)> {
        Ok(match self {
            Assets::Built(web) => {
                let vite = Vite::manifest(web.join("dist"))
                    .context("the pages are not built: run `npm run build`")?;
                let renderer = Renderer::builder().root(web.join("src"));
                (vite.clone(), renderer.vite(vite))
            }
            Assets::DevServer(web, origin) => {
                let vite = Vite::dev_server(origin).root(&web);
                let renderer = Renderer::builder().root(web.join("src"));
                (vite.clone(), renderer.vite(vite).development(true))
            }
            Assets::Bundle(bundle) => (Vite::embedded(&bundle)?, Renderer::embedded(&bundle)),
        })
    }
}

/// Starts the renderer.
///
/// # Errors
///
/// Returns an error if a file that the pages need is missing from the folder.
pub fn pages(assets: Assets) -> anyhow::Result<SitePages> {
    let (vite, renderer) = assets.open()?;
    let files = vite.service()?;
    let renderer = renderer.check_components(["pages"]).build()?;
    let pages = Pages::builder(renderer.clone())
        .entry("src/main.tsx")
        .lang("en")
        .head(HEAD)
        .content_security_policy(STRICT_CSP)
        .trailing_slash(TrailingSlash::Always)
        .not_found("pages/NotFound.tsx")
        .forbidden("pages/Forbidden.tsx")
        .error("pages/Error.tsx")
        .sign_in("/sign-in/")
        .build()?;
    // The id of a page that fails is that of its trace, as for calls.
    mizan_ssr::set_error_ids(|| TraceId::current().map(|id| id.to_string()));
    Ok(SitePages {
        renderer,
        pages,
        vite,
        files,
    })
}

/// Builds the router of the functions, the pages, the forms, the static files and the health checks.
pub fn site(
    mizan: MizanService<Accounts>,
    SitePages { pages, files, .. }: SitePages,
    health: Health,
) -> FormPages<Router, Accounts> {
    let site = Site {
        mizan: mizan.clone(),
        pages,
    };
    let router = Router::new()
        .route("/", get(home))
        .route("/hello/", get(hello))
        .route("/rooms/", get(rooms))
        .route("/rooms/{room}/", get(room))
        .route("/meetings/", get(meetings))
        .route("/meetings/{id}/", get(meeting))
        .route("/contact/", get(contact))
        .route("/profile/", get(profile))
        .route("/sign-up/", get(sign_up))
        .route("/sign-in/", get(sign_in))
        .route("/verify-email/", get(verify_email))
        .route("/forgot-password/", get(forgot_password))
        .route("/reset-password/", get(reset_password))
        .route("/account/", get(account))
        .route("/change-email/", get(change_email))
        .route("/admin/", get(admin))
        .with_state(site.clone())
        .nest_service("/api/mizan", mizan.clone())
        .nest_service("/health", health)
        .fallback_service(files.fallback(get(not_found).with_state(site)))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ));
    FormPages::new(router, mizan)
}

const HEAD: &str = r#"<meta name="color-scheme" content="light dark"><link rel="icon" href="/favicon.svg" type="image/svg+xml">"#;

type PageResult = Result<Response, Response<ReplyBody>>;

/// The front page, with a panel for each function.
async fn home(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Home.tsx", request).await
}

/// Redirects to the first room.
async fn rooms() -> Redirect {
    Redirect::temporary(&format!("/rooms/{}/", ROOMS[0]))
}

/// A chat room.
async fn room(
    State(site): State<Site>,
    PathOf(room): PathOf<String>,
    request: Request,
) -> PageResult {
    if !ROOMS.contains(&room.as_str()) {
        return not_found(State(site), request).await;
    }
    let props = RoomProps { room };
    site.page_with("pages/Rooms.tsx", &props, request).await
}

/// The list of meetings.
async fn meetings(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Meetings.tsx", request).await
}

/// The form that edits a meeting.
async fn meeting(
    State(site): State<Site>,
    PathOf(id): PathOf<String>,
    request: Request,
) -> PageResult {
    // Larger numbers are not exact in JavaScript.
    let Some(id) = id
        .parse()
        .ok()
        .filter(|id| *id <= MAX_SAFE_INTEGER.unsigned_abs())
    else {
        return not_found(State(site), request).await;
    };
    let props = MeetingProps { id };
    site.page_with("pages/Meeting.tsx", &props, request).await
}

/// The response for an unknown path.
async fn not_found(State(site): State<Site>, request: Request) -> PageResult {
    let caller = site.mizan.caller(&request).await?;
    let path = request.uri().path();
    let page = site
        .pages
        .fallback(&request)
        .props(&PageProps {
            path,
            props: &NoProps {},
        })
        .functions(move |name, input| caller.call(name, input));
    Ok(page.respond().await.into_response())
}

/// The contact form.
async fn contact(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Contact.tsx", request).await
}

/// The profile form of the signed-in user.
async fn profile(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Profile.tsx", request).await
}

/// The form that creates an account.
async fn sign_up(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/SignUp.tsx", request).await
}

/// The form that opens a session.
async fn sign_in(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/SignIn.tsx", request).await
}

/// The page for the code and the link of a confirmation email.
async fn verify_email(
    State(site): State<Site>,
    Query(props): Query<TicketOrToken>,
    request: Request,
) -> PageResult {
    let component = "pages/VerifyEmail.tsx";
    site.page_with(component, &props, request).await
}

/// The form that requests a link to set a new password.
async fn forgot_password(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/ForgotPassword.tsx", request).await
}

/// The page that the link in a password reset email opens.
async fn reset_password(
    State(site): State<Site>,
    Query(props): Query<TicketOrToken>,
    request: Request,
) -> PageResult {
    let component = "pages/ResetPassword.tsx";
    site.page_with(component, &props, request).await
}

/// The account of the signed-in user.
async fn account(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Account.tsx", request).await
}

/// The page that the link in an email to a new address opens.
async fn change_email(
    State(site): State<Site>,
    Query(props): Query<TicketOrToken>,
    request: Request,
) -> PageResult {
    let component = "pages/ChangeEmail.tsx";
    site.page_with(component, &props, request).await
}

/// All accounts, for staff.
async fn admin(State(site): State<Site>, request: Request) -> PageResult {
    site.page("pages/Admin.tsx", request).await
}

/// The ticket or token in a link.
#[derive(Deserialize, Serialize)]
struct TicketOrToken {
    #[serde(default, deserialize_with = "ticket")]
    ticket: Option<Ticket>,
    #[serde(default, deserialize_with = "token")]
    token: Option<String>,
}

/// Parses a ticket. An invalid ticket counts as missing; the page then explains how to get a new one.
fn ticket<'de, D: Deserializer<'de>>(query: D) -> Result<Option<Ticket>, D::Error> {
    let text = String::deserialize(query)?;
    Ok(text.parse().ok().map(Ticket))
}

/// Parses a token. An empty token counts as missing.
fn token<'de, D: Deserializer<'de>>(query: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(query)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

impl Site {
    /// Renders a page whose components call functions as the sender of the request.
    async fn page(self, component: &str, request: Request) -> PageResult {
        self.page_with(component, &NoProps {}, request).await
    }

    /// Renders a page with props.
    async fn page_with(
        self,
        component: &str,
        props: &impl Serialize,
        request: Request,
    ) -> PageResult {
        let caller = self.mizan.caller(&request).await?;
        let path = request.uri().path();
        let page = self
            .pages
            .page(component)
            .props(&PageProps { path, props })
            .request(&request)
            .functions(move |name, input| caller.call(name, input));
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
struct RoomProps {
    room: String,
}

#[derive(Serialize)]
struct MeetingProps {
    id: u64,
}

#[derive(Serialize)]
struct NoProps {}

#[derive(Deserialize, Serialize)]
struct HelloProps {
    #[serde(default = "world")]
    name: String,
}

fn world() -> String {
    "World".to_owned()
}

/// A minimal page: a component and its props.
async fn hello(
    State(site): State<Site>,
    Query(props): Query<HelloProps>,
    request: Request,
) -> Response {
    let page = site.pages.page("pages/Hello.tsx").props(&props);
    page.request(&request).respond().await.into_response()
}
