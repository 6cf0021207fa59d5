//! Type-erased functions.

use std::any::TypeId;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::dispatch::{CallReply, Conversion, check_access, dispatch, dispatch_previous};
use super::{Affected, FunctionKind, Input, Output, Pages, ServerFunction, Source};
use crate::cx::Cx;
use crate::download::Download;
use crate::error::{ClientError, Error, ErrorDeclaration};
use crate::layer::Layers;
use crate::limits::Limit;
use crate::manifest::{Decode, decode_error};
use crate::policy::Policy;
use crate::redirect::Redirect;
use crate::state::StateKey;
use crate::upload::{UploadField, upload_fields};

/// A registered function, type-erased: its input is JSON, and its output is JSON or a [`Download`].
///
/// [`App::function`](crate::App::function) finds it by name.
#[derive(Clone)]
pub struct FunctionEntry {
    pub(crate) name: &'static str,
    /// The name of the function that runs. It differs from `name` in an earlier version of a
    /// function that was renamed.
    pub(crate) runs: &'static str,
    /// The contract, empty until the registry has described the function.
    pub(crate) contract: String,
    pub(crate) kind: FunctionKind,
    pub(crate) policy: Policy,
    /// `true` if a check decides about calls with their input.
    pub(crate) has_authorize: bool,
    pub(crate) affects: &'static [Affected],
    pub(crate) pages: Option<Pages>,
    pub(crate) limits: &'static [Limit],
    /// The content type that the function declares for its download.
    pub(crate) content_type: Option<&'static str>,
    /// The header `Cache-Control` of a query that runs without a principal.
    pub(crate) cache: Option<&'static str>,
    is_live: bool,
    is_shared: bool,
    /// `true` for an earlier version, whose input and output differ from those of the function that runs.
    is_previous: bool,
    is_download: bool,
    is_redirect: bool,
    /// The declaration of the error of the parts, for a function that returns a stream.
    pub(crate) part_error: Option<fn(&mut SchemaGenerator) -> Option<ErrorDeclaration>>,
    is_resumable: bool,
    pub(crate) docs: &'static str,
    pub(crate) source: Option<Source>,
    pub(crate) registered_at: &'static Location<'static>,
    pub(crate) required_state: fn() -> Vec<StateKey>,
    uploads: fn() -> Vec<UploadField>,
    pub(crate) input: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) output: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) error: fn(&mut SchemaGenerator) -> Option<ErrorDeclaration>,
    /// Decodes the input and the output, to find the keys of maps.
    pub(crate) decode_input: Decode,
    pub(crate) decode_output: Option<Decode>,
    /// The layers around the function, once its registry is merged or built.
    pub(crate) layers: Layers,
    call: Call,
    check_access: CheckAccess,
}

type CheckAccess =
    Arc<dyn for<'a> Fn(&'a Cx, &'a [u8]) -> BoxFuture<'a, Result<(), Error>> + Send + Sync>;

type Call = Arc<dyn Fn(Cx, Bytes, Layers) -> BoxFuture<'static, CallReply> + Send + Sync>;

impl FunctionEntry {
    pub(crate) fn of<F: ServerFunction>(registered_at: &'static Location<'static>) -> Self {
        Self {
            name: F::NAME,
            runs: F::NAME,
            contract: String::new(),
            kind: F::KIND,
            policy: F::POLICY,
            has_authorize: F::has_authorize(),
            affects: F::AFFECTS,
            pages: F::PAGES,
            limits: F::LIMITS,
            content_type: F::CONTENT_TYPE,
            cache: F::CACHE,
            is_live: F::LIVE,
            is_shared: F::SHARED,
            is_previous: false,
            is_download: Download::is::<F::Output>(),
            is_redirect: Redirect::is::<F::Output>(),
            part_error: F::stream().map(|stream| stream.error),
            is_resumable: F::RESUMABLE,
            docs: F::DOCS,
            source: F::SOURCE,
            registered_at,
            required_state: F::required_state,
            uploads: F::uploads,
            // Inline, because the generator names the input after the function.
            input: <F as JsonSchema>::json_schema,
            output: SchemaGenerator::subschema_for::<F::Output>,
            error: F::Error::declaration,
            decode_input: decode_error::<F>,
            decode_output: F::decode_output(),
            layers: None,
            call: Arc::new(|cx, input, layers| Box::pin(dispatch::<F>(cx, input, layers))),
            check_access: Arc::new(|cx, input| Box::pin(check_access::<F, F>(cx, input, Ok))),
        }
    }

    /// Creates an earlier version of `F`, which clients call as `name`.
    pub(crate) fn previous<F, I, O, E>(
        name: &'static str,
        registered_at: &'static Location<'static>,
        conversion: impl Conversion<F, I, O, E>,
    ) -> Self
    where
        F: ServerFunction,
        I: Input,
        O: Output,
        E: ClientError,
    {
        let conversion = Arc::new(conversion);
        let for_access = Arc::clone(&conversion);
        let stream = F::stream().filter(|_| TypeId::of::<O>() == TypeId::of::<F::Output>());
        Self {
            name,
            registered_at,
            is_previous: true,
            uploads: previous_uploads::<F, I>,
            input: <I as JsonSchema>::json_schema,
            is_download: Download::is::<O>(),
            is_redirect: Redirect::is::<O>(),
            output: SchemaGenerator::subschema_for::<O>,
            error: E::declaration,
            decode_input: decode_error::<I>,
            decode_output: None,
            part_error: stream.map(|stream| stream.error),
            check_access: Arc::new(move |cx, input| {
                let conversion = Arc::clone(&for_access);
                let convert = move |input| conversion.input(input);
                Box::pin(check_access(cx, input, convert))
            }),
            call: Arc::new(move |cx, input, layers| {
                let conversion = Arc::clone(&conversion);
                Box::pin(dispatch_previous(cx, input, layers, name, conversion))
            }),
            ..Self::of::<F>(registered_at)
        }
    }

    /// Returns the name that clients call.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the kind of the function.
    #[must_use]
    pub fn kind(&self) -> FunctionKind {
        self.kind
    }

    /// Returns the queries and contexts that a successful call invalidates.
    #[must_use]
    pub fn affects(&self) -> &'static [Affected] {
        self.affects
    }

    /// Returns the files that the function accepts.
    #[must_use]
    pub fn uploads(&self) -> Vec<UploadField> {
        (self.uploads)()
    }

    /// Returns `true` if the output of the function is a [`Download`].
    #[must_use]
    pub fn is_download(&self) -> bool {
        self.is_download
    }

    /// Returns `true` if the output of the function is a [`Redirect`].
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.is_redirect
    }

    /// Returns the redirect in `output`, the JSON of a successful reply, for a function whose output is a
    /// [`Redirect`]. Dispatch has checked its location.
    #[must_use]
    pub fn redirect(&self, output: &[u8]) -> Option<Redirect> {
        self.is_redirect
            .then(|| serde_json::from_slice(output).ok())
            .flatten()
    }

    /// Returns `true` if the function returns a stream: its reply has a
    /// [`stream`](CallReply::stream) instead of an output.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.part_error.is_some()
    }

    /// Returns `true` if the function returns a stream that continues when its client leaves.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        self.is_resumable && self.is_stream()
    }

    /// Returns the header `Cache-Control` of replies to `GET`, for a query that runs without a principal.
    #[must_use]
    pub fn cache(&self) -> Option<&'static str> {
        self.cache
    }

    /// Returns `true` if clients that show the result of the query receive its changes.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Returns `true` if the result of a live query is the same for each caller who may call it. Layers may make a
    /// difference between callers, so the result of a function with layers is not shared.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_live && self.is_shared && self.layers.is_none()
    }

    /// Returns the name of the function that runs, which invalidations contain. It differs from
    /// [`name`](Self::name) in an earlier version of a function that was renamed.
    #[must_use]
    pub fn runs(&self) -> &'static str {
        self.runs
    }

    /// Returns `true` for an earlier version of a function, whose arguments may have other names and types.
    #[must_use]
    pub fn is_previous(&self) -> bool {
        self.is_previous
    }

    /// Checks the policy, so that a server can reject a call before it reads a large input.
    ///
    /// [`dispatch`](Self::dispatch) checks the policy again.
    ///
    /// # Errors
    ///
    /// Returns the error for the client if the policy rejects the call or fails.
    pub async fn check_policy(&self, cx: &Cx) -> Result<(), Error> {
        self.policy.decide(cx).await?.into_result(cx.principal())
    }

    /// Checks whether the caller may still make a call that it has made: the policy and `authorize`, without
    /// limits and validation. A server checks long streams again with it.
    ///
    /// # Errors
    ///
    /// Returns the error for the client if the policy or `authorize` rejects the call, fails or panics.
    pub async fn check_access(&self, cx: &Cx, input: &[u8]) -> Result<(), Error> {
        (self.check_access)(cx, input)
            .await
            .map_err(|error| error.logged_in(self.name, cx.head()))
    }

    /// Calls the function with its input as JSON. Empty bytes mean no arguments.
    ///
    /// A panic in the function is caught and becomes an internal error. Dropping the future cancels
    /// the function.
    #[must_use]
    pub fn dispatch(&self, cx: Cx, input: Bytes) -> BoxFuture<'static, CallReply> {
        let cx = match self.cache {
            Some(_) => cx.without_principal(),
            None => cx,
        };
        (self.call)(cx, input, self.layers.clone())
    }

    /// Returns the source location of the function, or of its registration.
    pub(crate) fn location(&self) -> String {
        match self.source {
            Some(source) => source.to_string(),
            None => self.registered_at.to_string(),
        }
    }
}

/// Returns the files that an earlier version of `F` accepts. A field without limits in its schema has those
/// of the field of `F` at the same path.
fn previous_uploads<F: ServerFunction, I: Input>() -> Vec<UploadField> {
    let current = F::uploads();
    let with_limits = |field: UploadField| {
        let has_limits = !field.accept.is_empty() || field.max_bytes.is_some();
        let same = current.iter().find(|other| other.path == field.path);
        same.filter(|_| !has_limits).cloned().unwrap_or(field)
    };
    upload_fields::<I>().into_iter().map(with_limits).collect()
}

impl fmt::Debug for FunctionEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FunctionEntry({}, {})", self.name, self.location())
    }
}
