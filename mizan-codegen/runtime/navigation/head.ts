import { pageNonce } from "../react/pageNonce";
import type { PageDescription } from "./pageRequest";

/** The comments around the elements of the head that belong to one page. The server writes the same ones. */
const start = "mizan-head";
const end = "/mizan-head";

/**
 * Replaces the elements that the previous page had in the head. Elements that components render are React's.
 *
 * Scripts run again each time the page opens. As in a document, a content security policy blocks scripts and styles
 * without a nonce; those with one receive the nonce of this document.
 */
export function applyHead({ title, head = "" }: PageDescription): void {
  const [first, last] = boundaries();
  while (first.nextSibling && first.nextSibling !== last)
    first.nextSibling.remove();
  // Elements in a template are inert: the browser does not check or apply them yet.
  const template = document.createElement("template");
  template.innerHTML = head;
  const elements: Element[] = [
    ...template.content.querySelectorAll("meta, link, title, style, script"),
  ].map(activate);
  if (title !== undefined) {
    const element = document.createElement("title");
    element.textContent = title;
    // The first title of a document counts.
    elements.unshift(element);
  }
  first.after(...elements);
}

/** Returns an element that the browser executes or applies when it is inserted. */
function activate(element: Element): Element {
  if (!["script", "style"].includes(element.localName)) return element;
  // The browser never runs a script that it parsed in a template.
  const active = document.createElement(element.localName);
  for (const { name, value } of element.attributes)
    active.setAttribute(
      name,
      name === "nonce" ? (pageNonce() ?? value) : value,
    );
  active.textContent = element.textContent;
  if (active instanceof HTMLScriptElement)
    active.async = element.hasAttribute("async");
  return active;
}

/** Returns the elements that the page has in the head, apart from those of components. */
export function readHead(): string {
  const [first, last] = boundaries();
  const range = document.createRange();
  range.setStartAfter(first);
  range.setEndBefore(last);
  const container = document.createElement("div");
  container.append(range.cloneContents());
  return container.innerHTML;
}

function boundaries(): [first: Comment, last: Comment] {
  const comments = [...document.head.childNodes].filter(
    (node) => node instanceof Comment,
  );
  const first = comments.find(({ data }) => data === start);
  const last = comments.find(({ data }) => data === end);
  if (first && last) return [first, last];
  const created = [
    document.createComment(start),
    document.createComment(end),
  ] as [Comment, Comment];
  document.head.append(...created);
  return created;
}

/** Loads the files of a page into the browser's cache, without applying or evaluating them. */
export function preloadFiles({
  styles = [],
  modules = [],
}: PageDescription): void {
  for (const href of modules) addLink("modulepreload", href);
  for (const href of styles) addLink("preload", href);
}

function addLink(rel: string, href: string): void {
  const links = [...document.head.querySelectorAll("link")];
  const isKnown = (link: HTMLLinkElement): boolean =>
    ["preload", "modulepreload", "stylesheet"].includes(link.rel) &&
    link.href === new URL(href, document.baseURI).href;
  if (links.some(isKnown)) return;
  const link = document.createElement("link");
  link.rel = rel;
  link.href = href;
  if (rel === "preload") link.as = "style";
  document.head.append(link);
}
