import type { PageDescription } from "./pageRequest";

/** The comments around the elements of the head that belong to one page. The server writes the same ones. */
const start = "mizan-head";
const end = "/mizan-head";

/**
 * Replaces the elements that the previous page had in the head. Elements that components render are React's.
 *
 * Scripts and styles are left out: a content security policy would block them.
 */
export function applyHead({ title, head = "" }: PageDescription): void {
  const [first, last] = boundaries();
  while (first.nextSibling && first.nextSibling !== last)
    first.nextSibling.remove();
  const page = new DOMParser().parseFromString(head, "text/html");
  const elements: Element[] = [
    ...page.head.querySelectorAll("meta, link, title"),
  ];
  if (title !== undefined) {
    const element = document.createElement("title");
    element.textContent = title;
    // The first title of a document counts.
    elements.unshift(element);
  }
  first.after(...elements);
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

/** Loads the files of a page into the browser's cache. */
export function preloadFiles({
  styles = [],
  modules = [],
}: PageDescription): void {
  for (const href of modules) addLink("modulepreload", href);
  for (const href of styles) addLink("preload", href);
}

/** Loads the files of a page. Settles when its style sheets are loaded, or failed to. */
export async function loadFiles({
  styles = [],
  modules = [],
}: PageDescription): Promise<void> {
  for (const href of modules) addLink("modulepreload", href);
  await Promise.all(styles.map((href) => addLink("stylesheet", href)));
}

function addLink(rel: string, href: string): Promise<void> | undefined {
  const links = [...document.head.querySelectorAll("link")];
  if (links.some((link) => link.rel === rel && isLinkTo(link, href)))
    return undefined;
  const link = document.createElement("link");
  link.rel = rel;
  if (rel === "preload") link.as = "style";
  link.href = href;
  const loaded = new Promise<void>((resolve) => {
    link.onload = () => resolve();
    // A page without a style sheet is better than none.
    link.onerror = () => resolve();
  });
  document.head.append(link);
  return loaded;
}

function isLinkTo(link: HTMLLinkElement, href: string): boolean {
  return link.href === new URL(href, document.baseURI).href;
}
