import { useEffect } from "react";
import { createStore, type Store } from "./store";

/**
 * Names of the errors that the page has a place for. The form shows the errors of other fields at its
 * top.
 */
export interface RenderedFields {
  /** Names in the order of the markup, collected during the first rendering of the page. */
  readonly first: Set<string>;
  readonly current: Store<{ readonly names: ReadonlySet<string> }>;
  /** Registers a place for the error `name`, until the returned function is called. */
  readonly add: (name: string) => () => void;
}

/** Creates an empty registry. */
export function createRenderedFields(): RenderedFields {
  const counts = new Map<string, number>();
  const current = createStore<{ readonly names: ReadonlySet<string> }>({
    names: new Set(),
  });

  function count(name: string, change: number): void {
    const places = (counts.get(name) ?? 0) + change;
    if (places > 0) counts.set(name, places);
    else counts.delete(name);
    current.set({ names: new Set(counts.keys()) });
  }

  return {
    first: new Set(),
    current,
    add(name) {
      count(name, 1);
      return () => count(name, -1);
    },
  };
}

/** Registers that the component shows the error `name`; `undefined` if it shows no errors. */
export function useRenderedField(
  rendered: RenderedFields,
  name: string | undefined,
): void {
  if (name !== undefined) rendered.first.add(name);
  useEffect(
    () => (name === undefined ? undefined : rendered.add(name)),
    [rendered, name],
  );
}
