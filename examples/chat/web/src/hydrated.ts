import { useSyncExternalStore } from "react";

/** Returns true after hydration: false on the server and while the browser hydrates. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}
