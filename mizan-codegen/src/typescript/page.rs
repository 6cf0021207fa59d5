//! `page.ts`: `hydratePage`, which the browser entry of a server-rendered page imports.
//!
//! It is a separate file because it needs react-dom, which not every client has.

pub(super) const FILE: &str = r#"export {
  hydratePage,
  type HydratePageOptions,
} from "./runtime/react/hydratePage";
"#;
