import { useEffect } from "react";
import { createStore, type Store } from "./status";

/**
 * The errors that have a place on the page, by their names: what is said of other fields is shown at
 * the form's top.
 */
export interface RenderedFields {
  /** Filled while the page is rendered for the first time, in the order of the markup. */
  readonly first: Set<string>;
  readonly present: Store<{ readonly names: ReadonlySet<string> }>;
  /** A place for the error called `name` is on the page, until the returned function runs. */
  add(name: string): () => void;
}

export function createRenderedFields(): RenderedFields {
  const counts = new Map<string, number>();
  const present = createStore<{ readonly names: ReadonlySet<string> }>({
    names: new Set(),
  });

  function count(name: string, change: number): void {
    const places = (counts.get(name) ?? 0) + change;
    if (places > 0) counts.set(name, places);
    else counts.delete(name);
    present.set({ names: new Set(counts.keys()) });
  }

  return {
    first: new Set(),
    present,
    add(name) {
      count(name, 1);
      return () => count(name, -1);
    },
  };
}

/** Notes that the component shows the error called `name`; no name for one that shows none. */
export function useRenderedField(
  rendered: RenderedFields,
  name: string | undefined,
): void {
  if (name !== undefined) rendered.first.add(name);
  useEffect(() => {
    if (name !== undefined) return rendered.add(name);
    return undefined;
  }, [rendered, name]);
}
