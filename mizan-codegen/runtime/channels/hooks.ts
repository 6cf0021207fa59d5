import { useMemo, useSyncExternalStore } from "react";
import { actionsOf } from "./subscribe";
import { connectionOf, subscriptionKey } from "./connection";
import { idle } from "./log";
import type {
  ChannelActions,
  ChannelDefinition,
  ChannelOptions,
  ChannelState,
  ChannelTypes,
} from "./types";
import { transportOf, type Connected } from "../transport/transport";

/** Options of a generated channel hook. */
export interface ChannelHookOptions extends ChannelOptions {
  /** Subscribes only while this is true, which it is when left out. */
  readonly enabled?: boolean | undefined;
}

/** What a generated channel hook gives: the state of the subscription, and what can be done with it. */
export interface ChannelResult<T extends ChannelTypes>
  extends ChannelState<T>, ChannelActions<T> {}

/**
 * Subscribes a component to a channel, for as long as it is there.
 *
 * Components that ask for the same share one subscription, and all of a page share one socket. A
 * component renders again when its own subscription changes, and at most once a frame.
 */
export function useChannel<T extends ChannelTypes>(
  api: Connected,
  channel: ChannelDefinition<T>,
  params: T["params"],
  options: ChannelHookOptions = {},
): ChannelResult<T> {
  const { enabled = true, limit, recent, persist } = options;
  const connection = connectionOf(api[transportOf]);
  const { name } = channel;
  const key = subscriptionKey(name, params);

  const store = useMemo(() => {
    const find = () => (enabled ? connection.find(key) : undefined);
    return {
      actions: actionsOf<T>(connection, find),
      state: () => find()?.log.state ?? idle,
      subscribe(listener: () => void): () => void {
        const held = enabled
          ? connection.retain(name, params, { limit, recent, persist })
          : undefined;
        if (!held) return () => {};
        const stop = held.log.onChange(listener);
        return () => {
          stop();
          connection.release(held);
        };
      },
    };
    // Another object with the same params is the same subscription: the key stands for them.
  }, [connection, name, key, enabled, limit, recent, persist]);

  const state = useSyncExternalStore(
    store.subscribe,
    store.state,
    () => idle,
  ) as ChannelState<T>;
  return useMemo(() => ({ ...state, ...store.actions }), [state, store]);
}
