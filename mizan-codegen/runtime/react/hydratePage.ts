import { createElement, type ComponentType, type ReactNode } from "react";
import {
  hydrateRoot,
  type HydrationOptions,
  type Root,
} from "react-dom/client";
import { pageNonce } from "./pageNonce";
import { offerReload, recover } from "./pageRecovery";

/** Options for hydrating a page that the server rendered. */
export interface HydratePageOptions extends HydrationOptions {
  /** Wraps the page, for example in providers. It must not add elements that the server does not render. */
  readonly wrap?: (page: ReactNode) => ReactNode;
}

/** Component and props that the server rendered. */
interface Page {
  readonly component: string;
  readonly props: object;
}

/**
 * Loads the component that the server rendered, and hydrates the page.
 *
 * `components` maps the server's paths to functions that load a component. In a file in the folder that the
 * server's paths are relative to, `import.meta.glob("./pages/*.tsx")` returns such a map.
 *
 * After a deployment, files that an open page refers to may be missing. If the component cannot be loaded,
 * the page reloads once. If that does not help, or if a file that is loaded later is missing, the page shows
 * a notice with a button that reloads it.
 */
export async function hydratePage(
  components: Readonly<Record<string, () => Promise<unknown>>>,
  { wrap = (page) => page, ...options }: HydratePageOptions = {},
): Promise<Root> {
  const root = document.querySelector("body > #mizan-root");
  const page = readPage();
  if (!root || !page)
    throw new Error(
      "cannot hydrate a page that the server did not render: #mizan-root or #mizan-page is missing",
    );
  applyNonce(root);
  const load = components[page.component] ?? components[`./${page.component}`];
  if (!load) {
    const known = Object.keys(components).join(", ") || "none";
    throw new Error(
      `the component ${page.component} of this page is not among the given components: ${known}`,
    );
  }
  const component = await load().catch(recover);
  addEventListener("vite:preloadError", offerReload);
  return hydrateRoot(
    root,
    wrap(createElement((component as PageModule).default, page.props)),
    options,
  );
}

/**
 * Prepares the nonce of the content security policy for React and for libraries that add styles.
 *
 * The server writes the nonce, but components do not, so the attribute would be a hydration mismatch. The property
 * keeps the nonce, so that a library such as emotion can move the element.
 */
function applyNonce(root: Element): void {
  for (const style of root.querySelectorAll<HTMLStyleElement>("style[nonce]")) {
    const nonce = style.nonce || "";
    style.removeAttribute("nonce");
    style.nonce = nonce;
  }
  const nonce = pageNonce();
  // Libraries such as styled-components read the nonce of bundlers from this variable.
  if (nonce !== undefined) globals.__webpack_nonce__ = nonce;
}

const globals = globalThis as { __webpack_nonce__?: string };

interface PageModule {
  readonly default: ComponentType<object>;
}

/** Reads only the element that the server writes: users' HTML may contain elements with the same id. */
function readPage(): Page | undefined {
  const found = document.querySelectorAll(
    'body > script#mizan-page[type="application/json"]',
  );
  const text = found[found.length - 1]?.textContent;
  return text ? (JSON.parse(text) as Page) : undefined;
}
