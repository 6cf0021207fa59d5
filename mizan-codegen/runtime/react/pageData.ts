import type { QueryClient } from "@tanstack/react-query";
import { createContext, type Context } from "react";
import type { Transport } from "../transport/transport";

/** The cache of a provider on the current page. */
export interface PageCache {
  readonly client: QueryClient;
  readonly transport: Transport;
}

/** The caches of the providers that are mounted. */
const caches = new Set<PageCache>();

/** Registers a cache that receives the data of navigations. Returns a function that removes it. */
export function registerPageCache(cache: PageCache): () => void {
  caches.add(cache);
  return () => caches.delete(cache);
}

/** Returns the caches that receive the data of navigations. */
export function pageCaches(): readonly PageCache[] {
  return [...caches];
}

/**
 * The caches of the page by their api, which persist while the user navigates: each page may have a provider of
 * its own. `undefined` outside of `hydratePage`.
 */
export const PersistentCaches: Context<
  WeakMap<object, QueryClient> | undefined
> = createContext<WeakMap<object, QueryClient> | undefined>(undefined);
