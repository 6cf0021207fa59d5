import { useMemo, useSyncExternalStore } from "react";
import { actionsOf } from "./subscribe";
import { connectionOf, paramsToJson, subscriptionKey } from "./connection";
import { idleState } from "./log";
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
  /** Set to false to unsubscribe; true by default. */
  readonly enabled?: boolean | undefined;
}

/** The result of a generated channel hook: the state and the actions of the subscription. */
export interface ChannelResult<T extends ChannelTypes>
  extends ChannelState<T>, ChannelActions<T> {}

/**
 * Subscribes to a channel while the component is mounted.
 *
 * Components with the same channel and params share a subscription, and all subscriptions of a page
 * share a socket. A component renders again when its subscription changes, at most once per frame.
 */
export function useChannel<T extends ChannelTypes>(
  api: Connected,
  channel: ChannelDefinition<T>,
  params: T["params"],
  options: ChannelHookOptions = {},
): ChannelResult<T> {
  const { enabled = true, limit, recent, persist } = options;
  const connection = connectionOf(api[transportOf]);
  // Equal params have the same JSON, so a new object does not cause a new subscription.
  const paramsJson = paramsToJson(channel, params);

  const store = useMemo(() => {
    const key = subscriptionKey(channel.name, paramsJson);
    const find = () => (enabled ? connection.find(key) : undefined);
    return {
      actions: actionsOf<T>(connection, channel, find),
      state: () => find()?.log.state ?? idleState,
      subscribe: (listener: () => void): (() => void) => {
        const options = { limit, recent, persist };
        const held = enabled
          ? connection.retain(channel, paramsJson, options)
          : undefined;
        if (!held) return () => {};
        const stop = held.log.onChange(listener);
        return () => {
          stop();
          connection.release(held);
        };
      },
    };
  }, [connection, channel, paramsJson, enabled, limit, recent, persist]);

  const state = useSyncExternalStore(
    store.subscribe,
    store.state,
    () => idleState,
  ) as ChannelState<T>;
  return useMemo(() => ({ ...state, ...store.actions }), [state, store]);
}
