import { decodePart, encodePart } from "./codec";
import {
  connectionOf,
  paramsToJson,
  type ChannelConnection,
} from "./connection";
import { notSubscribed } from "./error";
import { idleState, toChannelMessage } from "./log";
import type { Subscription } from "./subscription";
import type {
  ChannelActions,
  ChannelCodec,
  ChannelDefinition,
  ChannelMessage,
  ChannelOptions,
  ChannelPage,
  ChannelState,
  ChannelTypes,
} from "./types";
import { isObject, unreadable } from "../transport/response";
import { transportOf, type Connected } from "../transport/transport";

/** A subscription without React. All subscriptions of an api share one socket. */
export interface ChannelSubscription<
  T extends ChannelTypes,
> extends ChannelActions<T> {
  readonly state: ChannelState<T>;
  /** Calls `listener` when the state changes. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void;
  /** Calls `listener` with each new message. Returns a function that removes the listener. */
  onMessage(
    listener: (message: ChannelMessage<T["message"]>) => void,
  ): () => void;
  /** Ends the subscription, after the server has replied to the messages that were sent. */
  close(): void;
}

/** Subscribes to a channel. */
export function subscribe<T extends ChannelTypes & { readonly params: void }>(
  api: Connected,
  channel: ChannelDefinition<T>,
  params?: undefined,
  options?: ChannelOptions,
): ChannelSubscription<T>;
export function subscribe<T extends ChannelTypes>(
  api: Connected,
  channel: ChannelDefinition<T>,
  params: T["params"],
  options?: ChannelOptions,
): ChannelSubscription<T>;
export function subscribe<T extends ChannelTypes>(
  api: Connected,
  channel: ChannelDefinition<T>,
  params: T["params"],
  options: ChannelOptions = {},
): ChannelSubscription<T> {
  const connection = connectionOf(api[transportOf]);
  let held = connection.retain(channel, paramsToJson(channel, params), options);
  const last = held;
  return {
    ...actionsOf<T>(connection, channel, () => held),
    get state() {
      return (last?.log.state ?? idleState) as ChannelState<T>;
    },
    onChange: (listener) => last?.log.onChange(listener) ?? (() => {}),
    onMessage: (listener) => last?.log.onMessage(listener) ?? (() => {}),
    close() {
      if (held) connection.release(held);
      held = undefined;
    },
  };
}

/**
 * Reconnects the channels of an api, including closed subscriptions.
 *
 * Call it after a sign-in that is not a server function with `affects(*)`.
 */
export function reconnect(api: Connected): void {
  connectionOf(api[transportOf]).restart();
}

/** Creates the actions for the subscription that `find` returns when an action is called. */
export function actionsOf<T extends ChannelTypes>(
  connection: ChannelConnection,
  { codec = {} }: ChannelDefinition<T>,
  find: () => Subscription | undefined,
): ChannelActions<T> {
  function found(): Subscription {
    const subscription = find();
    if (!subscription) throw notSubscribed();
    return subscription;
  }

  return {
    async send(message, { signal } = {}) {
      const data = encodePart(codec.encodeSend, message ?? null);
      const reply = await connection.request(found(), "msg", { data }, signal);
      return decodePart(codec.decodeReply, reply);
    },
    async loadMore(limit) {
      const subscription = found();
      subscription.loading ??= loadMore(connection, subscription, codec, limit);
      return subscription.loading.finally(() => {
        subscription.loading = undefined;
      });
    },
    async history({ before, limit, signal } = {}) {
      const { messages, more } = await readHistory(
        connection,
        found(),
        codec,
        { before, limit },
        signal,
      );
      return { messages, more };
    },
    clearGap: () => find()?.log.set({ gap: undefined }),
  };
}

async function loadMore(
  connection: ChannelConnection,
  subscription: Subscription,
  codec: ChannelCodec,
  limit: number | undefined,
): Promise<boolean> {
  const { log } = subscription;
  const [oldest] = log.state.messages;
  // The server has deleted the messages of earlier epochs.
  if (oldest && oldest.epoch !== log.position?.epoch) return false;
  const before = oldest?.offset;
  const page = await readHistory(connection, subscription, codec, {
    before,
    limit,
  });
  return log.prepend(page.epoch, page.messages, page.more);
}

/** A page of history in the format of the server. */
interface Page {
  readonly epoch?: unknown;
  readonly messages?: unknown;
  readonly more?: unknown;
}

async function readHistory(
  connection: ChannelConnection,
  subscription: Subscription,
  { decodeMessage }: ChannelCodec,
  request: {
    readonly before: number | undefined;
    readonly limit: number | undefined;
  },
  signal?: AbortSignal,
): Promise<ChannelPage<unknown> & { readonly epoch: string }> {
  const reply = await connection.request(
    subscription,
    "history",
    request,
    signal,
  );
  const { epoch, messages, more }: Page = isObject(reply) ? reply : {};
  if (typeof epoch !== "string" || !Array.isArray(messages)) throw unreadable();
  const listed = messages as readonly {
    readonly offset: number;
    readonly data: unknown;
  }[];
  return {
    epoch,
    messages: listed.map(({ offset, data }) =>
      toChannelMessage(epoch, offset, decodePart(decodeMessage, data)),
    ),
    more: more === true,
  };
}
