//! Forms that a browser posts by itself, without JavaScript.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body;
use mizan_core::adapter::{FormEntry, FormPost, FunctionEntry, to_sentence};
use mizan_core::error::{ErrorKind, FORM_ERRORS, FieldErrors};
use mizan_core::{Error, ErrorCode, Principal, RequestHead};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Authenticate;
use crate::body::ReplyBody;
use crate::body_budget::HeldShare;
use crate::endpoint::{Endpoint, client};
use crate::idempotency::Key;
use crate::local_path::LocalPath;
use crate::payload::{Files, FormData, Payload, is_multipart};
use crate::{plain_page, problem, reply};

/// What became of a posted form.
pub(crate) enum Posted {
    /// It is answered.
    Answered(Response<ReplyBody>),
    /// It is shown again.
    Again(Box<Again>),
}

/// A form that is shown again.
pub(crate) struct Again {
    pub(crate) form: FormEntry,
    pub(crate) status: StatusCode,
    pub(crate) page: Option<LocalPath>,
    pub(crate) post: FormPost,
    /// Cookies that the function has set.
    pub(crate) headers: HeaderMap,
}

impl Again {
    /// Answers with a plain page, and with this as an extension, by which
    /// [`FormPages`](crate::FormPages) puts the application's page in its place.
    pub(crate) fn respond(self) -> Response<ReplyBody> {
        let page = self.page.as_ref();
        let errors = &self.post.errors;
        let mut response = plain_page::response(&self.form, self.status, errors, page);
        response.headers_mut().extend(self.headers.clone());
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// What a form brings besides its fields. Their names begin with `__`.
#[derive(Default)]
struct Reserved {
    token: Option<String>,
    page: Option<LocalPath>,
    next: Option<LocalPath>,
    rows: Option<Rows>,
}

/// A button that changes the rows of a list.
enum Rows {
    Add(String),
    Remove(String),
}

impl Reserved {
    /// Takes the reserved fields out of a form's text. Names that are not reserved stay, and are
    /// refused as fields that the form does not have.
    fn take(text: Vec<(String, String)>) -> (Self, Vec<(String, String)>) {
        let mut reserved = Self::default();
        let mut fields = Vec::new();
        for (name, value) in text {
            match &name[..] {
                "__token" => reserved.token = Some(value).filter(|token| !token.is_empty()),
                "__page" => reserved.page = LocalPath::new(&value),
                "__next" => reserved.next = LocalPath::new(&value),
                "__add" => reserved.rows = Some(Rows::Add(value)),
                "__remove" => reserved.rows = Some(Rows::Remove(value)),
                _ => fields.push((name, value)),
            }
        }
        (reserved, fields)
    }
}

impl<A: Authenticate> Endpoint<A> {
    /// Takes the form `name`.
    pub(crate) async fn form<B: Body>(
        &self,
        name: &str,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Posted, Error> {
        let form = self.calls.app().form(name);
        let form = form.ok_or_else(|| Error::not_found("there is no form of this name"))?;
        if *head.method() != Method::POST {
            return Ok(Posted::Answered(self.method_not_allowed(false, head)));
        }
        let posted = self.take_form(form, head, body).await;
        // Nothing is known of what came, so there is no page to show it on.
        Ok(posted.unwrap_or_else(|error| Posted::Again(Box::new(Again::new(form, &error)))))
    }

    async fn take_form<B: Body>(
        &self,
        form: &FormEntry,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Posted, Error> {
        let submit = self.calls.find(form.submit)?;
        let principal = self.principal(head).await?;
        // Files are not received in vain; for text alone, the call finds out.
        let admitted = if is_multipart(head.headers()) {
            self.calls.admit(submit, &principal, head).await
        } else {
            Ok(())
        };
        let files = Files {
            fields: &submit.uploads(),
            dir: &self.upload_dir,
            are_unwanted: admitted.is_err(),
        };
        let is_multipart = is_multipart(head.headers());
        let mut share = self.bodies.admit(client(head), &body, is_multipart)?;
        let mut data =
            FormData::read(head.headers(), body, &self.limits, files, &mut share).await?;
        let held = share.read();
        let (reserved, text) = Reserved::take(std::mem::take(&mut data.text));
        let mut values = form.shape.parse_fields(&text);

        let failure = if let Some(rows) = &reserved.rows {
            match rows {
                Rows::Add(path) => form.shape.add_row(&mut values, path),
                Rows::Remove(path) => form.shape.remove_row(&mut values, path),
            }
            None
        } else if let Err(error) = admitted {
            Some(Failure::from(error))
        } else if !data.refused.is_empty() {
            let mut errors = self.errors_of_text(form, principal, head, &values).await;
            errors.append(&mut data.refused);
            Some(Error::invalid_fields(errors).into())
        } else {
            let call = FormCall {
                submit,
                principal,
                head,
                token: reserved.token.as_deref(),
                held,
            };
            match self.submit(call, values.clone(), data).await {
                Ok(headers) => {
                    return Ok(Posted::Answered(sent(form, &reserved, headers)));
                }
                Err(failure) => Some(failure),
            }
        };
        let failure = failure.unwrap_or_else(Failure::none);
        let token = reserved.token.filter(|_| !failure.token_is_spent);
        Ok(Posted::Again(Box::new(Again {
            form: form.clone(),
            status: failure.status,
            page: reserved.page.map(|page| page.with_sent(form.name, false)),
            post: FormPost::new(form.name)
                .with_values(form.shape.redisplay_values(values))
                .with_errors(failure.errors)
                .with_token(token),
            headers: failure.headers,
        })))
    }

    /// What is wrong with the values of a form that is refused already, for its files.
    async fn errors_of_text(
        &self,
        form: &FormEntry,
        principal: Principal,
        head: &RequestHead,
        values: &Value,
    ) -> FieldErrors {
        let Some(validate) = form.validate else {
            return FieldErrors::new();
        };
        let input = json!({ "values": values }).to_string();
        let found = self
            .calls
            .read(validate, principal, head.clone(), input.into())
            .await;
        // What cannot be found out now is found out when the form is sent again.
        let found = found
            .ok()
            .and_then(|found| serde_json::from_slice(&found).ok());
        found.map_or_else(FieldErrors::new, |Found { errors }| errors)
    }

    /// Submits the values. Yields the headers that the function has set.
    async fn submit(
        &self,
        call: FormCall<'_>,
        values: Value,
        files: FormData,
    ) -> Result<HeaderMap, Failure> {
        let FormCall {
            submit,
            principal,
            head,
            token,
            held,
        } = call;
        let key = match token.map(Key::new) {
            Some(None) => {
                let message = "this form is out of date: reload the page and try again";
                return Err(Error::new(ErrorCode::Malformed, message).into());
            }
            Some(key) => key,
            None => None,
        };
        let payload = Payload::with_files(values, files)?.holding(held);
        let reply = self
            .calls
            .run(
                submit,
                principal.clone(),
                Arc::clone(head),
                payload,
                key.as_ref(),
            )
            .await;
        let mut headers = HeaderMap::new();
        reply::write_head(reply.head, &mut headers);
        match reply.result {
            Ok(_) => Ok(headers),
            Err(error) => {
                let mut failure = Failure::from(error);
                // Headers are about an answer that nobody gets; cookies are about the browser.
                for cookie in headers.get_all(header::SET_COOKIE) {
                    failure.headers.append(header::SET_COOKIE, cookie.clone());
                }
                // A failed call is forgotten. What is there under this key is another one, and the
                // form has to have another key.
                failure.token_is_spent =
                    key.is_some_and(|key| self.calls.has_run(submit, &principal, &key));
                Err(failure)
            }
        }
    }
}

/// What a form's `validate` function answers.
#[derive(Deserialize)]
struct Found {
    errors: FieldErrors,
}

struct FormCall<'a> {
    submit: &'a FunctionEntry,
    principal: Principal,
    head: &'a Arc<RequestHead>,
    token: Option<&'a str>,
    held: HeldShare,
}

/// Why a form is shown again.
struct Failure {
    status: StatusCode,
    errors: FieldErrors,
    headers: HeaderMap,
    token_is_spent: bool,
}

impl Failure {
    /// Nothing failed: its rows were changed.
    fn none() -> Self {
        Self {
            status: StatusCode::OK,
            errors: FieldErrors::new(),
            headers: HeaderMap::new(),
            token_is_spent: false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            status: status(&error),
            errors: errors(&error),
            ..Self::none()
        }
    }
}

impl Again {
    /// A form of which no more is known than why it is refused.
    fn new(form: &FormEntry, error: &Error) -> Self {
        Self {
            form: form.clone(),
            status: problem::status(error.kind()),
            page: None,
            post: FormPost::new(form.name).with_errors(errors(error)),
            headers: HeaderMap::new(),
        }
    }
}

/// The status of a page that shows a form with its errors. Whatever the fault of the client is,
/// the page is one for people; a fault of the server is for monitors too.
fn status(error: &Error) -> StatusCode {
    let status = problem::status(error.kind());
    if status.is_server_error() {
        status
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What to show: on the fields that are to blame, or else on the form.
fn errors(error: &Error) -> FieldErrors {
    if !error.fields().is_empty() {
        return error.fields().clone();
    }
    let message = match error.id() {
        Some(id) => format!("{} Error ID: {id}", to_sentence(error.message())),
        None if error.kind() == ErrorKind::Common(ErrorCode::Unavailable) => {
            format!("{} Try again in a moment.", to_sentence(error.message()))
        }
        None => to_sentence(error.message()),
    };
    FieldErrors::from([(FORM_ERRORS.to_owned(), vec![message])])
}

/// Sends the browser on: to where the form says, to where its declaration says, or back to its page,
/// which is told that it was sent.
fn sent(form: &FormEntry, reserved: &Reserved, headers: HeaderMap) -> Response<ReplyBody> {
    let declared = || form.redirect.and_then(LocalPath::new);
    let page = || Some(reserved.page.as_ref()?.with_sent(form.name, true));
    let next = reserved.next.clone().or_else(declared).or_else(page);
    let Some(next) = next else {
        let mut response = plain_page::response(form, StatusCode::OK, &FieldErrors::new(), None);
        response.headers_mut().extend(headers);
        return response;
    };
    let mut response = reply::response(ReplyBody::empty(), "text/plain", "no-store");
    *response.status_mut() = StatusCode::SEE_OTHER;
    let response_headers = response.headers_mut();
    response_headers.remove(header::CONTENT_TYPE);
    response_headers.extend(headers);
    let next = HeaderValue::from_str(next.as_str()).expect("visible ASCII characters");
    response_headers.insert(header::LOCATION, next);
    response
}
