//! The HTML document around a component's markup.

use htmlize::escape_all_quotes;

use super::csp::Nonce;
use super::outcome::LocalPath;
use super::pages::Answers;
use crate::inline_json::{push_inline_json, push_inline_string};
use crate::vite::{PageLinks, ScriptLink};

/// Reloads a page once if its entry script or a script that it imports is missing, for example after a deployment, and
/// shows a notice if this does not help.
///
/// `pageRecovery.ts` of the generated client does the same for scripts that load later. Both store the time of the reload
/// under the same key, so that a page is reloaded once.
const ENTRY_RECOVERY: &str = include_str!("entry_recovery.js");

/// The hash of the inline script that reloads a page whose entry script is missing.
///
/// For the `script-src` of a policy without nonces, such as that of a server of [exported](crate::prerender) pages.
///
/// ```
/// let policy = format!("script-src 'self' {}", mizan_ssr::page::RECOVERY_SCRIPT_HASH);
/// # assert!(policy.ends_with("='"));
/// ```
pub const RECOVERY_SCRIPT_HASH: &str = "'sha256-0Cm2O36wnXfHARDjRkHTf9KacnQ6wpWeotlw9Zss+ag='";

/// The end of every document.
pub(super) const DOCUMENT_END: &str = "</body></html>";

/// The parts of a document besides the component's markup.
pub(super) struct Document<'a> {
    pub(super) lang: Option<&'a str>,
    pub(super) title: Option<&'a str>,
    /// Trusted HTML for the head of all pages.
    pub(super) shared_head: &'a str,
    /// Trusted HTML for the head of this page.
    pub(super) own_head: &'a str,
    pub(super) nonce: Option<&'a Nonce>,
    /// The links and data for hydration; `None` for a static page.
    pub(super) hydration: Option<Hydration<'a>>,
}

/// The browser files and the data that hydrate a page.
pub(super) struct Hydration<'a> {
    pub(super) links: PageLinks,
    pub(super) component: &'a str,
    /// A JSON object.
    pub(super) props: &'a str,
    pub(super) build_id: &'a str,
    pub(super) answers: &'a Answers,
}

impl Document<'_> {
    /// Returns the document up to the rest of a stream or [`DOCUMENT_END`].
    ///
    /// `markup` is the root element with the elements before and after it.
    pub(super) fn beginning(&self, markup: &str) -> String {
        let (hoisted, body) = split_hoisted(markup);
        let mut html = String::with_capacity(markup.len() + 1024);
        html.push_str("<!doctype html><html");
        if let Some(lang) = self.lang {
            html.push_str(&format!(" lang=\"{}\"", escape_all_quotes(lang)));
        }
        html.push_str("><head>");
        self.push_head(&mut html, hoisted);
        html.push_str("</head><body>");
        html.push_str(body);
        if let Some(hydration) = &self.hydration {
            html.push_str("<script type=\"application/json\" id=\"mizan-page\">{\"component\":");
            push_inline_string(&mut html, hydration.component);
            html.push_str(",\"props\":");
            push_inline_json(&mut html, hydration.props);
            html.push_str(",\"build\":");
            push_inline_string(&mut html, hydration.build_id);
            hydration.push_answers(&mut html);
            html.push_str("}</script>");
            html.push_str(&script(&hydration.links.script, &self.nonce_attribute()));
        }
        html
    }

    fn push_head(&self, html: &mut String, hoisted: &str) {
        html.push_str("<meta charset=\"utf-8\">");
        if !hoisted.contains(" name=\"viewport\"") {
            html.push_str(
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            );
        }
        html.push_str(self.shared_head);
        let mut own = String::new();
        if let (Some(title), false) = (self.title, has_title(hoisted)) {
            own.push_str(&format!("<title>{}</title>", escape_all_quotes(title)));
        }
        own.push_str(self.own_head);
        // A client navigation replaces these elements.
        if self.hydration.is_some() && !own.is_empty() {
            own = format!("<!--mizan-head-->{own}<!--/mizan-head-->");
        }
        html.push_str(&own);
        if let Some(hydration) = &self.hydration {
            self.push_links(html, &hydration.links);
        }
        html.push_str(hoisted);
    }

    fn push_links(&self, html: &mut String, links: &PageLinks) {
        let nonce = self.nonce_attribute();
        // Vite's scripts read the nonce of the elements that they add from here.
        if !nonce.is_empty() {
            html.push_str(&format!("<meta property=\"csp-nonce\"{nonce}>"));
        }
        for style in &links.styles {
            html.push_str(&format!(
                "<link rel=\"stylesheet\" href=\"{}\"",
                escape_all_quotes(&style.url)
            ));
            if let Some(id) = &style.dev_id {
                html.push_str(&format!(" data-vite-dev-id=\"{}\"", escape_all_quotes(id)));
            }
            html.push('>');
        }
        for url in &links.preloads {
            html.push_str(&format!(
                "<link rel=\"modulepreload\" href=\"{}\"{nonce}>",
                escape_all_quotes(url)
            ));
        }
    }

    fn nonce_attribute(&self) -> String {
        self.nonce
            .map(|nonce| format!(" nonce=\"{}\"", nonce.as_str()))
            .unwrap_or_default()
    }
}

impl Hydration<'_> {
    /// Appends the pages that the browser shows if a component answers without markup.
    fn push_answers(&self, html: &mut String) {
        let Answers {
            not_found,
            forbidden,
            sign_in,
            ..
        } = self.answers;
        for (name, value) in [
            ("notFound", not_found.as_deref()),
            ("forbidden", forbidden.as_deref()),
            ("signIn", sign_in.as_ref().map(LocalPath::as_str)),
        ] {
            if let Some(value) = value {
                html.push_str(&format!(",\"{name}\":"));
                push_inline_string(html, value);
            }
        }
    }
}

/// Splits markup into hoisted elements and the rest.
///
/// React writes hoisted elements, which belong in the head, before the root. `<` is escaped in their text
/// and attributes.
pub(super) fn split_hoisted(markup: &str) -> (&str, &str) {
    let root = markup.find("<div id=\"mizan-root\"").unwrap_or_default();
    markup.split_at(root)
}

/// Returns whether hoisted elements contain the title of the page.
pub(super) fn has_title(hoisted: &str) -> bool {
    hoisted.contains("<title")
}

/// Returns the entry script. It is asynchronous, so it runs while the rest of a stream still arrives.
fn script(script: &ScriptLink, nonce: &str) -> String {
    match script {
        ScriptLink::Build { url } => {
            let url = escape_all_quotes(url);
            format!(
                "<script{nonce}>{ENTRY_RECOVERY}</script>\
                 <script type=\"module\" async id=\"mizan-entry\" src=\"{url}\"{nonce}></script>"
            )
        }
        // One module, because React Refresh must be installed before a component is evaluated, and the
        // order of asynchronous scripts is undefined.
        ScriptLink::DevServer { url, entry } => {
            let module = |path: &str| {
                let mut text = String::new();
                push_inline_string(&mut text, &format!("{url}{path}"));
                text
            };
            let mut hint = String::new();
            push_inline_string(
                &mut hint,
                &format!(
                    "This page does not react, because the development server {url} does not answer. Start \
                     Vite, and reload the page."
                ),
            );
            format!(
                "<script type=\"module\" async{nonce}>\
                 const load = Promise.all([import({refresh}), import({client})]);\
                 const [{{ injectIntoGlobalHook }}] = await load.catch((error) => {{\
                 const notice = document.createElement(\"p\");\
                 notice.role = \"alert\";\
                 notice.textContent = {hint};\
                 document.body.prepend(notice);\
                 throw error;\
                 }});\
                 injectIntoGlobalHook(window);\
                 window.$RefreshReg$ = () => {{}};\
                 window.$RefreshSig$ = () => (type) => type;\
                 await import({entry});</script>",
                refresh = module("@react-refresh"),
                client = module("@vite/client"),
                entry = module(entry),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::{ENTRY_RECOVERY, RECOVERY_SCRIPT_HASH};

    #[test]
    fn hash_belongs_to_recovery_script() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(ENTRY_RECOVERY));
        assert_eq!(RECOVERY_SCRIPT_HASH, format!("'sha256-{hash}'"));
    }
}
