/** Messages between the tabs of one browser. */
export interface CrossTabNotifier {
  /** Everything has changed: another user may be signed in. */
  notify(): void;
  /**
   * Calls `listener` when another tab has told that everything changed, until the returned function
   * runs. A tab that slept in the meantime learns of it when it wakes up.
   */
  listen(listener: () => void): () => void;
}

/**
 * Connects the tabs that use the server at `baseUrl`.
 *
 * It uses `localStorage` rather than a `BroadcastChannel`, which reaches no page that is in the
 * back/forward cache. Where there is no storage, tabs know nothing of each other.
 */
export function createCrossTabNotifier(baseUrl: string): CrossTabNotifier {
  const key = `mizan.changed:${baseUrl}`;
  /** When everything changed last, as far as this tab knows; it begins with what it was loaded with. */
  let known =
    typeof performance === "undefined" ? 0 : Math.floor(performance.timeOrigin);

  return {
    notify() {
      known = Math.max(Date.now(), known + 1);
      try {
        localStorage.setItem(key, String(known));
      } catch {
        // There is no storage, or it is full or forbidden.
      }
    },
    listen(listener) {
      if (typeof document === "undefined") return () => undefined;
      const look = (): void => {
        const changed = lastChange(key);
        if (changed <= known) return;
        known = changed;
        listener();
      };
      const listening = new AbortController();
      // The change of visibility bubbles up from the document.
      for (const event of ["storage", "pageshow", "visibilitychange"])
        addEventListener(event, look, { signal: listening.signal });
      look();
      return () => listening.abort();
    },
  };
}

function lastChange(key: string): number {
  try {
    return Number(localStorage.getItem(key));
  } catch {
    return 0;
  }
}
