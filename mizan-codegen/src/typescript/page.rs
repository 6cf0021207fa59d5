//! `page.ts`: the import of a browser entry that hydrates a page.
//!
//! It is a separate file because it needs react-dom, which not every client has.

pub(super) const FILE: &str = r#"export {
  hydratePage,
  type HydratePageOptions,
} from "./runtime/react/hydratePage";
"#;
