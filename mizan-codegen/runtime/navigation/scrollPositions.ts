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
  let positions: Record<string, ScrollPosition> | undefined;

  function read(): Record<string, ScrollPosition> {
    try {
      return (positions ??= JSON.parse(
        storage().getItem(storageKey) ?? "{}",
      ) as Record<string, ScrollPosition>);
    } catch {
      // The storage is missing, disabled or damaged.
      return (positions = {});
    }
  }

  return {
    get: (entry) => read()[entry],
    set(entry, position) {
      const all = read();
      // The order of an object's members is that of their insertion.
      delete all[entry];
      all[entry] = position;
      const [oldest] = Object.keys(all);
      if (Object.keys(all).length > maxEntries && oldest !== undefined)
        delete all[oldest];
      try {
        storage().setItem(storageKey, JSON.stringify(all));
      } catch {
        // The position is lost when the document is.
      }
    },
  };
}
