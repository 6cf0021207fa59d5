import type { CallError } from "../transport/error";
import type { Position } from "./frames";

/** The types of a channel, as a generated interface such as `ChatChannel` declares them. */
export interface ChannelTypes {
  /** The parameters of a subscription. */
  readonly params: unknown;
  /** A message that the server publishes. */
  readonly message: unknown;
  /** A message that a client sends. */
  readonly send: unknown;
  /** The reply to a client's message. */
  readonly reply: unknown;
  /** The state that a new subscriber receives. */
  readonly snapshot: unknown;
  /** The public information about a member. */
  readonly member: unknown;
  /** An error of the subscription or of a message. */
  readonly error: CallError;
}

/** The conversions of a channel's parts that need some. Those from JSON change the value in place. */
export interface ChannelCodec {
  readonly encodeParams?: (value: never) => unknown;
  readonly encodeSend?: (value: never) => unknown;
  readonly decodeMessage?: (json: unknown) => unknown;
  readonly decodeReply?: (json: unknown) => unknown;
  readonly decodeSnapshot?: (json: unknown) => unknown;
  readonly decodeMember?: (json: unknown) => unknown;
  /** Used to store messages in the browser. */
  readonly encodeMessage?: (value: never) => unknown;
  /** Used to store the snapshot in the browser. */
  readonly encodeSnapshot?: (value: never) => unknown;
  /** Set if the channel has integers that a number cannot hold. */
  readonly exact?: boolean;
}

/** A reference to a channel of the server. */
export interface ChannelDefinition<T> {
  readonly name: string;
  /** The version of the channel that the client was generated from. */
  readonly contract?: string | undefined;
  /** The conversions between JSON and the types of the channel. */
  readonly codec?: ChannelCodec;
  /** Never set; carries the types of the channel. */
  readonly types?: T;
}

/**
 * The status of a subscription.
 *
 * - `idle`: not subscribed, for example during server rendering or before a component is mounted;
 * - `connecting`: the first connection is being established;
 * - `live`: messages arrive as they are published;
 * - `suspended`: the server lost its message broker; messages arrive late, or are reported as a gap;
 * - `reconnecting`: the connection was lost and is being established again;
 * - `closed`: the subscription was refused or ended; see `error`.
 */
export type ChannelStatus =
  "idle" | "connecting" | "live" | "suspended" | "reconnecting" | "closed";

/** A message and its position in the channel's log. */
export interface ChannelMessage<M> extends Position {
  /** Identifies the message within the subscription; suitable as a React key. */
  readonly id: string;
  readonly data: M;
}

/** A member of the channel, who may have several pages open. */
export interface ChannelMember<I> {
  readonly id: string;
  readonly info: I;
}

/** A range of lost messages, after `from` and up to and including `to`. */
export interface ChannelGap {
  /**
   * - `history`: the client was disconnected for longer than the server keeps messages;
   * - `slow`, `latest`: the client was slower than the messages;
   * - `epoch`: the log was reset.
   */
  readonly reason: "history" | "slow" | "latest" | "epoch";
  readonly from: Position;
  readonly to: Position;
}

/** The immutable state of a subscription. Each change creates a new object. */
export interface ChannelState<T extends ChannelTypes> {
  readonly status: ChannelStatus;
  /** The newest messages, from old to new. */
  readonly messages: readonly ChannelMessage<T["message"]>[];
  /** Set if `loadMore` may return older messages. */
  readonly hasMore: boolean;
  /** The members who are present. */
  readonly presence: readonly ChannelMember<T["member"]>[];
  /** The snapshot at the start of the subscription, or after the last gap. */
  readonly snapshot: T["snapshot"] | undefined;
  /** The reason for the status `closed`, or for the failure of the last attempt to connect. */
  readonly error: T["error"] | undefined;
  /** The lost messages since the last `clearGap`. Consecutive gaps are merged. */
  readonly gap: ChannelGap | undefined;
}

/** Options of a subscription. The first holder decides `recent` and `persist` of a shared one. */
export interface ChannelOptions {
  /** The maximum number of messages in the state, 500 by default, plus those from `loadMore`. */
  readonly limit?: number | undefined;
  /** The number of earlier messages to start with, 0 by default. */
  readonly recent?: number | undefined;
  /** Continues after a reload of the page. Messages and position are kept in `sessionStorage`. */
  readonly persist?: boolean | undefined;
}

/** A page of older messages. */
export interface ChannelPage<M> {
  readonly messages: readonly ChannelMessage<M>[];
  /** Set if the server has older messages. */
  readonly more: boolean;
}

/** A request for stored messages; the newest ones by default. */
export interface HistoryRequest {
  /** Returns only messages before this offset. */
  readonly before?: number;
  /** The maximum number of messages, 50 by default. The server may return fewer. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a message. */
export interface SendOptions {
  /** Stops waiting for the reply. The server may still process a message that was sent. */
  readonly signal?: AbortSignal | undefined;
}

/** The actions of a subscription. The functions are stable while the subscription is the same. */
export interface ChannelActions<T extends ChannelTypes> {
  /**
   * Sends a message, and resolves with the reply or rejects with a `T["error"]`.
   *
   * The message waits for a connection, and is sent again after a connection is lost. The server
   * processes it at most once. It was not processed after `unavailable`, `not_subscribed` and
   * `rate_limited`; after `outcome_unknown` it may have been.
   */
  readonly send: (
    message: T["send"],
    options?: SendOptions,
  ) => Promise<T["reply"]>;
  /** Prepends older messages to the state. Resolves with `true` if there are more. */
  readonly loadMore: (limit?: number) => Promise<boolean>;
  /** Reads stored messages without changing the state. */
  readonly history: (
    request?: HistoryRequest,
  ) => Promise<ChannelPage<T["message"]>>;
  /** Removes the gap from the state. */
  readonly clearGap: () => void;
}
