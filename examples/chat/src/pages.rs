//! The pages, which are rendered here and which the browser takes over.

use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use mizan_auth::Accounts;
use mizan_http::{FormPages, MizanService, ReplyBody};
use mizan_ssr::{Pages, Renderer, STRICT_POLICY, Vite};
use serde::{Deserialize, Serialize};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::files;

/// What a handler needs.
#[derive(Clone)]
struct Site {
    mizan: MizanService<Accounts>,
    pages: Pages,
}

/// Where the scripts and style sheets of the pages come from.
pub enum Assets {
    /// Vite's build, in `dist`.
    Built,
    /// Vite's dev server at this origin. The renderer then takes changed files up by itself.
    DevServer(String),
}

/// All that the example answers: its functions, its pages and forms, and the files that Vite built in the
/// folder `web`.
///
/// # Errors
///
/// When the folder does not hold what the pages need.
pub fn site(
    mizan: MizanService<Accounts>,
    web: &Path,
    assets: Assets,
) -> anyhow::Result<FormPages<Router, Accounts>> {
    let (folder, vite, development) = match assets {
        Assets::Built => {
            let dist = web.join("dist");
            let vite = Vite::manifest(&dist).context("the pages are not built")?;
            (dist, vite, false)
        }
        // What is not a module has no place but the folder itself.
        Assets::DevServer(origin) => (web.join("public"), Vite::dev_server(origin), true),
    };
    let renderer = Renderer::builder()
        .root(web.join("src"))
        .vite(vite)
        .development(development)
        .build()?;
    let pages = Pages::builder(renderer)
        .entry("src/main.tsx")
        .lang("en")
        .head(HEAD)
        .content_security_policy(STRICT_POLICY)
        .build()?;
    let site = Site {
        mizan: mizan.clone(),
        pages,
    };
    let router = Router::new()
        .route("/", get(home))
        .route("/hello/", get(hello))
        .route("/rooms/", get(rooms))
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
        .with_state(site)
        .nest_service("/api/mizan", mizan.clone())
        .fallback_service(files::public(
            ServeDir::new(folder)
                .append_index_html_on_directories(false)
                .fallback(get(not_found)),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ));
    Ok(FormPages::new(router, mizan))
}

const HEAD: &str = r#"<meta name="color-scheme" content="light dark"><link rel="icon" href="/favicon.svg" type="image/svg+xml">"#;

type Answer = Result<Response, Response<ReplyBody>>;

/// The answer to a path that nothing has.
async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing at this path.\n")
}

/// Every function at work, for whoever asks.
async fn home(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Home.tsx", request).await
}

/// Rooms to talk in.
async fn rooms(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Rooms.tsx", request).await
}

/// A form that everybody may send.
async fn contact(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Contact.tsx", request).await
}

/// A form for whoever is signed in.
async fn profile(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Profile.tsx", request).await
}

/// A form that makes an account.
async fn sign_up(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/SignUp.tsx", request).await
}

/// A form that opens a session.
async fn sign_in(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/SignIn.tsx", request).await
}

/// Where the code of a mail is entered, and where the link in it leads.
async fn verify_email(
    State(site): State<Site>,
    Query(proof): Query<Proof>,
    request: Request,
) -> Answer {
    let component = "pages/VerifyEmail.tsx";
    site.page_with(component, &proof, request).await
}

/// Where one asks for a mail that sets a new password.
async fn forgot_password(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/ForgotPassword.tsx", request).await
}

/// Where the link in that mail leads.
async fn reset_password(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/ResetPassword.tsx", request).await
}

/// What whoever is signed in can do with their account.
async fn account(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Account.tsx", request).await
}

/// Where the link leads that was sent to a new address.
async fn change_email(
    State(site): State<Site>,
    Query(proof): Query<Proof>,
    request: Request,
) -> Answer {
    let component = "pages/ChangeEmail.tsx";
    site.page_with(component, &proof, request).await
}

/// All accounts, for staff.
async fn admin(State(site): State<Site>, request: Request) -> Answer {
    site.page("pages/Admin.tsx", request).await
}

/// What somebody has who shows that an address is theirs.
#[derive(Deserialize, Serialize)]
struct Proof {
    ticket: Option<String>,
    token: Option<String>,
}

impl Site {
    /// A page whose components call functions, for whoever asks.
    async fn page(self, component: &str, request: Request) -> Answer {
        self.page_with(component, &NoProps {}, request).await
    }

    /// The same with props.
    async fn page_with(self, component: &str, props: &impl Serialize, request: Request) -> Answer {
        let caller = self.mizan.caller(&request).await?;
        let page = self
            .pages
            .page(component)
            .props(props)
            .request(request.method(), request.headers())
            .functions(move |name, input| caller.call(name, input));
        Ok(page.respond().await.into_response())
    }
}

#[derive(Serialize)]
struct NoProps {}

#[derive(Deserialize, Serialize)]
struct Hello {
    #[serde(default = "world")]
    name: String,
}

fn world() -> String {
    "World".to_owned()
}

/// The least that a page can be: a component and its props.
async fn hello(State(site): State<Site>, Query(props): Query<Hello>) -> Response {
    let page = site.pages.page("pages/Hello.tsx").props(&props);
    page.respond().await.into_response()
}
