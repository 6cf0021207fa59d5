//! The list of everything that clients can call.

use mizan_codegen::manifest::{Function, FunctionKind};
use mizan_core::{Cx, Error, Principal, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::explored::Explored;

/// Everything that clients of the application can call, and the principals as which the page can call it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CatalogueOut {
    /// Queries and mutations.
    functions: Vec<CatalogueEntry>,
    /// Global and local contexts.
    contexts: Vec<CatalogueEntry>,
    /// The forms.
    forms: Vec<CatalogueEntry>,
    /// The channels.
    channels: Vec<CatalogueEntry>,
    /// The principals of the application for tests.
    principals: Vec<TestPrincipalOut>,
    /// True if the application has a mailbox.
    has_mailbox: bool,
    /// The path at which the application serves its functions.
    api_path: String,
}

/// A function, context, form or channel.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CatalogueEntry {
    /// The name on the wire.
    name: String,
    /// The function that the page shows for the entry: the submission of a form. `null` for a channel.
    function: Option<String>,
    /// `query`, `mutation`, `global context`, `local context`, `form` or `channel`.
    kind: &'static str,
    /// The first paragraph of the documentation.
    summary: String,
    /// The policy; `null` if none is declared.
    policy: Option<String>,
}

/// A principal as which the page can call functions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TestPrincipalOut {
    /// The name.
    name: String,
    /// The id and the rank of the principal.
    description: String,
}

/// Returns everything that clients of the application can call.
#[client(context = "global", auth = "anyone")]
pub(crate) async fn catalogue(cx: &Cx) -> Result<CatalogueOut, Error> {
    let explored = cx.state::<Explored>();
    let manifest = &explored.manifest;
    let mut functions = Vec::new();
    let mut contexts = Vec::new();
    for function in &manifest.functions {
        if form_of(explored, &function.name).is_some() {
            continue;
        }
        let entry = CatalogueEntry::of_function(function);
        match function.kind {
            FunctionKind::Query | FunctionKind::Mutation => functions.push(entry),
            FunctionKind::GlobalContext | FunctionKind::LocalContext => contexts.push(entry),
        }
    }
    let forms = manifest.forms.iter().map(|form| {
        let submit = format!("{}.submit", form.name);
        let functions = &mut manifest.functions.iter();
        let policy = functions.find(|function| function.name == submit);
        CatalogueEntry {
            name: form.name.clone(),
            function: Some(submit),
            kind: "form",
            summary: summary(form.docs.as_deref().or(form.title.as_deref())),
            policy: policy.and_then(declared_policy),
        }
    });
    let channels = manifest.channels.iter().map(|channel| CatalogueEntry {
        name: channel.name.clone(),
        function: None,
        kind: "channel",
        summary: summary(channel.docs.as_deref()),
        policy: Some("authorize".to_owned()),
    });
    let principals = explored.principals.all().await?;
    let principals = principals.iter().map(|test| TestPrincipalOut {
        name: test.name().to_owned(),
        description: describe(test.principal()),
    });
    Ok(CatalogueOut {
        functions,
        contexts,
        forms: forms.collect(),
        channels: channels.collect(),
        principals: principals.collect(),
        has_mailbox: explored.mails.is_some(),
        api_path: explored.api_path.clone(),
    })
}

impl CatalogueEntry {
    fn of_function(function: &Function) -> Self {
        Self {
            name: function.name.clone(),
            function: Some(function.name.clone()),
            kind: kind_name(function.kind),
            summary: summary(function.docs.as_deref()),
            policy: declared_policy(function),
        }
    }
}

pub(super) fn kind_name(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "query",
        FunctionKind::Mutation => "mutation",
        FunctionKind::GlobalContext => "global context",
        FunctionKind::LocalContext => "local context",
    }
}

/// Returns the policy with the check of the input, or `None` if the function declares neither.
pub(super) fn declared_policy(function: &Function) -> Option<String> {
    let policy = function.policy.as_deref();
    match (
        policy.filter(|_| !function.unspecified_policy),
        function.authorize,
    ) {
        (Some(policy), true) => Some(format!("{policy}, then authorize")),
        (Some(policy), false) => Some(policy.to_owned()),
        (None, true) => Some("authorize".to_owned()),
        (None, false) => None,
    }
}

/// Returns the form that a function belongs to.
pub(super) fn form_of<'a>(
    explored: &'a Explored,
    function: &str,
) -> Option<&'a mizan_codegen::manifest::Form> {
    let (form, part) = function.rsplit_once('.')?;
    if !matches!(part, "schema" | "state" | "validate" | "submit") {
        return None;
    }
    let forms = &mut explored.manifest.forms.iter();
    forms.find(|it| it.name == form)
}

fn summary(docs: Option<&str>) -> String {
    let first = docs.unwrap_or_default().split("\n\n").next();
    first.unwrap_or_default().trim().to_owned()
}

fn describe(principal: &Principal) -> String {
    let Some(id) = principal.id() else {
        return "anonymous".to_owned();
    };
    let rank = if principal.is_superuser() {
        ", superuser"
    } else if principal.is_staff() {
        ", staff"
    } else {
        ""
    };
    format!("id {id}{rank}")
}
