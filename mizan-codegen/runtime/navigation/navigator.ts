import {
  currentPage,
  onPagesInvalidated,
  setPageOpener,
  type CurrentPage,
  type PageModule,
} from "../react/currentPage";
import { removeNotice, showNotice } from "../react/pageRecovery";
import { announcePage, focus } from "./announce";
import { isFragmentOf, isSamePage } from "./clicks";
import { createDataStream } from "./dataStream";
import { applyHead, preloadFiles, readHead } from "./head";
import { Lru } from "./lru";
import { beginNavigation } from "./navigationState";
import {
  requestPage,
  type PageAnswer,
  type PageDescription,
  type PageRequest,
} from "./pageRequest";
import { createPrefetcher } from "./prefetcher";
import { observeHistory } from "./sessionHistory";
import { withViewTransition } from "./viewTransition";

/** Options of a navigation. */
export interface NavigateOptions {
  /** Replaces the current entry of the history. */
  readonly replace?: boolean | undefined;
  /** `false` keeps the scroll position. By default, the page begins at its top, or at the fragment of the URL. */
  readonly scroll?: boolean | undefined;
  /** Keeps the state of components if the new page has the same component. By default, they are mounted again. */
  readonly preserve?: boolean | undefined;
  /** `false` disables the view transition. */
  readonly viewTransition?: boolean | undefined;
}

/** Navigates between the pages of one document. */
export interface PageNavigator {
  /** Resolves once the page is shown, another navigation began, or the browser loads a document. */
  navigate(href: string, options?: NavigateOptions): Promise<void>;
  /** Requests a page that the user may open soon. */
  prefetch(href: string): void;
}

/** A page and its component. */
interface LoadedPage {
  readonly description: PageDescription;
  readonly module: PageModule;
}

/** The way in which a page is shown. */
interface Arrival extends Pick<NavigateOptions, "preserve" | "viewTransition"> {
  readonly url: URL;
  /** `traverse` if the browser has changed the history already. */
  readonly history: "push" | "replace" | "traverse";
  readonly scroll: boolean;
}

/** The number of pages that are shown again without a request. */
const maxRecentPages = 20;

let navigator: PageNavigator | undefined;

/** Returns the navigator of the page, or `undefined` if `hydratePage` has not hydrated one. */
export function pageNavigator(): PageNavigator | undefined {
  const page = currentPage();
  if (page) navigator ??= createNavigator(page);
  return navigator;
}

function createNavigator(page: CurrentPage): PageNavigator {
  const { embedded, initial } = page;
  let shown = {
    description: { ...embedded, head: readHead() } as PageDescription,
    module: initial.module,
    url: new URL(location.href),
    stateId: initial.stateId,
  };
  /** Pages by the keys of their entries in the history. */
  const recent = new Lru<LoadedPage>(maxRecentPages);
  const prefetcher = createPrefetcher(prefetchPage);
  const entries = observeHistory(onTraversal);
  /** Aborted when another navigation begins. */
  let current = new AbortController();
  /** Changes when data of pages may have changed, so that older responses are not used. */
  let generation = 0;

  recent.set(entries.entry(), shown);
  setPageOpener(
    (path, how) => void navigate(path, { replace: how === "replace" }),
  );
  onPagesInvalidated(() => {
    generation += 1;
    prefetcher.clear();
    recent.clear();
  });

  function request(
    href: string,
    purpose: "navigation" | "prefetch",
  ): PageRequest {
    return requestPage(href, embedded.build ?? "", purpose);
  }

  /** Requests a page and its files, without evaluating or applying them. */
  function prefetchPage(href: string): PageRequest {
    const started = request(href, "prefetch");
    started.answer.then(
      (answer) => {
        if (answer.kind === "page") preloadFiles(answer.description);
      },
      () => undefined,
    );
    return started;
  }

  /** Returns `undefined` if files are missing, as after a deployment. */
  async function loadComponent(
    description: PageDescription,
  ): Promise<PageModule | undefined> {
    try {
      return await page.load(description.component);
    } catch {
      return undefined;
    }
  }

  async function navigate(
    href: string,
    { replace, scroll = true, ...options }: NavigateOptions = {},
  ): Promise<void> {
    const url = new URL(href, location.href);
    const isOtherPage =
      url.origin === location.origin && !isFragmentOf(url, shown.url);
    if (!isOtherPage) {
      location.assign(url);
      return;
    }
    const replaces = replace ?? url.href === location.href;
    const kind = replaces ? "replace" : "push";
    await open({ ...options, url, scroll, history: kind });
  }

  async function open(arrival: Arrival): Promise<void> {
    const { signal } = begin();
    const end = beginNavigation(arrival.url.href);
    signal.addEventListener("abort", end);
    try {
      await load(arrival, signal);
    } catch {
      if (signal.aborted) return;
      // The history has changed, but not the page.
      if (arrival.history === "traverse") location.reload();
      else showNetworkError(arrival.url);
    } finally {
      signal.removeEventListener("abort", end);
      if (!signal.aborted) end();
    }
  }

  /** Ends the running navigation and begins another one. */
  function begin(): AbortController {
    current.abort();
    current = new AbortController();
    return current;
  }

  async function load(arrival: Arrival, signal: AbortSignal): Promise<void> {
    const href = withoutFragment(arrival.url);
    let received: PageRequest;
    let answer: PageAnswer;
    let requestedAt: number;
    do {
      requestedAt = generation;
      received = prefetcher.take(href) ?? request(href, "navigation");
      signal.addEventListener("abort", received.abort);
      answer = await received.answer;
      if (signal.aborted) return;
      // Otherwise, the response may be older than a mutation.
    } while (requestedAt !== generation);

    const url = new URL(answer.url || href);
    if (isSamePage(url, arrival.url)) url.hash = arrival.url.hash;
    if (answer.kind === "page") {
      const { description } = answer;
      const data = createDataStream();
      received.deliver(data);
      const module = await loadComponent(description);
      if (isAborted(signal)) return;
      if (module) {
        data.retry();
        await show({ description, module }, { ...arrival, url }, signal);
        return;
      }
    }
    if (arrival.history === "traverse") location.reload();
    else location[arrival.history === "push" ? "assign" : "replace"](url);
    await new Promise(() => undefined);
  }

  /** Replaces the page. Resolves once it is shown or another navigation began. */
  function show(
    { description, module }: LoadedPage,
    arrival: Arrival,
    signal: AbortSignal,
  ): Promise<void> {
    const { url, preserve = false, viewTransition = true } = arrival;
    const { props, component } = description;
    const keepsState = preserve && component === shown.description.component;
    const stateId = shown.stateId + (keepsState ? 0 : 1);
    const focused = document.activeElement;
    const update = (): Promise<void> =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener("abort", () => resolve());
        // Components may read the URL while they render.
        if (arrival.history !== "traverse")
          entries.change(arrival.history, url);
        page.show({
          module,
          props,
          stateId,
          onReplace() {
            applyHead(description);
            removeNotice();
            shown = { description, module, url, stateId };
            recent.set(entries.entry(), shown);
          },
          onShown() {
            if (arrival.scroll) scrollToPage(arrival);
            announcePage(focused);
            resolve();
          },
        });
      });
    return withViewTransition(viewTransition, update);
  }

  function scrollToPage({ history, url }: Arrival): void {
    if (history === "traverse" && entries.restorePosition()) return;
    const target = fragmentTarget(url);
    if (target) {
      target.scrollIntoView();
      focus(target);
    } else scrollTo({ left: 0, top: 0, behavior: "instant" });
  }

  function onTraversal(): void {
    const url = new URL(location.href);
    if (
      isSamePage(url, shown.url) &&
      recent.get(entries.entry()) === undefined
    ) {
      // An entry of the same page with another fragment.
      begin();
      recent.set(entries.entry(), shown);
      entries.restorePosition();
      return;
    }
    const arrival: Arrival = { url, history: "traverse", scroll: true };
    const page = recent.get(entries.entry());
    if (page) void show(page, arrival, begin().signal);
    else void open(arrival);
  }

  return {
    navigate,
    prefetch(href) {
      const url = new URL(href, location.href);
      if (url.origin !== location.origin || isSamePage(url, shown.url)) return;
      if (!savesData()) prefetcher.prefetch(withoutFragment(url));
    },
  };
}

/** TypeScript assumes that the property does not change after it was read. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function withoutFragment(url: URL): string {
  return url.href.replace(/#.*$/, "");
}

function fragmentTarget(url: URL): HTMLElement | null {
  try {
    return document.getElementById(decodeURIComponent(url.hash.slice(1)));
  } catch {
    // The fragment is not a valid encoding.
    return null;
  }
}

function showNetworkError(url: URL): void {
  showNotice(
    "The page could not be loaded, because the server could not be reached.",
    "Load the page",
    () => location.assign(url),
  );
}

/** Returns whether the user asked to save data, or the connection is very slow. */
function savesData(): boolean {
  const { connection } = globalThis.navigator as {
    readonly connection?: {
      readonly saveData?: boolean;
      readonly effectiveType?: string;
    };
  };
  return (
    connection?.saveData === true ||
    (connection?.effectiveType ?? "").endsWith("2g")
  );
}
