import { pageNavigator, type NavigateOptions } from "./navigator";

/**
 * Opens a page of this site without loading a document: the layout and the cache of queries persist. Call it in
 * event handlers and effects; {@link redirect} is for rendering.
 *
 * Resolves once the page is shown or another navigation began. Other sites, and pages that the server answers
 * without `Page::request`, are loaded as documents.
 */
export async function navigate(
  href: string | URL,
  options?: NavigateOptions,
): Promise<void> {
  if (typeof document === "undefined")
    throw new Error(
      "navigate() was called during server rendering: call redirect() in place of it",
    );
  const navigator = pageNavigator();
  if (navigator) await navigator.navigate(String(href), options);
  else location.assign(href);
}
