import { useSyncExternalStore } from "react";

/** Returns whether the page is hydrated: false on the server, and while the browser hydrates. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}
