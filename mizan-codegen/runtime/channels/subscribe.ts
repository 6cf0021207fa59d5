import { connectionOf, type ChannelConnection } from "./connection";
import { notSubscribed } from "./error";
import { idle, toChannelMessage } from "./log";
import type { Subscription } from "./subscription";
import type {
  ChannelActions,
  ChannelDefinition,
  ChannelMessage,
  ChannelOptions,
  ChannelPage,
  ChannelState,
  ChannelTypes,
} from "./types";
import { isObject, unreadable } from "../transport/response";
import { transportOf, type Connected } from "../transport/transport";

/** A subscription without React. It shares the socket with all others of the same api. */
export interface ChannelSubscription<
  T extends ChannelTypes,
> extends ChannelActions<T> {
  readonly state: ChannelState<T>;
  /** Calls `listener` after changes of the state, until the returned function runs. */
  onChange(listener: () => void): () => void;
  /** Calls `listener` with each new message, until the returned function runs. */
  onMessage(
    listener: (message: ChannelMessage<T["message"]>) => void,
  ): () => void;
  /** Ends the subscription, once the messages that were sent are answered. */
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
  let held = connection.retain(channel.name, params, options);
  const last = held;
  return {
    ...actionsOf<T>(connection, () => held),
    get state() {
      return (last?.log.state ?? idle) as ChannelState<T>;
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
 * Connects the api's channels anew, also where the server had ended them: for after a sign-in that
 * is no function with `affects(*)`.
 */
export function reconnect(api: Connected): void {
  connectionOf(api[transportOf]).restart();
}

/** What can be done with the subscription that `find` finds at that time. */
export function actionsOf<T extends ChannelTypes>(
  connection: ChannelConnection,
  find: () => Subscription | undefined,
): ChannelActions<T> {
  function found(): Subscription {
    const subscription = find();
    if (!subscription) throw notSubscribed();
    return subscription;
  }

  return {
    async send(message, { signal } = {}) {
      const data = message ?? null;
      return connection.ask(found(), "msg", { data }, signal);
    },
    async loadMore(limit) {
      const subscription = found();
      subscription.loading ??= loadMore(connection, subscription, limit);
      return subscription.loading.finally(() => {
        subscription.loading = undefined;
      });
    },
    async history({ before, limit, signal } = {}) {
      const { messages, more } = await readHistory(
        connection,
        found(),
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
  limit: number | undefined,
): Promise<boolean> {
  const { log } = subscription;
  const [oldest] = log.state.messages;
  // What is older than a log that is over is gone with it.
  if (oldest && oldest.epoch !== log.position?.epoch) return false;
  const before = oldest?.offset;
  const page = await readHistory(connection, subscription, { before, limit });
  return log.prepend(page.epoch, page.messages, page.more);
}

/** A page of history as the server sends it. */
interface Page {
  readonly epoch?: unknown;
  readonly messages?: unknown;
  readonly more?: unknown;
}

async function readHistory(
  connection: ChannelConnection,
  subscription: Subscription,
  request: {
    readonly before: number | undefined;
    readonly limit: number | undefined;
  },
  signal?: AbortSignal,
): Promise<ChannelPage<unknown> & { readonly epoch: string }> {
  const reply = await connection.ask(subscription, "history", request, signal);
  const { epoch, messages, more }: Page = isObject(reply) ? reply : {};
  if (typeof epoch !== "string" || !Array.isArray(messages)) throw unreadable();
  const listed = messages as readonly {
    readonly offset: number;
    readonly data: unknown;
  }[];
  return {
    epoch,
    messages: listed.map(({ offset, data }) =>
      toChannelMessage(epoch, offset, data),
    ),
    more: more === true,
  };
}
