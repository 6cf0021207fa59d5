use std::env;
use std::path::Path;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use mizan_core::adapter::escape_html;
use uuid::Uuid;

use super::body::PageBody;
use super::policy::{Nonce, Policy};
use super::response;
use crate::error::{RenderError, RenderErrorCode};
use crate::loader::in_package;

/// The page of an error, for a request.
pub(crate) struct Failure<'a> {
    pub(crate) component: &'a str,
    pub(crate) development: bool,
    pub(crate) html: bool,
    /// The page of an earlier error asks again, which is not worth another line in the log.
    pub(crate) retry: bool,
    pub(crate) nonce: Option<Nonce>,
}

/// Lets nothing in but the page's own style, so that whatever a message holds stays text.
const POLICY: &str = "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Besides, what lets the page of development ask whether the error is gone.
const DEVELOPMENT_POLICY: &str = "; script-src 'nonce-{nonce}'; connect-src 'self'";

/// What a default export without a name is called once it was transformed.
const DEFAULT_EXPORT: &str = "__vite_ssr_export_default__";

const STYLE: &str = include_str!("failure.css");
const SCRIPT: &str = include_str!("failure.js");

impl Failure<'_> {
    /// Logs `error` and answers with its page, or with text.
    pub(crate) fn respond(self, error: &RenderError) -> Response<PageBody> {
        let id = Uuid::new_v4().to_string();
        if self.retry && self.development {
            tracing::debug!(id, component = self.component, %error, "a page was still not rendered");
        } else {
            tracing::error!(id, component = self.component, %error, "a page was not rendered");
        }
        let status = status(error.code());
        let nonce = self.nonce.clone().unwrap_or_else(Nonce::fresh);
        let (kind, text) = match (self.html, self.development) {
            (true, true) => ("text/html; charset=utf-8", self.page(error, &id, &nonce)),
            (true, false) => ("text/html; charset=utf-8", clean_page(status, &id, &nonce)),
            (false, true) => ("text/plain; charset=utf-8", self.text(error, &id)),
            (false, false) => (
                "text/plain; charset=utf-8",
                format!("{}\nid: {id}\n", sentence(status)),
            ),
        };
        let mut response = response(status, kind, PageBody::whole(text));
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        let more = if self.html && self.development {
            DEVELOPMENT_POLICY
        } else {
            ""
        };
        let policy = Policy::new(&format!("{POLICY}{more}"), "").expect("it is a header's value");
        headers.insert(CONTENT_SECURITY_POLICY, policy.with(&nonce));
        response
    }

    fn text(&self, error: &RenderError, id: &str) -> String {
        let mut text = format!("{} was not rendered\n\n{error}\n", self.component);
        // A syntax error shows its lines itself.
        if error.code() != RenderErrorCode::Syntax
            && let Some(excerpt) = error.excerpt()
        {
            text.push_str(&format!("\n{excerpt}"));
        }
        text.push_str(&format!("\nid: {id}\n"));
        text
    }

    fn page(&self, error: &RenderError, id: &str, nonce: &Nonce) -> String {
        let (name, message, hint) = error.parts();
        let mut main = format!(
            "<p class=\"what\">{} was not rendered</p><h1><span>{}</span> {}</h1>",
            escape_html(self.component),
            escape_html(&name),
            escape_html(&message)
        );
        if let Some(hint) = hint {
            main.push_str(&format!("<p class=\"hint\">{}</p>", escape_html(hint)));
        }
        if let Some((file, line, column)) = error.place() {
            let file = file.to_string_lossy();
            main.push_str(&format!(
                "<section><h2>{}</h2>",
                escape_html(&format!("{}:{line}:{column}", short(&file)))
            ));
            if let Some(excerpt) = error.excerpt() {
                main.push_str(&lines(&excerpt));
            }
            main.push_str("</section>");
        }
        if let Some(stack) = error.stack().filter(|stack| !stack.is_empty()) {
            let (calls, components) = match stack.split_once("\n  in the component\n") {
                Some((calls, components)) => (calls, components),
                None => (stack, ""),
            };
            main.push_str(&frames("Call stack", calls));
            main.push_str(&frames("Component stack", components));
        }
        main.push_str(&format!("<footer>In the log under {id}.</footer>"));
        main.push_str(&format!(
            "<script type=\"module\" nonce=\"{}\">{SCRIPT}</script>",
            nonce.as_str()
        ));
        document(&format!("{name}: {message}"), &main, nonce)
    }
}

fn status(code: RenderErrorCode) -> StatusCode {
    match code {
        RenderErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        RenderErrorCode::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn sentence(status: StatusCode) -> &'static str {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => "The server is busy. Please try again in a moment.",
        StatusCode::GATEWAY_TIMEOUT => "The page took too long. Please try again.",
        _ => "Something went wrong on the server.",
    }
}

fn clean_page(status: StatusCode, id: &str, nonce: &Nonce) -> String {
    let sentence = sentence(status);
    let main = format!(
        "<h1>{sentence}</h1><footer>If you report this, include the error ID <code>{id}</code>.</footer>"
    );
    document(sentence, &main, nonce)
}

fn document(title: &str, main: &str, nonce: &Nonce) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style nonce=\"{}\">{STYLE}</style></head><body><main>{main}</main></body></html>",
        escape_html(title),
        nonce.as_str()
    )
}

/// An excerpt, with the line and the caret marked.
fn lines(excerpt: &str) -> String {
    let mut html = String::from("<pre class=\"source\"><code>");
    let mut marked = false;
    for line in excerpt.lines() {
        let class = if line.starts_with('>') {
            "line"
        } else if marked {
            "caret"
        } else {
            ""
        };
        marked = class == "line";
        let line = escape_html(line);
        if class.is_empty() {
            html.push_str(&format!("{line}\n"));
        } else {
            html.push_str(&format!("<span class=\"{class}\">{line}\n</span>"));
        }
    }
    html.push_str("</code></pre>");
    html
}

/// The frames of a stack: the project's own, and all of them folded where there are others.
fn frames(title: &str, stack: &str) -> String {
    let frames: Vec<_> = stack
        .lines()
        .map(|line| line.trim_start().trim_start_matches("at "))
        .filter(|frame| !frame.is_empty())
        .collect();
    let own: Vec<_> = frames
        .iter()
        .copied()
        .filter(|frame| is_own(frame))
        .collect();
    let mut html = String::new();
    if frames.is_empty() {
        return html;
    }
    html.push_str(&format!("<section><h2>{title}</h2>"));
    html.push_str(&list(&own));
    let others = frames.len() - own.len();
    if others > 0 {
        html.push_str(&format!(
            "<details><summary>all, with {others} of packages</summary>{}</details>",
            list(&frames)
        ));
    }
    html.push_str("</section>");
    html
}

fn list(frames: &[&str]) -> String {
    if frames.is_empty() {
        return String::new();
    }
    let mut html = String::from("<ol>");
    for frame in frames {
        let (name, place) = parts(frame);
        let class = if is_own(frame) { "own" } else { "" };
        html.push_str(&format!(
            "<li class=\"{class}\"><b>{}</b> <span>{}</span></li>",
            escape_html(name),
            escape_html(short(place))
        ));
    }
    html.push_str("</ol>");
    html
}

fn parts(frame: &str) -> (&str, &str) {
    match frame.rsplit_once(" (") {
        Some((name, place)) => (
            name.strip_prefix(DEFAULT_EXPORT)
                .map_or(name, |_| "default export"),
            place.trim_end_matches(')'),
        ),
        None => ("", frame),
    }
}

/// A frame of none of the packages.
fn is_own(frame: &str) -> bool {
    !in_package(Path::new(parts(frame).1))
}

/// A place without the directory that the process runs in.
fn short(place: &str) -> &str {
    env::current_dir()
        .ok()
        .and_then(|directory| place.strip_prefix(directory.to_str()?)?.strip_prefix('/'))
        .unwrap_or(place)
}
