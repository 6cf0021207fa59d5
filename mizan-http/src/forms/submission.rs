//! Forms that a browser posts without JavaScript.

use std::sync::Arc;

use http::{HeaderMap, Method, Response, StatusCode, header};
use http_body::Body;
use mizan_core::adapter::{FormEntry, FormPost, FunctionEntry, to_sentence};
use mizan_core::error::{ErrorKind, FORM_ERRORS, FieldErrors};
use mizan_core::{Error, ErrorCode, Principal, Redirect, RequestHead};
use serde::Deserialize;
use serde_json::{Value, json};

use super::control_fields::{ControlFields, RowAction};
use super::local_path::LocalPath;
use super::outcome::{FormOutcome, Redisplay};
use super::plain_page;
use crate::authenticate::Authenticate;
use crate::body::body_budget::{Destination, RetainedShare};
use crate::body::form_data::{FormData, UploadTarget, is_multipart};
use crate::body::payload::Payload;
use crate::calls::idempotency::IdempotencyKey;
use crate::client_budget::ClientKey;
use crate::response::ReplyBody;
use crate::response::status::{insert_retry_after, status};
use crate::response::{redirect, reply};
use crate::service::state::{AllowedMethods, ServiceState};

/// Handles a request for the form `name`.
pub(crate) async fn handle<A: Authenticate, B: Body>(
    state: &ServiceState<A>,
    name: &str,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<FormOutcome, Error> {
    let form = state
        .calls
        .app()
        .form(name)
        .ok_or_else(|| Error::not_found("there is no form with this name"))?;
    if *head.method() != Method::POST {
        return Ok(FormOutcome::Response(
            state.method_not_allowed(AllowedMethods::Post, head),
        ));
    }
    let outcome = match PostedForm::read(state, form, head, body).await {
        Ok(posted) => posted.process(state, head).await,
        // The fields could not be read, so the page of the form is unknown.
        Err(error) => FormOutcome::Redisplay(Box::new(Redisplay {
            form: form.clone(),
            status: status(&error),
            page: None,
            post: FormPost::new(form.name).with_errors(error_messages(&error)),
            headers: HeaderMap::new(),
        })),
    };
    Ok(outcome)
}

/// A form whose fields and files have been received.
struct PostedForm<'a> {
    form: &'a FormEntry,
    submit: &'a FunctionEntry,
    principal: Principal,
    /// The result of the policy check, which a form without files leaves to its call.
    admitted: Result<(), Error>,
    control: ControlFields,
    values: Value,
    data: FormData,
    share: RetainedShare,
}

impl<'a> PostedForm<'a> {
    async fn read<A: Authenticate, B: Body>(
        state: &'a ServiceState<A>,
        form: &'a FormEntry,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Self, Error> {
        let submit = state.calls.app().resolve(form.submit, None).1?;
        let principal = state.authenticate(head).await?;
        let (admitted, destination) = if is_multipart(head.headers()) {
            let admitted = state.calls.check_policy(submit, &principal, head).await;
            (admitted, Destination::Storage)
        } else {
            (Ok(()), Destination::Memory)
        };
        let target = UploadTarget {
            fields: &submit.uploads(),
            dir: &state.upload_dir,
            discard: admitted.is_err(),
        };
        let client = ClientKey::of_request(head);
        let mut share = state.bodies.admit(client, &body, destination)?;
        let mut data =
            FormData::read(head.headers(), body, &state.limits, target, &mut share).await?;
        let share = share.finish_reading();
        let (control, text) = ControlFields::extract(std::mem::take(&mut data.text));
        Ok(Self {
            form,
            submit,
            principal,
            admitted,
            control,
            values: form.shape.parse_fields(&text),
            data,
            share,
        })
    }

    /// Submits the form, or changes its rows.
    async fn process<A: Authenticate>(
        self,
        state: &ServiceState<A>,
        head: &Arc<RequestHead>,
    ) -> FormOutcome {
        let Self {
            form,
            submit,
            principal,
            admitted,
            control,
            mut values,
            mut data,
            share,
        } = self;
        let reason = if let Some(action) = &control.row_action {
            match action {
                RowAction::Add(path) => form.shape.add_row(&mut values, path),
                RowAction::Remove(path) => form.shape.remove_row(&mut values, path),
            }
            RedisplayReason::rows_changed()
        } else if let Err(error) = admitted {
            RedisplayReason::from(error)
        } else if !data.errors.is_empty() {
            let mut errors = validate(state, form, principal, head, &values).await;
            errors.append(&mut data.errors);
            Error::invalid_fields(errors).into()
        } else {
            let submission = Submission {
                submit,
                principal,
                head,
                token: control.token.as_deref(),
                share,
            };
            match submission.run(state, values.clone(), data).await {
                Ok(success) => {
                    return FormOutcome::Response(success_response(form, &control, success));
                }
                Err(reason) => reason,
            }
        };
        let token = control.token.filter(|_| !reason.is_token_used);
        FormOutcome::Redisplay(Box::new(Redisplay {
            form: form.clone(),
            status: reason.status,
            page: control.page.map(|page| page.without_sent(form.name)),
            post: FormPost::new(form.name)
                .with_values(form.shape.redisplay_values(values))
                .with_errors(reason.errors)
                .with_token(token),
            headers: reason.headers,
        }))
    }
}

/// Validates the values of a form whose files were rejected, and returns the errors.
async fn validate<A: Authenticate>(
    state: &ServiceState<A>,
    form: &FormEntry,
    principal: Principal,
    head: &RequestHead,
    values: &Value,
) -> FieldErrors {
    let Some(validate) = form.validate else {
        return FieldErrors::new();
    };
    let input = json!({ "values": values }).to_string();
    state
        .calls
        .run_read(
            state.calls.app().resolve(validate, None).1,
            principal,
            head.clone(),
            input.into(),
        )
        .await
        .ok()
        // If the `validate` function fails, the errors appear when the user submits the form again.
        .and_then(|validation| serde_json::from_slice(&validation).ok())
        .map_or_else(FieldErrors::new, |Validation { errors }| errors)
}

/// The output of a form's `validate` function.
#[derive(Deserialize)]
struct Validation {
    errors: FieldErrors,
}

/// A call of a form's `submit` function.
struct Submission<'a> {
    submit: &'a FunctionEntry,
    principal: Principal,
    head: &'a Arc<RequestHead>,
    token: Option<&'a str>,
    share: RetainedShare,
}

impl Submission<'_> {
    /// Calls the function, and returns the headers that it set, and its redirect.
    async fn run<A: Authenticate>(
        self,
        state: &ServiceState<A>,
        values: Value,
        files: FormData,
    ) -> Result<Success, RedisplayReason> {
        let key = match self.token.map(IdempotencyKey::new) {
            Some(None) => {
                let message = "this form is out of date: reload the page and try again";
                return Err(Error::new(ErrorCode::Malformed, message).into());
            }
            Some(key) => key,
            None => None,
        };
        let payload = Payload::with_files(values, files)?.with_share(self.share);
        let reply = state
            .calls
            .run(
                self.submit,
                self.principal.clone(),
                Arc::clone(self.head),
                payload,
                key.as_ref(),
            )
            .await;
        let mut headers = HeaderMap::new();
        reply::apply_head(reply.head, &mut headers);
        let error = match reply.result {
            Ok(output) => {
                return Ok(Success {
                    headers,
                    redirect: self.submit.redirect(&output),
                });
            }
            Err(error) => error,
        };
        let mut reason = RedisplayReason::from(error);
        // Cookies are for the browser. The other headers describe a response that is not sent.
        for cookie in headers.get_all(header::SET_COOKIE) {
            reason.headers.append(header::SET_COOKIE, cookie.clone());
        }
        // A failed call is not stored, so a stored call is an earlier submission. The form then needs a new
        // token.
        if let Some(key) = key {
            let is_used = state.calls.is_key_used(self.submit, &self.principal, &key);
            reason.is_token_used = is_used.await;
        }
        Err(reason)
    }
}

/// The reply to a form that was submitted.
struct Success {
    headers: HeaderMap,
    redirect: Option<Redirect>,
}

/// The reason why a form is shown again.
struct RedisplayReason {
    status: StatusCode,
    errors: FieldErrors,
    headers: HeaderMap,
    is_token_used: bool,
}

impl RedisplayReason {
    fn rows_changed() -> Self {
        Self {
            status: StatusCode::OK,
            errors: FieldErrors::new(),
            headers: HeaderMap::new(),
            is_token_used: false,
        }
    }
}

impl From<Error> for RedisplayReason {
    fn from(error: Error) -> Self {
        let mut headers = HeaderMap::new();
        insert_retry_after(&error, &mut headers);
        Self {
            status: page_status(&error),
            errors: error_messages(&error),
            headers,
            is_token_used: false,
        }
    }
}

/// Returns the status of a page that shows a form with its errors: 422 for a client error. Server errors and rate
/// limits keep their status, so that monitoring and programs detect them.
fn page_status(error: &Error) -> StatusCode {
    let status = status(error);
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        status
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Returns the messages for the fields to which the error belongs, or else one for the whole form.
fn error_messages(error: &Error) -> FieldErrors {
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

/// Redirects the browser to the redirect that the form returned, to the `__next` field, to the redirect of the
/// form's declaration, or back to the page of the form, whose query then contains `sent`.
fn success_response(
    form: &FormEntry,
    control: &ControlFields,
    Success { headers, redirect }: Success,
) -> Response<ReplyBody> {
    let returned = redirect.as_ref().map(Redirect::location);
    let own = control
        .next
        .clone()
        .or_else(|| form.redirect.and_then(LocalPath::new))
        .or_else(|| Some(control.page.as_ref()?.with_sent(form.name)));
    let Some(location) = returned.or(own.as_ref().map(LocalPath::as_str)) else {
        let mut response = plain_page::sent(form);
        response.headers_mut().extend(headers);
        return response;
    };
    redirect::see_other(location, headers)
}
