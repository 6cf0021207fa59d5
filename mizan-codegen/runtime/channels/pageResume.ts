/**
 * Calls `listener` when the page may have slept or changed networks: connections that look open may
 * be dead then. Returns what ends that.
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
  return () => listening.abort();
}
