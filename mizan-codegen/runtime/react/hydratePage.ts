import {
  createElement,
  startTransition,
  type ErrorInfo,
  type ReactNode,
} from "react";
import {
  hydrateRoot,
  type HydrationOptions,
  type Root,
} from "react-dom/client";
import { outcomeOf } from "../navigation/outcome";
import {
  hasPageOpener,
  setCurrentPage,
  type EmbeddedPage,
  type PageModule,
  type View,
} from "./currentPage";
import { OutcomeBoundary, PageRoot } from "./pageRoot";
import { PersistentCaches } from "./pageData";
import { pageNonce } from "./pageNonce";
import { offerReload, recover } from "./pageRecovery";

/** Options for hydrating a page that the server rendered. */
export interface HydratePageOptions extends HydrationOptions {
  /** Wraps the page, for example in providers. It must not add elements that the server does not render. */
  readonly wrap?: (page: ReactNode) => ReactNode;
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
  const embedded = readPage();
  if (!root || !embedded)
    throw new Error(
      "cannot hydrate a page that the server did not render: #mizan-root or #mizan-page is missing",
    );
  applyNonce(root);
  const load = (path: string): Promise<PageModule> | undefined =>
    (components[path] ?? components[`./${path}`])?.() as
      Promise<PageModule> | undefined;
  const loading = load(embedded.component);
  if (!loading) {
    const known = Object.keys(components).join(", ") || "none";
    throw new Error(
      `the component ${embedded.component} of this page is not among the given components: ${known}`,
    );
  }
  const module = await loading.catch(recover);
  addEventListener("vite:preloadError", offerReload);
  const initial: View = { module, props: embedded.props, stateId: 0 };
  addEventListener("popstate", reloadOtherPage);
  let show: (view: View) => void = () => undefined;
  setCurrentPage({
    embedded,
    initial,
    load,
    show: (view) => startTransition(() => show(view)),
  });
  const connect = (given: typeof show): void => {
    show = given;
  };
  return hydrateRoot(
    root,
    wrap(
      createElement(
        PersistentCaches.Provider,
        { value: new WeakMap() },
        createElement(PageRoot, { initial, connect }),
      ),
    ),
    { ...options, ...errorHandlers(options) },
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

/** Loads the page of an entry of the history to which an earlier document navigated. */
function reloadOtherPage({ state }: PopStateEvent): void {
  const isOther =
    typeof state === "object" && state !== null && "mizan" in state;
  if (isOther && !hasPageOpener()) location.reload();
}

interface CaughtErrorInfo extends ErrorInfo {
  readonly errorBoundary?: unknown;
}

/** The handlers of errors, which do not report the answers of components. */
function errorHandlers(options: HydrationOptions): HydrationOptions {
  const {
    onCaughtError = (error: unknown) => console.error(error),
    onRecoverableError = reportRecoverableError,
  } = options;
  return {
    onCaughtError(error: unknown, info: CaughtErrorInfo) {
      if (info.errorBoundary instanceof OutcomeBoundary && outcomeOf(error))
        return;
      (onCaughtError as (error: unknown, info: ErrorInfo) => void)(error, info);
    },
    onRecoverableError(error, info) {
      if (!outcomeOf(error)) onRecoverableError(error, info);
    },
  } as HydrationOptions;
}

/** Reports an error as React does by default. */
function reportRecoverableError(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}

/** Reads only the element that the server writes: users' HTML may contain elements with the same id. */
function readPage(): EmbeddedPage | undefined {
  const found = document.querySelectorAll(
    'body > script#mizan-page[type="application/json"]',
  );
  const text = found[found.length - 1]?.textContent;
  return text ? (JSON.parse(text) as EmbeddedPage) : undefined;
}
