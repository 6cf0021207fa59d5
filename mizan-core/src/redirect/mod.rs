//! Redirects that functions return.

mod origins;

use std::any::Any;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::origins::{InvalidOrigin, RedirectOrigins};
use crate::adapter::is_local_path;
use crate::cx::Cx;
use crate::error::Error;

/// The keyword that marks the schema of a redirect.
const MARK: &str = "x-mizan-redirect";

/// An address that the browser opens after a call.
///
/// A function returns it as its whole output. A browser that opens the URL of the function, or that posts
/// a form without JavaScript, receives 303 with `Location`. Other requests receive `{"location": ".."}` as
/// JSON: hooks and forms of the generated client then open the location, and `await api.checkout(..)`
/// returns it with a method `follow()`.
///
/// The location is a path of this site, or a URL of an origin that
/// [`Registry::redirect_origin`](crate::Registry::redirect_origin) allows. Any other location is an
/// internal error, so that no link to the application leads to a site of an attacker. For a location that
/// comes from the request, use [`local_or`](Self::local_or).
///
/// ```
/// use mizan_core::{Error, Redirect, Registry, client};
///
/// # async fn create_session(_: u32) -> Result<String, Error> {
/// #     Ok("https://pay.example.com/s/1".to_owned())
/// # }
/// /// Opens the payment page of an order.
/// #[client(auth)]
/// async fn checkout(order: u32) -> Result<Redirect, Error> {
///     Ok(Redirect::to(create_session(order).await?))
/// }
///
/// # fn main() -> Result<(), mizan_core::BuildError> {
/// let app = Registry::new()
///     .function::<Checkout>()
///     .redirect_origin("https://pay.example.com")
///     .build()?;
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
///
/// The status is always 303 (See Other), with which the browser requests the location with `GET`. With 307
/// it would send the input of the call there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    location: String,
}

impl Redirect {
    /// Creates a redirect to a path of this site, or to a URL of an allowed origin.
    #[must_use]
    pub fn to(location: impl Into<String>) -> Self {
        Self {
            location: location.into(),
        }
    }

    /// Creates a redirect to `location` if it is a path of this site, and otherwise to `fallback`: for a
    /// location that comes from the request, such as the `next` of a sign-in.
    ///
    /// ```
    /// use mizan_core::Redirect;
    ///
    /// assert_eq!(Redirect::local_or("/rooms?page=2", "/").location(), "/rooms?page=2");
    /// assert_eq!(Redirect::local_or("//evil.example", "/").location(), "/");
    /// ```
    #[must_use]
    pub fn local_or(location: &str, fallback: impl Into<String>) -> Self {
        if is_local_path(location) {
            Self::to(location)
        } else {
            Self::to(fallback)
        }
    }

    /// Returns the location.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns `true` if `T` is this type.
    pub(crate) fn is<T: 'static>() -> bool {
        std::any::TypeId::of::<T>() == std::any::TypeId::of::<Self>()
    }

    /// Returns an error if `output` is a redirect to another site than this one and the allowed origins of the app.
    pub(crate) fn check_output<T: 'static>(output: &T, cx: &Cx) -> Result<(), Error> {
        let output: &dyn Any = output;
        let Some(Self { location }) = output.downcast_ref() else {
            return Ok(());
        };
        let is_allowed = |origins: &RedirectOrigins| origins.contain(location);
        if is_local_path(location) || cx.try_state().is_some_and(is_allowed) {
            return Ok(());
        }
        Err(Error::internal(format!(
            "refused a redirect to {location:?}, which is neither a path of this site nor a URL of an allowed \
             origin: use `Redirect::local_or` for a location from the request, or allow the origin with \
             `Registry::redirect_origin`"
        )))
    }

    /// Returns `true` for the schema of a redirect, also if it is optional.
    pub(crate) fn is_schema(keywords: &serde_json::Map<String, Value>) -> bool {
        keywords.get(MARK) == Some(&Value::Bool(true))
    }
}

impl JsonSchema for Redirect {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Redirect".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Redirect").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": { "location": { "type": "string" } },
            "required": ["location"],
            MARK: true,
        })
    }
}
