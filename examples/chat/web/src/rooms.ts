import { useEffect, useState } from "react";

/** The names of the rooms, as on the server. */
export const rooms = ["lobby", "rust", "react"] as const;

/** Returns the path of a room. */
export function roomPath(room: string): string {
  return `/rooms/${room}/`;
}

/** Returns the room in the URL, which is initially `initial`, and a function that opens another room. */
export function useRoom(initial: string): [string, (room: string) => void] {
  const [room, setRoom] = useState(initial);
  useEffect(() => {
    const onPopState = (): void => {
      const [, found] = /^\/rooms\/([^/]+)\/$/.exec(location.pathname) ?? [];
      if (found !== undefined) setRoom(found);
    };
    window.addEventListener("popstate", onPopState);
    return () => window.removeEventListener("popstate", onPopState);
  }, []);
  function open(next: string): void {
    if (next === room) return;
    history.pushState(null, "", roomPath(next));
    setRoom(next);
  }
  return [room, open];
}
