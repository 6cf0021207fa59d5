import { useSyncExternalStore } from "react";

/** Whether the page runs in a browser already: false on the server, and while the browser hydrates. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}
