/** Notifications between the tabs of a browser. */
export interface CrossTabNotifier {
  /** Notifies the other tabs that all data is stale, for example after a sign-in. */
  notify(): void;
  /**
   * Calls `listener` when another tab sends a notification. Returns a function that removes the listener.
   * A suspended tab receives the notification when it resumes.
   */
  listen(listener: () => void): () => void;
}

/**
 * Creates a notifier for the tabs that use the server at `baseUrl`.
 *
 * It uses `localStorage`, because a `BroadcastChannel` does not reach pages in the back/forward cache.
 * Without storage, there are no notifications.
 */
export function createCrossTabNotifier(baseUrl: string): CrossTabNotifier {
  const key = `mizan.changed:${baseUrl}`;
  /** The time of the last change that this tab knows, initially the time when the page loaded. */
  let lastKnownChange =
    typeof performance === "undefined" ? 0 : Math.floor(performance.timeOrigin);

  return {
    notify() {
      lastKnownChange = Math.max(Date.now(), lastKnownChange + 1);
      try {
        localStorage.setItem(key, String(lastKnownChange));
      } catch {
        // The storage is missing, full or disabled.
      }
    },
    listen(listener) {
      if (typeof document === "undefined") return () => undefined;
      const checkForChange = (): void => {
        const changed = lastChange(key);
        if (changed <= lastKnownChange) return;
        lastKnownChange = changed;
        listener();
      };
      const listening = new AbortController();
      // `visibilitychange` bubbles from the document to the window.
      for (const event of ["storage", "pageshow", "visibilitychange"])
        addEventListener(event, checkForChange, { signal: listening.signal });
      checkForChange();
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
