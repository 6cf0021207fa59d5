import type { CallError } from "../transport/error";
import type { Position } from "./frames";

/** What goes through a channel: what a generated `ChatChannel` has. */
export interface ChannelTypes {
  readonly params: unknown;
  /** What the server publishes. */
  readonly message: unknown;
  /** What clients send. */
  readonly send: unknown;
  /** What a client's message is answered with. */
  readonly reply: unknown;
  readonly snapshot: unknown;
  /** What is seen of somebody who is there. */
  readonly member: unknown;
  readonly error: CallError;
}

/** A channel of the server. */
export interface ChannelDefinition<T> {
  readonly name: string;
  /** Never set: says what goes through the channel. */
  readonly types?: T;
}

/**
 * How a subscription is doing.
 *
 * - `idle`: nothing is subscribed, as on the server or before a component is there;
 * - `connecting`: it was never live, and is about to be;
 * - `live`: messages come as they are published;
 * - `suspended`: the server lost what it gets its messages from; they come late, or a gap does;
 * - `reconnecting`: it was live, and will be again;
 * - `closed`: it was refused, or ended; `error` says why.
 */
export type ChannelStatus =
  "idle" | "connecting" | "live" | "suspended" | "reconnecting" | "closed";

/** A message, and where it stands in the channel's log. */
export interface ChannelMessage<M> extends Position {
  /** Names the message among those of the subscription: a key for React. */
  readonly id: string;
  readonly data: M;
}

/** Somebody who is there, with however many pages. */
export interface ChannelMember<I> {
  readonly id: string;
  readonly info: I;
}

/** Messages after `from` and up to `to` were missed, and will not come. */
export interface ChannelGap {
  /**
   * - `history`: the client was away for longer than messages are kept;
   * - `slow`, `latest`: the client read more slowly than messages came;
   * - `epoch`: the log began anew.
   */
  readonly reason: "history" | "slow" | "latest" | "epoch";
  readonly from: Position;
  readonly to: Position;
}

/** What is known of a subscription. Every change makes another object. */
export interface ChannelState<T extends ChannelTypes> {
  readonly status: ChannelStatus;
  /** The newest messages, the oldest of them first. */
  readonly messages: readonly ChannelMessage<T["message"]>[];
  /** Whether `loadMore` may find older messages. */
  readonly hasMore: boolean;
  readonly presence: readonly ChannelMember<T["member"]>[];
  /** The state of things when the subscription began, or after the last gap. */
  readonly snapshot: T["snapshot"] | undefined;
  /** Why it is closed, or why the last attempt to connect failed. */
  readonly error: T["error"] | undefined;
  /** Stays until `clearGap`. Several in a row are joined. */
  readonly gap: ChannelGap | undefined;
  /** The server has another contract than this client: reloading the page may be needed. */
  readonly outdated: boolean;
}

/** How to subscribe. Where several share a subscription, `recent` and `persist` are the first's. */
export interface ChannelOptions {
  /** How many messages are held, 500 when left out; those that `loadMore` brings come on top. */
  readonly limit?: number | undefined;
  /** How many messages back to begin, as far as the server keeps them; none when left out. */
  readonly recent?: number | undefined;
  /** Goes on after a reload of the page where it was: messages and position go to sessionStorage. */
  readonly persist?: boolean | undefined;
}

/** A page of older messages. */
export interface ChannelPage<M> {
  readonly messages: readonly ChannelMessage<M>[];
  /** Whether the server keeps older ones. */
  readonly more: boolean;
}

/** What to read of the kept messages: the newest when left out. */
export interface HistoryRequest {
  /** Only messages before this offset. */
  readonly before?: number;
  /** At most so many, 50 when left out; the server has a limit of its own. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Options of one message. */
export interface SendOptions {
  /** Waits for the reply no longer. A message that was sent may have run all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What can be done with a subscription. The functions stay the same while it does. */
export interface ChannelActions<T extends ChannelTypes> {
  /**
   * Sends a message, resolves with its reply, and rejects with a `T["error"]`.
   *
   * It waits while there is no connection, and is sent again after one was lost; the server runs it
   * once all the same. It has run when it is answered, and not at all after `unavailable`,
   * `not_subscribed` and `rate_limited`; after `outcome_unknown` it may have run.
   */
  readonly send: (
    message: T["send"],
    options?: SendOptions,
  ) => Promise<T["reply"]>;
  /** Puts older messages before those of the state; resolves with whether there are more. */
  readonly loadMore: (limit?: number) => Promise<boolean>;
  /** Reads kept messages, and leaves the state as it is. */
  readonly history: (
    request?: HistoryRequest,
  ) => Promise<ChannelPage<T["message"]>>;
  /** Takes the gap out of the state: it was seen. */
  readonly clearGap: () => void;
}
