//! The page of an error that occurred before the shell.

use std::env;
use std::path::Path;

use htmlize::escape_all_quotes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::body::PageBody;
use super::csp::{CspTemplate, Nonce};
use super::headers;
use super::outcome::PageOutcome;
use crate::error::{RenderError, RenderErrorCode};
use crate::log_text::log_text;
use crate::modules::in_package;
use crate::observation::error_id;

/// The parts of a request that determine the page of an error.
pub(super) struct ErrorPage<'a> {
    pub(super) component: &'a str,
    pub(super) development: bool,
    /// Set if the client accepts HTML.
    pub(super) html: bool,
    /// Set if `error_page.js` sent the request. In development, its error is then not logged as an error again.
    pub(super) is_retry: bool,
    pub(super) nonce: Option<Nonce>,
}

/// Allows only the page's own style, so that HTML in a message has no effect even if it were not escaped.
const CSP: &str = "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Allows `error_page.js` too, which polls the page.
const DEVELOPMENT_CSP: &str = "; script-src 'nonce-{nonce}'; connect-src 'self'";

/// The name of an anonymous default export after the transformation.
const DEFAULT_EXPORT: &str = "__vite_ssr_export_default__";

const STYLE: &str = include_str!("error_page.css");
const SCRIPT: &str = include_str!("error_page.js");

impl ErrorPage<'_> {
    /// Logs `error` and returns the id of the log entry.
    pub(super) fn log(&self, error: &RenderError) -> String {
        let id = error_id();
        if self.is_retry && self.development {
            tracing::debug!(error_id = id, component = self.component, error = %log_text(&error), "page still fails to render");
        } else {
            tracing::error!(error_id = id, component = self.component, error = %log_text(&error), "page failed to render");
        }
        id
    }

    /// Returns the page of `error`, or plain text.
    pub(super) fn respond(self, error: &RenderError, id: &str) -> Response<PageBody> {
        let status = status(error.code());
        let nonce = self.nonce.clone().unwrap_or_else(Nonce::random);
        let (content_type, text) = match (self.html, self.development) {
            (true, true) => (
                "text/html; charset=utf-8",
                self.development_page(error, id, &nonce),
            ),
            (true, false) => (
                "text/html; charset=utf-8",
                production_page(status, id, &nonce),
            ),
            (false, true) => (
                "text/plain; charset=utf-8",
                self.development_text(error, id),
            ),
            (false, false) => (
                "text/plain; charset=utf-8",
                format!("{}\nid: {id}\n", visitor_message(status)),
            ),
        };
        let mut response = headers::response(status, content_type, PageBody::complete(text));
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        let development_csp = if self.html && self.development {
            DEVELOPMENT_CSP
        } else {
            ""
        };
        let csp = CspTemplate::new(&format!("{CSP}{development_csp}"), "")
            .expect("the policy is a valid header value");
        headers.insert(CONTENT_SECURITY_POLICY, csp.header(&nonce));
        response
    }

    fn development_text(&self, error: &RenderError, id: &str) -> String {
        let mut text = format!("{} failed to render\n\n{error}\n", self.component);
        // The message of a syntax error contains the excerpt.
        if error.code() != RenderErrorCode::Syntax
            && let Some(excerpt) = error.excerpt()
        {
            text.push_str(&format!("\n{excerpt}"));
        }
        text.push_str(&format!("\nid: {id}\n"));
        text
    }

    fn development_page(&self, error: &RenderError, id: &str, nonce: &Nonce) -> String {
        let (name, message, hint) = error.parts();
        let mut main = format!(
            "<p class=\"what\">{} failed to render</p><h1><span>{}</span> {}</h1>",
            escape_all_quotes(self.component),
            escape_all_quotes(&name),
            escape_all_quotes(&message)
        );
        if let Some(hint) = hint {
            main.push_str(&format!(
                "<p class=\"hint\">{}</p>",
                escape_all_quotes(hint)
            ));
        }
        if let Some((file, line, column)) = error.location() {
            let file = file.to_string_lossy();
            main.push_str(&format!(
                "<section><h2>{}</h2>",
                escape_all_quotes(format!("{}:{line}:{column}", short_location(&file)))
            ));
            if let Some(excerpt) = error.excerpt() {
                main.push_str(&source_lines(&excerpt));
            }
            main.push_str("</section>");
        }
        if let Some(stack) = error.stack().filter(|stack| !stack.is_empty()) {
            let (calls, components) = match stack.split_once("\n  in the component\n") {
                Some((calls, components)) => (calls, components),
                None => (stack, ""),
            };
            main.push_str(&stack_section("Call stack", calls));
            main.push_str(&stack_section("Component stack", components));
        }
        main.push_str(&format!(
            "<footer>The server log contains this error under the id {id}.</footer>"
        ));
        main.push_str(&format!(
            "<script type=\"module\" nonce=\"{}\">{SCRIPT}</script>",
            nonce.as_str()
        ));
        document(&format!("{name}: {message}"), &main, nonce)
    }
}

/// Returns the status of the response to a failed render.
pub(super) fn status(code: RenderErrorCode) -> StatusCode {
    match code {
        RenderErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        RenderErrorCode::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn visitor_message(status: StatusCode) -> &'static str {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => "The server is busy. Please try again in a moment.",
        StatusCode::GATEWAY_TIMEOUT => "The page took too long. Please try again.",
        _ => "Something went wrong on the server.",
    }
}

fn production_page(status: StatusCode, id: &str, nonce: &Nonce) -> String {
    let message = visitor_message(status);
    let main = format!(
        "<h1>{message}</h1><footer>If you report this, include the error ID <code>{id}</code>.</footer>"
    );
    document(message, &main, nonce)
}

/// Returns the page of an answer for which the application has no page.
pub(super) fn plain_answer(
    outcome: &PageOutcome,
    html: bool,
    nonce: Option<&Nonce>,
) -> Response<PageBody> {
    let message = match outcome {
        PageOutcome::Unauthorized => "Please sign in to see this page.",
        PageOutcome::Forbidden => "You have no access to this page.",
        _ => "This page does not exist.",
    };
    let nonce = nonce.cloned().unwrap_or_else(Nonce::random);
    let (content_type, text) = if html {
        let main = format!("<h1>{message}</h1>");
        ("text/html; charset=utf-8", document(message, &main, &nonce))
    } else {
        ("text/plain; charset=utf-8", format!("{message}\n"))
    };
    let body = PageBody::complete(text);
    let mut response = headers::response(outcome.status(), content_type, body);
    let csp = CspTemplate::new(CSP, "").expect("the policy is a valid header value");
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, csp.header(&nonce));
    response
}

fn document(title: &str, main: &str, nonce: &Nonce) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style nonce=\"{}\">{STYLE}</style></head><body><main>{main}</main></body></html>",
        escape_all_quotes(title),
        nonce.as_str()
    )
}

/// Returns an excerpt as HTML, with the line of the error and the caret highlighted.
fn source_lines(excerpt: &str) -> String {
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
        let line = escape_all_quotes(line);
        if class.is_empty() {
            html.push_str(&format!("{line}\n"));
        } else {
            html.push_str(&format!("<span class=\"{class}\">{line}\n</span>"));
        }
    }
    html.push_str("</code></pre>");
    html
}

/// Returns a section with the frames of the project, and a collapsed list of all frames if packages have some.
fn stack_section(title: &str, stack: &str) -> String {
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
    html.push_str(&frame_list(&own));
    let others = frames.len() - own.len();
    if others > 0 {
        html.push_str(&format!(
            "<details><summary>All frames, including {others} in packages</summary>{}</details>",
            frame_list(&frames)
        ));
    }
    html.push_str("</section>");
    html
}

fn frame_list(frames: &[&str]) -> String {
    if frames.is_empty() {
        return String::new();
    }
    let mut html = String::from("<ol>");
    for frame in frames {
        let (name, location) = split_frame(frame);
        let class = if is_own(frame) { "own" } else { "" };
        html.push_str(&format!(
            "<li class=\"{class}\"><b>{}</b> <span>{}</span></li>",
            escape_all_quotes(name),
            escape_all_quotes(short_location(location))
        ));
    }
    html.push_str("</ol>");
    html
}

/// Splits a frame into the function's name and the location.
fn split_frame(frame: &str) -> (&str, &str) {
    match frame.rsplit_once(" (") {
        Some((name, location)) => (
            name.strip_prefix(DEFAULT_EXPORT)
                .map_or(name, |_| "default export"),
            location.trim_end_matches(')'),
        ),
        None => ("", frame),
    }
}

/// Returns whether the frame is in a file of the project.
fn is_own(frame: &str) -> bool {
    !in_package(Path::new(split_frame(frame).1))
}

/// Returns a location relative to the current directory.
fn short_location(location: &str) -> &str {
    env::current_dir()
        .ok()
        .and_then(|directory| {
            location
                .strip_prefix(directory.to_str()?)?
                .strip_prefix('/')
        })
        .unwrap_or(location)
}
