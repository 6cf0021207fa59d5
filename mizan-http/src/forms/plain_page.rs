//! A minimal page with the result of a form, for forms whose own page cannot be shown.

use bytes::Bytes;
use htmlize::escape_all_quotes;
use http::{HeaderValue, Response, StatusCode, header};
use mizan_core::adapter::FormEntry;
use mizan_core::error::{FORM_ERRORS, FieldErrors};

use super::local_path::LocalPath;
use crate::response::ReplyBody;
use crate::response::reply;

/// Returns a page that confirms that a form was sent.
pub(super) fn sent(form: &FormEntry) -> Response<ReplyBody> {
    page(form, StatusCode::OK, "<p>Your form was sent.</p>", None)
}

/// Returns a page that lists the errors of a form, if there are any. A form without errors was not sent
/// because a row was added or removed.
pub(super) fn not_sent(
    form: &FormEntry,
    status: StatusCode,
    errors: &FieldErrors,
    back: Option<&LocalPath>,
) -> Response<ReplyBody> {
    if errors.is_empty() {
        return page(form, status, "<p>Your form was not sent yet.</p>", back);
    }
    let items = error_items(form, errors);
    let content = format!("<p>Your form was not sent:</p><ul>{items}</ul>");
    page(form, status, &content, back)
}

fn page(
    form: &FormEntry,
    status: StatusCode,
    content: &str,
    back: Option<&LocalPath>,
) -> Response<ReplyBody> {
    let manifest = form.shape.manifest();
    let title = escape_all_quotes(manifest["title"].as_str().unwrap_or(form.name));
    let back = escape_all_quotes(back.map_or("/", LocalPath::as_str));
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head>\
         <body><h1>{title}</h1>{content}<p><a href=\"{back}\">Back</a></p></body></html>"
    );
    let page = ReplyBody::complete(Bytes::from(page));
    let mut response = reply::response(page, "text/html; charset=utf-8", "no-store");
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    );
    response
}

fn error_items(form: &FormEntry, errors: &FieldErrors) -> String {
    let mut items = String::new();
    for (path, messages) in errors {
        for message in messages {
            items.push_str("<li>");
            if path != FORM_ERRORS {
                items.extend([&*escape_all_quotes(form.shape.label(path)), ": "]);
            }
            items.extend([&*escape_all_quotes(message), "</li>"]);
        }
    }
    items
}
