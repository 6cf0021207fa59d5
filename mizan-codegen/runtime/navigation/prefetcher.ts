/** A request that a prefetcher starts. */
export interface PrefetchRequest {
  /** Settles when the response is complete. Never rejects. */
  readonly done: Promise<void>;
  /** The number of characters that were received so far. */
  readonly size: () => number;
  readonly abort: () => void;
}

/** Limits of a prefetcher. */
export interface PrefetchLimits {
  readonly maxParallel: number;
  /** The number of waiting requests, of which the oldest ones are dropped. */
  readonly maxQueued: number;
  /** The number of stored responses, of which the oldest ones are dropped. */
  readonly maxStored: number;
  /** The number of characters of all stored responses. */
  readonly maxSize: number;
  /** The time in milliseconds for which a response may be used. */
  readonly maxAge: number;
}

const defaultLimits: PrefetchLimits = {
  maxParallel: 2,
  maxQueued: 16,
  maxStored: 16,
  maxSize: 2_000_000,
  maxAge: 30_000,
};

/** Requests pages before they are needed, within limits. */
export interface Prefetcher<T> {
  prefetch(href: string): void;
  /** Removes and returns the request for a page, which may still be running. */
  take(href: string): T | undefined;
  /** Forgets all responses and cancels all requests. */
  clear(): void;
}

/** Creates a prefetcher of requests that `start` starts. */
export function createPrefetcher<T extends PrefetchRequest>(
  start: (href: string) => T,
  limits: PrefetchLimits = defaultLimits,
  now: () => number = Date.now,
): Prefetcher<T> {
  /** In the order of their start. */
  const stored = new Map<string, { request: T; startedAt: number }>();
  const running = new Set<T>();
  let queue: string[] = [];

  function remove(href: string): T | undefined {
    const entry = stored.get(href);
    stored.delete(href);
    return entry?.request;
  }

  function removeStale(): void {
    let size = 0;
    for (const { request } of stored.values()) size += request.size();
    for (const [href, { request, startedAt }] of stored) {
      const isStale =
        now() - startedAt > limits.maxAge ||
        stored.size > limits.maxStored ||
        size > limits.maxSize;
      if (!isStale) continue;
      size -= request.size();
      remove(href)?.abort();
    }
  }

  function startNext(): void {
    while (running.size < limits.maxParallel) {
      const href = queue.shift();
      if (href === undefined) return;
      const request = start(href);
      stored.set(href, { request, startedAt: now() });
      running.add(request);
      void request.done.then(() => {
        running.delete(request);
        removeStale();
        startNext();
      });
      removeStale();
    }
  }

  return {
    prefetch(href) {
      removeStale();
      if (stored.has(href) || queue.includes(href)) return;
      queue.push(href);
      if (queue.length > limits.maxQueued) queue.shift();
      startNext();
    },
    take(href) {
      removeStale();
      queue = queue.filter((other) => other !== href);
      return remove(href);
    },
    clear() {
      queue = [];
      for (const href of [...stored.keys()]) remove(href)?.abort();
    },
  };
}
