/** Returns the path of a room. */
export function roomPath(room: string): string {
  return `/rooms/${room}/`;
}
