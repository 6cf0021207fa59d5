use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};

use crate::{
    ClientError, Cx, Error, ErrorDeclaration, Kind, Policy, ReplyHead, ServerFunction, Source,
    StateKey, UploadField, json, validation,
};

/// The steps of every call.
pub(crate) async fn run<F: ServerFunction>(
    cx: &Cx,
    input: impl FnOnce() -> Result<F, Error>,
) -> Result<F::Output, CallError<F::Error>> {
    F::POLICY.decide(cx).await.enforce(cx.principal())?;
    let input = input()?;
    input
        .validate()
        .map_err(|errors| Error::refused(validation::constraint_messages(&errors)))?;
    input.authorize(cx).await.enforce(cx.principal())?;
    input.call(cx).await.map_err(CallError::Failed)
}

/// Why a call with values gave no output.
#[derive(Debug)]
pub enum CallError<E> {
    /// The policy, the validation or `authorize` stopped the call.
    Refused(Error),
    /// The function ran and failed.
    Failed(E),
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What a function that called another passes on with `?`.
impl<E: ClientError> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        error.into_error()
    }
}

/// What a function that stops some of its calls by itself declares: no more than `E` does.
#[diagnostic::do_not_recommend]
impl<E: ClientError> ClientError for CallError<E> {
    fn declaration(schemas: &mut SchemaGenerator) -> Option<ErrorDeclaration> {
        E::declaration(schemas)
    }

    fn into_error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Failed(error) => error.into_error(),
        }
    }
}

impl<E: ClientError> CallError<E> {
    /// The failure as the client would be told.
    #[must_use]
    pub fn into_error(self) -> Error {
        ClientError::into_error(self)
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into_error().code()
    }
}

/// A registered function, whatever its types: JSON in, JSON out.
#[derive(Clone)]
pub struct Function {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) policy: Policy,
    pub(crate) affects: &'static [&'static str],
    pub(crate) docs: &'static str,
    pub(crate) source: Option<Source>,
    pub(crate) registered_at: &'static Location<'static>,
    pub(crate) required_state: fn() -> Vec<StateKey>,
    uploads: fn() -> Vec<UploadField>,
    pub(crate) input: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) output: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) error: fn(&mut SchemaGenerator) -> Option<ErrorDeclaration>,
    call: fn(Cx, Bytes) -> BoxFuture<'static, Reply>,
}

/// The answer to a dispatched call.
#[derive(Debug)]
pub struct Reply {
    /// The output as JSON, or why there is none.
    pub result: Result<Bytes, Error>,
    /// What goes back besides.
    pub head: ReplyHead,
}

impl Function {
    pub(crate) fn of<F: ServerFunction>(registered_at: &'static Location<'static>) -> Self {
        Self {
            name: F::NAME,
            kind: F::KIND,
            policy: F::POLICY,
            affects: F::AFFECTS,
            docs: F::DOCS,
            source: F::SOURCE,
            registered_at,
            required_state: F::required_state,
            uploads: F::uploads,
            // Inline: the generator names the input after the function.
            input: F::json_schema,
            output: SchemaGenerator::subschema_for::<F::Output>,
            error: F::Error::declaration,
            call: |cx, input| Box::pin(dispatch::<F>(cx, input)),
        }
    }

    /// What clients call the function.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How the function is used.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The names of the queries and contexts that a successful call makes stale.
    #[must_use]
    pub fn affects(&self) -> &'static [&'static str] {
        self.affects
    }

    /// The files that the function takes.
    #[must_use]
    pub fn uploads(&self) -> Vec<UploadField> {
        (self.uploads)()
    }

    /// Asks the policy whether the call may go on, for a server that would otherwise receive a large
    /// input in vain. [`dispatch`](Self::dispatch) asks again.
    ///
    /// # Errors
    ///
    /// What the client is told where the policy stops the call.
    pub async fn admit(&self, cx: &Cx) -> Result<(), Error> {
        self.policy.decide(cx).await.enforce(cx.principal())
    }

    /// Calls the function with its input as JSON; no bytes at all stand for no arguments.
    ///
    /// A panic in the function is caught and answered as an internal error. Dropping the future
    /// drops the function where it stands.
    #[must_use]
    pub fn dispatch(&self, cx: Cx, input: Bytes) -> BoxFuture<'static, Reply> {
        (self.call)(cx, input)
    }

    /// Where the function is written, or else where it was registered.
    pub(crate) fn place(&self) -> String {
        match self.source {
            Some(source) => source.to_string(),
            None => self.registered_at.to_string(),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({}, {})", self.name, self.place())
    }
}

async fn dispatch<F: ServerFunction>(cx: Cx, input: Bytes) -> Reply {
    let outcome = AssertUnwindSafe(async {
        let output = run::<F>(&cx, || cx.uploads().decoding(|| json::decode(&input))).await?;
        Ok(Bytes::from(serde_json::to_vec(&output)?))
    })
    .catch_unwind()
    .await;
    let result = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)));
    Reply {
        result: result.map_err(|error: Error| error.logged(F::NAME)),
        head: cx.into_reply(),
    }
}

pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with a value that is not text");
    Error::internal(format!("the function panicked: {message}"))
}
