//! The derive macro of `mizan-forms`. Use it through that crate, which re-exports it.

mod form;

use proc_macro::TokenStream;

/// Implements `Form` for a struct, or `FormFields` for a group of fields.
///
/// The struct must also derive `serde::Deserialize`, `schemars::JsonSchema` and `validator::Validate`.
/// serde determines the names of the fields, schemars their types, and `#[validate(..)]` their
/// constraints. A field is required unless it is an `Option` or has `#[serde(default)]`.
///
/// See the trait `Form` and the documentation of the crate for examples.
///
/// # Options of the form: `#[form(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `name = "contact"` | the name of the form; without it, the struct is a group of fields |
/// | `title = "Contact us"` | the heading; derived from the name by default |
/// | `auth`, `auth = ..` | the policy of the form's functions, as in `#[client(auth = ..)]` |
/// | `affects(post(id), posts)` | the queries and contexts that a submission invalidates, as in `#[client]`; `*` means all |
/// | `limit = "5/hour by address"` | limits the submissions, as in `#[client]`; `by input.email` counts by the value of the field `email`; submissions that are rejected count too |
/// | `limit_unavailable = "open"` | accepts submissions while the shared store is unavailable, as in `#[client]` |
/// | `redirect = "/thanks"` | the path to which a browser without JavaScript is redirected after a successful submission |
///
/// # Options of a field: `#[field(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `label = ".."` | the label; derived from the name by default |
/// | `help = ".."` | the help text; the doc comment by default |
/// | `placeholder = ".."`, `autocomplete = ".."` | the HTML attributes |
/// | `widget = "textarea"` | the form control; determined by the type by default. `"hidden"` is an `<input type="hidden">` |
/// | `initial = expression` | the initial value |
/// | `choices("de" = "Germany", ..)` | the accepted values with their labels |
/// | `choices = path` | an `async fn path(cx: &Cx) -> Result<Vec<Choice>, Error>` that returns the choices |
/// | `order = 1` | the position; fields without `order` have 0 |
/// | `param` | the page of the form sets the value, such as the id of the object that the form edits; see `Form::Params` |
/// | `server_only` | the client neither sees nor sends the field; its value comes from `initial` |
/// | `disabled` | the field is displayed but not submitted; its value comes from `initial` |
/// | `blank` | allows empty text in a required field |
/// | `rows = 5`, `step = 0.5` | the height of a text area; the step of a number |
/// | `accept = "image/png, image/*"` | the accepted content types of a file |
/// | `max_bytes = 2_000_000` | the maximum size of a file, or of a text in UTF-8 |
///
/// # Options of a field: `#[client(..)]`
///
/// `as_number` makes an integer of 64 or more bits a `number` in JavaScript instead of a `bigint`, as for
/// the arguments of `#[client]` functions. A value beyond ±(2<sup>53</sup> − 1) is an error.
#[proc_macro_derive(Form, attributes(client, field, form))]
pub fn form(item: TokenStream) -> TokenStream {
    form::expand(item.into()).into()
}
