import { useEffect, useState } from "react";

/** The rooms, as the server has them. */
export const rooms = ["lobby", "rust", "react"] as const;

/** The path of a room's page. */
export function roomPath(room: string): string {
  return `/rooms/${room}/`;
}

/** The room that the address names, which begins as `initial`, and the function that goes to another. */
export function useRoom(initial: string): [string, (room: string) => void] {
  const [room, setRoom] = useState(initial);
  useEffect(() => {
    const follow = (): void => {
      const [, found] = /^\/rooms\/([^/]+)\/$/.exec(location.pathname) ?? [];
      if (found !== undefined) setRoom(found);
    };
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, []);
  function open(next: string): void {
    if (next === room) return;
    history.pushState(null, "", roomPath(next));
    setRoom(next);
  }
  return [room, open];
}
