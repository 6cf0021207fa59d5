//! `page.ts`: what the browser's entry of a page imports that the server rendered.
//!
//! A file of its own, because it needs react-dom, which not every client has.

pub(super) const FILE: &str = r#"export { hydratePage, type HydratePageOptions } from "./runtime/react/hydratePage";
"#;
