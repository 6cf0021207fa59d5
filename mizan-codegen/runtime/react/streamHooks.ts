import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { StreamFunction } from "../transport/streams";
import { StreamStore, type StreamState } from "./streamStore";

/** Options of a generated stream hook. */
export interface StreamHookOptions<T, D> {
  /** Set to false to call the function later; true by default. */
  readonly enabled?: boolean | undefined;
  /** Identifies a resumable stream: see `StreamOptions.streamKey`. */
  readonly streamKey?: string | undefined;
  /** Combines the data with the next part. By default, `data` is the list of all parts. */
  readonly reduce?: ((data: D, part: T) => D) | undefined;
  /** The data before the first part. */
  readonly initial?: D | undefined;
}

/** The result of a generated stream hook. */
export interface StreamResult<D, E> extends StreamState<D, E> {
  /** Ends the stream on the server. The data remains. */
  readonly stop: () => Promise<void>;
  /** Calls the function again. */
  readonly restart: () => void;
}

/**
 * Calls a function that returns a stream while the component is mounted, again when its input changes.
 *
 * A page that the server renders contains no parts: the stream starts in the browser.
 */
export function useStreamOf<I, T, E, D = readonly T[]>(
  call: StreamFunction<I, T, E>,
  input: I,
  options: StreamHookOptions<T, D> = {},
): StreamResult<D, E> {
  const { enabled = true, streamKey } = options;
  const key = call.streamKey(input);
  const store = useMemo(
    () =>
      new StreamStore<I, T, E, D>({
        call,
        input,
        streamKey,
        initial: options.initial ?? ([] as D),
        reduce: options.reduce ?? append,
      }),
    // The key stands for the input. Other functions of the options are those of the first render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [call, key, streamKey],
  );

  useEffect(() => {
    if (!enabled) return undefined;
    // The strict mode of React unmounts a new component once, before the timer.
    const timer = setTimeout(() => store.start());
    return () => {
      clearTimeout(timer);
      store.leave();
    };
  }, [store, enabled]);

  const read = (): StreamState<D, E> => store.state;
  const state = useSyncExternalStore(store.subscribe, read, read);
  const stop = useCallback(() => store.stop(), [store]);
  const restart = useCallback(() => store.start(), [store]);
  return useMemo(() => ({ ...state, stop, restart }), [state, stop, restart]);
}

function append<D>(data: D, part: unknown): D {
  return [...(data as readonly unknown[]), part] as D;
}
