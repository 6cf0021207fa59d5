//! `navigation.ts`: links between pages, and answers of pages.
//!
//! It is separate from `page.ts`, so that a page that uses it does not load react-dom on the server.

pub(super) const FILE: &str = r#"export { Link, type LinkProps } from "./runtime/navigation/link";
export { navigate } from "./runtime/navigation/navigate";
export { type NavigationState } from "./runtime/navigation/navigationState";
export { type NavigateOptions } from "./runtime/navigation/navigator";
export {
  forbidden,
  notFound,
  redirect,
  unauthorized,
  type RedirectOptions,
} from "./runtime/navigation/outcome";
export { useNavigation } from "./runtime/navigation/useNavigation";
"#;
