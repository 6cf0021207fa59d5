import { createElement, type ComponentType, type ReactNode } from "react";
import {
  hydrateRoot,
  type HydrationOptions,
  type Root,
} from "react-dom/client";
import { offerReload, recover } from "./pageRecovery";

/** How to bring a page to life that the server rendered. */
export interface HydratePageOptions extends HydrationOptions {
  /** What to put around the page; it must not add elements, as the server has none. */
  readonly wrap?: (page: ReactNode) => ReactNode;
}

/** What the server rendered. */
interface Page {
  readonly component: string;
  readonly props: object;
}

/**
 * Loads the component that the server rendered, and hydrates the page with it.
 *
 * `components` has the components by their paths as the server has them, which is what
 * `import.meta.glob("../pages/*.tsx")` gives in a file that stands where the server's paths begin.
 *
 * After a deployment, files that an open page names may be gone. A page whose component cannot be
 * loaded is reloaded once. Where that does not help, and where a file that is loaded later is missing,
 * the page says so and offers to reload.
 */
export async function hydratePage(
  components: Readonly<Record<string, () => Promise<unknown>>>,
  { wrap = (page) => page, ...options }: HydratePageOptions = {},
): Promise<Root> {
  const root = document.querySelector("body > #mizan-root");
  const page = readPage();
  if (!root || !page)
    throw new Error(
      "this page was not rendered by the server: it has no #mizan-root or #mizan-page",
    );
  // The server gives them the nonce of the policy, which no component names, and which has done its work.
  for (const style of root.querySelectorAll("style[nonce]"))
    style.removeAttribute("nonce");
  const load = components[page.component] ?? components[`./${page.component}`];
  if (!load) {
    const known = Object.keys(components).join(", ") || "none";
    throw new Error(
      `the server rendered ${page.component}, which is not among the components: ${known}`,
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

interface PageModule {
  readonly default: ComponentType<object>;
}

/** Reads only the element that the server writes: HTML of users may have elements with the same id. */
function readPage(): Page | undefined {
  const found = document.querySelectorAll(
    'body > script#mizan-page[type="application/json"]',
  );
  const text = found[found.length - 1]?.textContent;
  return text ? (JSON.parse(text) as Page) : undefined;
}
