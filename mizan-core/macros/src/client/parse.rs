//! The options and the signature of a `#[client]` function.

use heck::ToUpperCamelCase;
use mizan_macros_syntax as syntax;
use mizan_macros_syntax::{Constraints, SerdeAttributes};
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::visit::{self, Visit};
use syn::{
    Attribute, FnArg, ItemFn, LitStr, Pat, Path, Result, ReturnType, Signature, Token, Type,
    TypeReference, parenthesized, parse_quote,
};

use super::cache;
use super::stream::Stream;
use crate::encoding;
use crate::policy::Policy;

const OPTIONS: &str = "the options are `query`, `auth`, `authorize`, `context`, `affects`, `pages`, `content_type`, `cache`, `live`, `resumable`, `limit`, `limit_unavailable`, `state` and `input`";

/// The options in `#[client(..)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) query: bool,
    pub(crate) policy: Option<Policy>,
    pub(crate) authorize: Option<Path>,
    pub(crate) context: Option<Context>,
    /// The option `live`, or `live` in the value of `context`.
    pub(crate) live: Option<Span>,
    pub(crate) affects: Vec<syntax::Affected>,
    pub(crate) pages: Option<Pages>,
    pub(crate) content_type: Option<LitStr>,
    pub(crate) cache: Option<LitStr>,
    /// The option `resumable`.
    pub(crate) resumable: Option<Span>,
    /// The types of state that other functions read from the context.
    pub(crate) state: Vec<Type>,
    pub(crate) limits: syntax::Limits,
    pub(crate) input: Option<Ident>,
}

/// The argument that takes a cursor, and the member of the output with the next cursor.
pub(crate) struct Pages {
    pub(crate) cursor: String,
    pub(crate) next: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Context {
    Global,
    Local,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        let mut seen = Vec::new();
        syntax::options(input, OPTIONS, &mut seen, |option| {
            match option.to_string().as_str() {
                "query" => options.query = true,
                "auth" => options.policy = Some(auth(input)?),
                "authorize" => {
                    options.authorize =
                        Some(syntax::value(input, option, "authorize = may_rename")?);
                }
                "context" => context(input, option)?.apply(&mut options),
                "live" => options.live = Some(option.span()),
                "affects" => options.affects = syntax::affects(input, option)?,
                "pages" => options.pages = Some(pages(input, option)?),
                "content_type" => options.content_type = Some(content_type(input, option)?),
                "state" => options.state = syntax::declared_state(input, option)?,
                "cache" => options.cache = Some(cache::parse(input, option)?),
                "resumable" => options.resumable = Some(option.span()),
                "limit" => options.limits.parse_limits(input, option)?,
                "limit_unavailable" => options.limits.parse_unavailable(input, option)?,
                "input" => options.input = Some(syntax::value(input, option, "input = Name")?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let given = |option: &str| seen.iter().find(|name| *name == option);
        if let (Some(query), Some(_)) = (given("query"), given("context")) {
            return Err(syn::Error::new(
                query.span(),
                "a context is always a query; remove `query`",
            ));
        }
        if let (Some(affects), Some(_)) = (given("affects"), given("query").or(given("context"))) {
            return Err(syn::Error::new(
                affects.span(),
                "a query does not change data, so it cannot invalidate queries; remove `affects`, or \
                 make the function a mutation",
            ));
        }
        if let (Some(pages), None) = (given("pages"), given("query")) {
            return Err(syn::Error::new(
                pages.span(),
                "only a query has pages: write `#[client(query, pages(after = next))]`",
            ));
        }
        if let Some(cache) = given("cache") {
            if let Some(check) = given("authorize").or(given("auth"))
                && (check == "authorize" || !matches!(options.policy, Some(Policy::Anyone)))
            {
                return Err(syn::Error::new(
                    cache.span(),
                    format!(
                        "caches send the replies of this query to every client, so `{check}` could not \
                         protect them; remove `cache`, or `{check}`"
                    ),
                ));
            }
            if given("query").or(given("context")).is_none() {
                return Err(syn::Error::new(
                    cache.span(),
                    "only the replies of a query can be cached: write `#[client(query, cache = \"..\")]`",
                ));
            }
        }
        if let Some(live) = options.live {
            if given("query").or(given("context")).is_none() {
                return Err(syn::Error::new(
                    live,
                    "only a query is live, because a mutation has no result to keep current: write \
                     `#[client(query, live)]`",
                ));
            }
            if given("cache").is_some() {
                return Err(syn::Error::new(
                    live,
                    "caches could answer with an old result after a change; remove `live`, or `cache`",
                ));
            }
        }
        if let (Some(unavailable), None) = (given("limit_unavailable"), given("limit")) {
            return Err(syn::Error::new(
                unavailable.span(),
                "`limit_unavailable` needs a limit: write `limit = \"10/min by principal\", \
                 limit_unavailable = \"open\"`",
            ));
        }
        Ok(options)
    }
}

fn pages(input: ParseStream<'_>, option: &Ident) -> Result<Pages> {
    const EXAMPLE: &str = "name the argument with the cursor and the member of the output with the \
                           next cursor, without quotes, as in `pages(after = next)`";
    if !input.peek(Paren) {
        return Err(syn::Error::new(option.span(), EXAMPLE));
    }
    let pair;
    parenthesized!(pair in input);
    let error = |error: syn::Error| syn::Error::new(error.span(), EXAMPLE);
    let cursor = pair.call(Ident::parse_any).map_err(error)?;
    pair.parse::<Token![=]>().map_err(error)?;
    let next = pair.call(Ident::parse_any).map_err(error)?;
    if !pair.is_empty() {
        return Err(pair.error(EXAMPLE));
    }
    Ok(Pages {
        cursor: cursor.unraw().to_string(),
        next: next.unraw().to_string(),
    })
}

fn content_type(input: ParseStream<'_>, option: &Ident) -> Result<LitStr> {
    const EXAMPLE: &str = "content_type = \"text/csv\"";
    let value: LitStr = syntax::value(input, option, EXAMPLE)?;
    let text = value.value();
    let is_media_type = text.split_once('/').is_some_and(|(kind, subtype)| {
        !kind.is_empty()
            && !subtype.is_empty()
            && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    });
    if is_media_type {
        Ok(value)
    } else {
        let message = format!("`{text}` is not a content type; write, for example, `{EXAMPLE}`");
        Err(syn::Error::new(value.span(), message))
    }
}

fn auth(input: ParseStream<'_>) -> Result<Policy> {
    if !input.peek(Token![=]) {
        return Ok(Policy::SignedIn);
    }
    input.parse::<Token![=]>()?;
    Policy::parse(input)
}

/// The value of the option `context`.
struct DeclaredContext {
    context: Context,
    /// The value contains `live`.
    live: Option<Span>,
}

impl DeclaredContext {
    fn apply(self, options: &mut Options) {
        options.context = Some(self.context);
        options.live = options.live.or(self.live);
    }
}

fn context(input: ParseStream<'_>, option: &Ident) -> Result<DeclaredContext> {
    let name: LitStr = syntax::value(input, option, "context = \"local\"")?;
    let value = name.value();
    let (context, live) = match value.split_once(',') {
        Some((context, live)) if live.trim() == "live" => (context.trim(), Some(name.span())),
        _ => (&*value, None),
    };
    let context = match context {
        "global" => Context::Global,
        "local" => Context::Local,
        other => {
            return Err(syn::Error::new(
                name.span(),
                format!(
                    "unknown context `{other}`; use \"global\" or \"local\", or \"global, live\" or \"local, live\""
                ),
            ));
        }
    };
    Ok(DeclaredContext { context, live })
}

/// A function with its options, parsed and checked.
pub(crate) struct ClientFunction {
    pub(crate) options: Options,
    pub(crate) takes_cx: bool,
    /// The name of the `&Cx` argument, unless it is `_`.
    pub(crate) cx: Option<Ident>,
    pub(crate) arguments: Vec<Argument>,
    /// The return type, in which a stream is replaced by its concrete type.
    pub(crate) returned: Type,
    pub(crate) stream: Option<Stream>,
    pub(crate) input: Ident,
}

pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) constraints: Constraints,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

impl ClientFunction {
    pub(crate) fn parse(
        options: Options,
        signature: &Signature,
        mut arguments: Vec<(Vec<Attribute>, FnArg)>,
    ) -> Result<Self> {
        let returned = check_signature(signature)?;
        let cx_pattern = take_cx(&mut arguments);
        let cx = match &cx_pattern {
            Some(pattern) if !matches!(**pattern, Pat::Wild(_)) => Some(argument_name(pattern)?),
            _ => None,
        };
        let arguments: Vec<_> = arguments
            .into_iter()
            .map(|(attributes, argument)| Argument::parse(attributes, argument))
            .collect::<Result<_>>()?;
        if options.context == Some(Context::Global)
            && let Some(argument) = arguments.first()
        {
            return Err(syn::Error::new(
                argument.name.span(),
                "a global context cannot have arguments, because the page loads it once; make it \
                 `context = \"local\"`, or read the data from `cx`",
            ));
        }
        check_limited_arguments(&options.limits, &arguments)?;
        let input = match &options.input {
            Some(input) => input.clone(),
            None => input_name(&signature.ident)?,
        };
        check_input_name(&input, signature, returned, &arguments)?;
        let stream = Stream::find(returned)?;
        if let (Some(span), None) = (options.resumable, &stream) {
            return Err(syn::Error::new(
                span,
                "only a stream is resumable: return `Result<impl Stream<Item = Result<T, E>>, E>`, or remove \
                 `resumable`",
            ));
        }
        if let (Some(span), Some(_)) = (options.live, &stream) {
            return Err(syn::Error::new(
                span,
                "a stream is not live, because its parts are not kept; remove `live`",
            ));
        }
        Ok(Self {
            takes_cx: cx_pattern.is_some(),
            cx,
            arguments,
            returned: match &stream {
                Some(stream) => stream.returned.clone(),
                None => returned.clone(),
            },
            stream,
            input,
            options,
        })
    }

    /// Returns the argument with this name in Rust.
    pub(crate) fn argument(&self, name: &str) -> Option<&Argument> {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| argument.name.unraw() == name)
    }

    /// Returns `true` if an argument has `#[validate(..)]`.
    pub(crate) fn has_constraints(&self) -> bool {
        self.arguments
            .iter()
            .flat_map(|argument| &argument.attributes)
            .any(|attribute| attribute.path().is_ident("validate"))
    }
}

/// Checks that the function is async and not generic, and returns its return type.
fn check_signature(signature: &Signature) -> Result<&Type> {
    if signature.asyncness.is_none() {
        return Err(syn::Error::new(
            signature.fn_token.span(),
            format!(
                "a server function must be async: write `async fn {}(..)`",
                signature.ident
            ),
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(syn::Error::new(
            signature.generics.span(),
            "a server function cannot be generic, because clients call one function by its name; \
             use concrete types",
        ));
    }
    match &signature.output {
        ReturnType::Type(_, returned) => Ok(returned),
        ReturnType::Default => Err(syn::Error::new(
            signature.ident.span(),
            "a server function must return a `Result`: write `-> Result<T, mizan_core::Error>`, \
             with `()` as `T` if it has no output",
        )),
    }
}

/// Removes the first argument if it is `&Cx`, and returns its pattern.
fn take_cx(arguments: &mut Vec<(Vec<Attribute>, FnArg)>) -> Option<Box<Pat>> {
    match arguments.first() {
        Some((_, FnArg::Typed(first))) if is_cx(&first.ty) => {
            let pattern = first.pat.clone();
            arguments.remove(0);
            Some(pattern)
        }
        _ => None,
    }
}

/// Checks that the function has the arguments by which its limits count.
fn check_limited_arguments(limits: &syntax::Limits, arguments: &[Argument]) -> Result<()> {
    for (name, span) in limits.arguments() {
        if !arguments
            .iter()
            .any(|argument| argument.name.unraw() == name)
        {
            let known: Vec<_> = arguments
                .iter()
                .map(|argument| format!("`input.{}`", argument.name.unraw()))
                .collect();
            let known = if known.is_empty() {
                "the function has no arguments".to_owned()
            } else {
                format!("it can count by {}", known.join(", "))
            };
            let message =
                format!("the limit counts by `input.{name}`, which does not exist; {known}");
            return Err(syn::Error::new(span, message));
        }
    }
    Ok(())
}

/// Checks that no type in the signature has the name of the input's struct.
fn check_input_name(
    input: &Ident,
    signature: &Signature,
    returned: &Type,
    arguments: &[Argument],
) -> Result<()> {
    let mut same_name = TypeNamed {
        name: input,
        found: None,
    };
    same_name.visit_type(returned);
    for argument in arguments {
        same_name.visit_type(&argument.ty);
    }
    match same_name.found {
        None => Ok(()),
        Some(span) => Err(syn::Error::new(
            span,
            format!(
                "the struct for the input of `{}` has the same name `{input}`; choose another one \
                 with `#[client(input = {input}Input)]`",
                signature.ident
            ),
        )),
    }
}

/// Removes from the arguments of `function` the attributes that belong on the fields of the input,
/// because the compiler rejects them on arguments. Returns each argument with its removed
/// attributes.
pub(crate) fn take_arguments(function: &mut ItemFn) -> Vec<(Vec<Attribute>, FnArg)> {
    let take_attributes = |argument: &mut FnArg| {
        let attributes = match argument {
            FnArg::Typed(argument) => &mut argument.attrs,
            FnArg::Receiver(receiver) => &mut receiver.attrs,
        };
        let field_attributes = ["client", "doc", "serde", "schemars", "validate"];
        let moved = attributes
            .extract_if(.., |attribute| {
                field_attributes
                    .iter()
                    .any(|name| attribute.path().is_ident(name))
            })
            .collect();
        (moved, argument.clone())
    };
    function
        .sig
        .inputs
        .iter_mut()
        .map(take_attributes)
        .collect()
}

/// Returns the name of the input's struct, such as `Echo` for `echo`.
fn input_name(function: &Ident) -> Result<Ident> {
    let name = function.unraw().to_string().to_upper_camel_case();
    let name = syn::parse_str::<Ident>(&name).map_err(|_| {
        syn::Error::new(
            function.span(),
            format!(
                "cannot name the struct for the input `{name}`; choose a name with `input = Name`"
            ),
        )
    })?;
    Ok(Ident::new(&name.to_string(), function.span()))
}

impl Argument {
    fn parse(attributes: Vec<Attribute>, argument: FnArg) -> Result<Self> {
        let argument = match argument {
            FnArg::Typed(argument) => argument,
            FnArg::Receiver(receiver) => {
                return Err(syn::Error::new(
                    receiver.span(),
                    "a server function cannot be a method; use `cx` or arguments instead of `self`",
                ));
            }
        };
        let ty = &*argument.ty;
        if is_cx(ty) {
            return Err(syn::Error::new(
                ty.span(),
                "`&Cx` must be the first argument",
            ));
        }
        if is_cx_path(ty) {
            return Err(syn::Error::new(
                ty.span(),
                "the context must be borrowed: write `&Cx`",
            ));
        }
        if let Type::ImplTrait(ty) = ty {
            return Err(syn::Error::new(
                ty.span(),
                "an argument cannot be `impl Trait`, because clients need a concrete type",
            ));
        }
        let mut references = FirstReference(None);
        references.visit_type(ty);
        if let Some(span) = references.0 {
            return Err(syn::Error::new(
                span,
                "arguments must be owned, because they are decoded from the request: use `String` \
                 instead of `&str`, `Vec<T>` instead of `&[T]`, `T` instead of `&T`",
            ));
        }
        let mut argument = Self {
            constraints: Constraints::parse(&attributes)?,
            attributes,
            name: argument_name(&argument.pat)?,
            ty: *argument.ty,
        };
        argument.add_encoding()?;
        Ok(argument)
    }

    /// Replaces `#[client(as_number)]` by the attributes for serde, and adds those of a patch to an
    /// `Option<Option<T>>`.
    fn add_encoding(&mut self) -> Result<()> {
        let as_number = encoding::take_as_number(&mut self.attributes)?;
        if let Some(span) = as_number
            && self.has_custom_deserialize()
        {
            return Err(syn::Error::new(
                span,
                "`as_number` sets the encoding of the argument, and so does its `#[serde(..)]`; \
                 remove one",
            ));
        }
        let needs_default = encoding::is_option(&self.ty)
            && !encoding::serde_has_any(
                &self.attributes,
                &["default", "skip", "skip_deserializing"],
            );
        if self.has_custom_deserialize() {
            // serde requires a field that has `with`, but the schema says that it is optional.
            if needs_default {
                self.attributes.push(parse_quote!(#[serde(default)]));
            }
            return Ok(());
        }
        if let Some(with) = encoding::with(&self.ty, as_number.is_some()) {
            self.attributes.push(parse_quote!(#[serde(with = #with)]));
            if needs_default {
                self.attributes
                    .push(parse_quote!(#[serde(default, skip_serializing_if = "Option::is_none")]));
            }
        }
        Ok(())
    }

    /// Returns the name of the argument on the wire, which `#[serde(rename = "..")]` can change.
    pub(crate) fn wire_name(&self) -> String {
        // serde reports malformed options.
        let serde = SerdeAttributes::parse(&self.attributes).unwrap_or_default();
        serde
            .rename
            .unwrap_or_else(|| self.name.unraw().to_string())
    }

    /// Returns `true` if serde does not use the `Deserialize` implementation of the argument's
    /// type.
    pub(crate) fn has_custom_deserialize(&self) -> bool {
        encoding::serde_has_any(
            &self.attributes,
            &["with", "deserialize_with", "skip", "skip_deserializing"],
        )
    }
}

/// Finds the first use of a type with this name.
struct TypeNamed<'a> {
    name: &'a Ident,
    found: Option<Span>,
}

impl<'ast> Visit<'ast> for TypeNamed<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.is_ident(self.name) {
            self.found.get_or_insert(path.span());
        }
        visit::visit_path(self, path);
    }
}

/// Finds the first reference in a type.
struct FirstReference(Option<Span>);

impl<'ast> Visit<'ast> for FirstReference {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        self.0.get_or_insert(reference.span());
    }
}

/// Returns `true` for `&Cx`.
fn is_cx(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if is_cx_path(&reference.elem))
}

/// Returns `true` for `Cx`, with any path.
fn is_cx_path(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "Cx")
}

fn argument_name(pattern: &Pat) -> Result<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() && pattern.by_ref.is_none() => {
            Ok(pattern.ident.clone())
        }
        _ => Err(syn::Error::new(
            pattern.span(),
            "an argument must have a name, which clients use: `name: Type`",
        )),
    }
}
