//! `navigation.ts`: answers of pages.
//!
//! It is separate from `page.ts`, so that a page that uses it does not load react-dom on the server.

pub(super) const FILE: &str = r#"export {
  forbidden,
  notFound,
  redirect,
  unauthorized,
  type RedirectOptions,
} from "./runtime/navigation/outcome";
"#;
