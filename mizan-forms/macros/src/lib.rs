//! The macro of `mizan-forms`, which re-exports it. Use it from there.

mod form;

use proc_macro::TokenStream;

/// Makes a struct a form, or a group of fields of one.
///
/// It stands beside `serde::Deserialize`, `schemars::JsonSchema` and `validator::Validate`: serde
/// decides the names, schemars the kinds of the fields, `#[validate(..)]` their constraints. A field
/// is required unless it is an `Option` or has `#[serde(default)]`.
///
/// # Options of the form: `#[form(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `name = "contact"` | what clients call the form; without it, the struct is a group of fields |
/// | `title = "Contact us"` | its heading; else made of the name |
/// | `auth`, `auth = ..` | who may see, check and submit it, as in `#[client(auth = ..)]` |
/// | `affects(post, posts)` | the queries and contexts that a submission makes stale; `*` is all |
/// | `redirect = "/thanks"` | where a browser without JavaScript goes after a success |
///
/// # Options of a field: `#[field(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `label = ".."`, `help = ".."` | else made of the name, and of the doc comment |
/// | `placeholder = ".."`, `autocomplete = ".."` | HTML's attributes |
/// | `widget = "textarea"` | how it is shown; else by its type |
/// | `initial = expression` | what it holds at first |
/// | `choices("de" = "Germany", ..)` | what it may hold, with labels |
/// | `choices = path` | the same from `async fn path(cx: &Cx) -> Result<Vec<Choice>, Error>` |
/// | `order = 1` | where it stands; fields without have 0 |
/// | `hidden` | neither shown nor sent: it has the value that `initial` gives |
/// | `disabled` | shown and not sent: it has the value that `initial` gives |
/// | `blank` | text that is required and may be empty |
/// | `rows = 5`, `step = 0.5` | of a text area; of a number |
/// | `accept = "image/png, image/*"` | the content types of a file |
/// | `max_bytes = 2_000_000` | the most bytes of a file, or of a text in UTF-8 |
#[proc_macro_derive(Form, attributes(form, field))]
pub fn form(item: TokenStream) -> TokenStream {
    form::expand(item.into()).into()
}
