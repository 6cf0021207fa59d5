import { storedScrollPositions } from "./scrollPositions";

/** The entries of the history that belong to this document, with their scroll positions. */
export interface SessionHistory {
  /** The key of the current entry. */
  entry(): string;
  /** Adds an entry, or changes the URL of the current one. */
  change(kind: "push" | "replace", url: URL): void;
  /** Scrolls to the position that the current entry had. Returns false if it is not known. */
  restorePosition(): boolean;
}

/** The member of `history.state` with the key of an entry. */
const member = "mizan";

/** Observes the history. Calls `onTraversal` after the user went to another entry. */
export function observeHistory(onTraversal: () => void): SessionHistory {
  const positions = storedScrollPositions(() => sessionStorage);
  let entry = keyOf(history.state) ?? newKey();

  function savePosition(): void {
    positions.set(entry, [scrollX, scrollY]);
  }

  function restorePosition(): boolean {
    const position = positions.get(entry);
    if (!position) return false;
    const [left, top] = position;
    scrollTo({ left, top, behavior: "instant" });
    return true;
  }

  // The document was loaded for an entry that another document left.
  if (history.scrollRestoration === "manual") restorePosition();
  history.replaceState(withKey(entry), "");
  history.scrollRestoration = "manual";
  addEventListener("popstate", ({ state }) => {
    const key = keyOf(state);
    // A new entry is a fragment of the page, to which the browser has scrolled already.
    if (key !== undefined) savePosition();
    entry = key ?? newKey();
    history.replaceState(withKey(entry), "");
    onTraversal();
  });
  // A click may lead to a fragment of the page.
  addEventListener("click", savePosition, true);
  addEventListener("pagehide", () => {
    savePosition();
    // The browser restores the position when it loads the document again.
    history.scrollRestoration = "auto";
  });
  addEventListener("pageshow", () => {
    history.scrollRestoration = "manual";
  });

  return {
    entry: () => entry,
    change(kind, url) {
      savePosition();
      if (kind === "push") entry = newKey();
      const state = withKey(entry, kind === "push" ? null : history.state);
      history[kind === "push" ? "pushState" : "replaceState"](state, "", url);
    },
    restorePosition,
  };
}

function keyOf(state: unknown): string | undefined {
  const key = (state as { readonly [member]?: unknown } | null)?.[member];
  return typeof key === "string" ? key : undefined;
}

function withKey(key: string, state: unknown = history.state): object {
  return { ...(state as object | null), [member]: key };
}

function newKey(): string {
  return Math.random().toString(36).slice(2);
}
