/** The names of the rooms, as on the server. */
export const rooms = ["lobby", "rust", "react"] as const;

/** Returns the path of a room. */
export function roomPath(room: string): string {
  return `/rooms/${room}/`;
}
