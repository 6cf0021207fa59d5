/** A position in the log of invalidations, which all processes of the server share. */
export interface LivePosition {
  readonly epoch: string;
  readonly offset: number;
  /** The entity tag of the data at the position, if it is known. */
  readonly etag?: string | undefined;
}

/** The positions of the data of live queries, by the key of the query in its cache. */
const positions = new WeakMap<object, LivePosition>();

/** Parses a position such as `k7Qm2:18`, of data with an entity tag. */
export function parsePosition(
  text: string | null | undefined,
  etag?: string | null,
): LivePosition | undefined {
  const [, epoch, offset] = /^(.+):(\d+)$/.exec(text ?? "") ?? [];
  return epoch === undefined
    ? undefined
    : { epoch, offset: Number(offset), etag: etag ?? undefined };
}

/** Records that the data of a query contains all changes before a position. */
export function recordPosition(
  queryKey: object,
  position: LivePosition | undefined,
): void {
  if (position) positions.set(queryKey, position);
  else positions.delete(queryKey);
}

/** Returns the position up to which the data of a query contains all changes, if it is known. */
export function positionOf(queryKey: object): LivePosition | undefined {
  return positions.get(queryKey);
}
