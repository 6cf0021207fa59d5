/**
 * Calls `listener` when the page becomes visible, comes back from the back/forward cache, or is online
 * again. Connections may be dead then, although they look open.
 *
 * Returns a function that removes the listener.
 */
export function onPageResume(listener: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  const listening = new AbortController();
  const { signal } = listening;
  const onVisible = (): void => {
    if (document.visibilityState === "visible") listener();
  };
  document.addEventListener("visibilitychange", onVisible, { signal });
  window.addEventListener("online", listener, { signal });
  window.addEventListener(
    "pageshow",
    ({ persisted }) => {
      if (persisted) listener();
    },
    { signal },
  );
  return () => {
    listening.abort();
  };
}
