/** Scroll positions of the entries of the session's history. */
export interface ScrollPositions {
  get(entry: string): ScrollPosition | undefined;
  set(entry: string, position: ScrollPosition): void;
}

type ScrollPosition = readonly [x: number, y: number];

const storageKey = "mizan.scroll";
const maxEntries = 50;

/** Stores scroll positions in the session storage, so that they outlive the document. */
export function storedScrollPositions(
  storage: () => Pick<Storage, "getItem" | "setItem">,
): ScrollPositions {
  let known: Map<string, ScrollPosition> | undefined;

  function read(): Map<string, ScrollPosition> {
    try {
      return (known ??= new Map(
        JSON.parse(storage().getItem(storageKey) ?? "[]") as [
          string,
          ScrollPosition,
        ][],
      ));
    } catch {
      // The storage is missing, disabled or damaged.
      return (known = new Map<string, ScrollPosition>());
    }
  }

  return {
    get: (entry) => read().get(entry),
    set(entry, position) {
      const positions = read();
      positions.delete(entry);
      positions.set(entry, position);
      const [oldest] = positions.keys();
      if (positions.size > maxEntries && oldest !== undefined)
        positions.delete(oldest);
      try {
        storage().setItem(storageKey, JSON.stringify([...positions]));
      } catch {
        // The position is lost when the document is.
      }
    },
  };
}
