use mizan_core::adapter::escape_html;

use super::policy::Nonce;
use crate::functions::push_inert;
use crate::vite::{Links, Script};

/// How every document ends.
pub(crate) const END: &str = "</body></html>";

/// The document around a component's markup.
pub(crate) struct Document<'a> {
    pub(crate) lang: Option<&'a str>,
    pub(crate) title: Option<&'a str>,
    /// Trusted HTML.
    pub(crate) head: [&'a str; 2],
    pub(crate) nonce: Option<&'a Nonce>,
    /// What the browser needs to take over; without it the page is static.
    pub(crate) browser: Option<Browser<'a>>,
}

pub(crate) struct Browser<'a> {
    pub(crate) links: Links,
    pub(crate) component: &'a str,
    /// A JSON object.
    pub(crate) props: &'a str,
}

impl Document<'_> {
    /// All up to where the rest of a stream follows, or [`END`]. `markup` is the root with what stands
    /// before and behind it.
    pub(crate) fn begin(&self, markup: &str) -> String {
        // Before its root React writes what it hoists: elements for the head. In their text and their
        // attributes `<` is escaped.
        let root = markup.find("<div id=\"mizan-root\"").unwrap_or_default();
        let (hoisted, rest) = markup.split_at(root);
        let mut html = String::with_capacity(markup.len() + 1024);
        html.push_str("<!doctype html><html");
        if let Some(lang) = self.lang {
            html.push_str(&format!(" lang=\"{}\"", escape_html(lang)));
        }
        html.push_str("><head><meta charset=\"utf-8\">");
        if !hoisted.contains(" name=\"viewport\"") {
            html.push_str(
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            );
        }
        if let (Some(title), false) = (self.title, hoisted.contains("<title")) {
            html.push_str(&format!("<title>{}</title>", escape_html(title)));
        }
        for head in self.head {
            html.push_str(head);
        }
        let nonce = self.nonce_attribute();
        if let Some(browser) = &self.browser {
            // Where Vite's scripts look for the nonce of what they add.
            if !nonce.is_empty() {
                html.push_str(&format!("<meta property=\"csp-nonce\"{nonce}>"));
            }
            for style in &browser.links.styles {
                html.push_str(&format!(
                    "<link rel=\"stylesheet\" href=\"{}\"",
                    escape_html(&style.url)
                ));
                if let Some(id) = &style.dev_id {
                    html.push_str(&format!(" data-vite-dev-id=\"{}\"", escape_html(id)));
                }
                html.push('>');
            }
            for url in &browser.links.preloads {
                let url = escape_html(url);
                html.push_str(&format!(
                    "<link rel=\"modulepreload\" href=\"{url}\"{nonce}>"
                ));
            }
        }
        html.push_str(hoisted);
        html.push_str("</head><body>");
        html.push_str(rest);
        if let Some(browser) = &self.browser {
            html.push_str("<script type=\"application/json\" id=\"mizan-page\">{\"component\":");
            push_inert(
                &mut html,
                &serde_json::Value::from(browser.component).to_string(),
            );
            html.push_str(",\"props\":");
            push_inert(&mut html, browser.props);
            html.push_str("}</script>");
            html.push_str(&script(&browser.links.script, &nonce));
        }
        html
    }

    fn nonce_attribute(&self) -> String {
        self.nonce
            .map(|nonce| format!(" nonce=\"{}\"", nonce.as_str()))
            .unwrap_or_default()
    }
}

/// Asynchronous: it runs while the rest of a stream still comes.
fn script(script: &Script, nonce: &str) -> String {
    match script {
        Script::Built { url } => {
            let url = escape_html(url);
            format!("<script type=\"module\" async src=\"{url}\"{nonce}></script>")
        }
        // In one module, because React's refreshing has to be set up before a component is evaluated, and
        // asynchronous modules wait for none before them.
        Script::Served { url, entry } => {
            let module = |path: &str| {
                let mut text = String::new();
                push_inert(
                    &mut text,
                    &serde_json::Value::from(format!("{url}{path}")).to_string(),
                );
                text
            };
            format!(
                "<script type=\"module\" async{nonce}>import {{ injectIntoGlobalHook }} from {refresh};\
                 import {client};\
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
