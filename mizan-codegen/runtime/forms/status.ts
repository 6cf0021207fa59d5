import { useSyncExternalStore } from "react";
import type { FormState } from "./definition";

/** What the parts of a form show besides its fields. */
export interface FormStatus {
  readonly state: FormState;
  /** What has the next submission run once. */
  readonly token: string;
  /** The share of a submission with files that has been sent, from 0 to 1. */
  readonly progress: number | undefined;
  readonly isSubmitting: boolean;
  /** The last submission succeeded. */
  readonly sent: boolean;
  /** The page is alive: JavaScript has taken over from the browser. */
  readonly isHydrated: boolean;
}

/** A value that components follow. */
export interface Store<T> {
  get(): T;
  /** Changes some members. */
  set(changes: Partial<T>): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(changes) {
      value = { ...value, ...changes };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The value of a store, and a new rendering when it changes. */
export function useStore<T>({ subscribe, get }: Store<T>): T {
  return useSyncExternalStore(subscribe, get, get);
}
