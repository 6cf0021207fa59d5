//! The page that a browser gets where there is no page to show a form on.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use mizan_core::adapter::FormEntry;
use mizan_core::adapter::escape_html;
use mizan_core::error::{FORM_ERRORS, FieldErrors};

use crate::body::ReplyBody;
use crate::local_path::LocalPath;
use crate::reply;

/// Says what is wrong with a form, or that it was sent where nothing is.
pub(crate) fn response(
    form: &FormEntry,
    status: StatusCode,
    errors: &FieldErrors,
    back: Option<&LocalPath>,
) -> Response<ReplyBody> {
    let manifest = form.shape.manifest();
    let title = manifest["title"].as_str().unwrap_or(form.name);
    let title = escape_html(title);
    let mut body = String::new();
    if status.is_success() {
        body.push_str("<p>Your entry was sent.</p>");
    } else {
        body.push_str("<p>Your entry was not sent:</p><ul>");
        for (path, messages) in errors {
            for message in messages {
                let message = if path == FORM_ERRORS {
                    escape_html(message).into_owned()
                } else {
                    format!(
                        "{}: {}",
                        escape_html(&form.shape.label(path)),
                        escape_html(message)
                    )
                };
                body.extend(["<li>", &message, "</li>"]);
            }
        }
        body.push_str("</ul>");
    }
    let back = escape_html(back.map_or("/", LocalPath::as_str));
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head>\
         <body><h1>{title}</h1>{body}<p><a href=\"{back}\">Back</a></p></body></html>"
    );
    let page = ReplyBody::whole(Bytes::from(page));
    let mut response = reply::response(page, "text/html; charset=utf-8", "no-store");
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    );
    response
}
