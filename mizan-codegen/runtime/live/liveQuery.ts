import type {
  Query,
  QueryCacheNotifyEvent,
  QueryClient,
} from "@tanstack/react-query";
import type { ChannelConnection } from "../channels/connection";
import type { AnyState } from "../channels/log";
import type { Subscription } from "../channels/subscription";
import type { ChannelMessage } from "../channels/types";
import { hasPendingChanges, refetchWhenSettled } from "../react/optimistic";
import { CallError } from "../transport/error";
import {
  positionOf,
  recordPosition,
  type LivePosition,
} from "../transport/livePosition";
import { decodeOutput, isObject, type ReplyCodec } from "../transport/response";

/** The errors of a subscription that the query itself fails with, too. */
const permissionCodes: ReadonlySet<string> = new Set([
  "forbidden",
  "not_found",
  "reauthenticate",
  "unauthenticated",
]);

/** A live query and the input for its subscription. */
export interface LiveTarget {
  /** The name of the query on the wire. */
  readonly name: string;
  readonly contract: string | undefined;
  /** The input as JSON, independent of the order of its members. */
  readonly paramsJson: string;
  readonly codec: ReplyCodec;
}

/** The content of a message: nothing, or the entity tag of the result, and the result if it has changed. */
interface Change {
  readonly etag?: unknown;
  readonly value?: unknown;
}

/**
 * An observed query, which is fetched again after each change that the server reports.
 *
 * At most one request is open and one more is due: changes during a request are one change after it.
 */
export class LiveQuery {
  readonly #client: QueryClient;
  readonly #connection: ChannelConnection;
  readonly #query: Query;
  readonly #held: Subscription | undefined;
  readonly #codec: ReplyCodec;
  readonly #listening: (() => void)[] = [];
  /** Set if the data is older than a change; with the position of the change if it is known. */
  #change: { readonly at: LivePosition | undefined } | undefined;
  /** Set if a request that contains the change has started. */
  #isRequested = false;
  /** Set once the subscription continues from a position that the data contains. */
  #isComplete: boolean;
  #gap: AnyState["gap"];
  #isRefused = false;

  constructor(
    client: QueryClient,
    connection: ChannelConnection,
    query: Query,
    { name, contract, paramsJson, codec }: LiveTarget,
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#query = query;
    const since = positionOf(query.queryKey);
    const { exact = false } = codec;
    const channel = { name: `query:${name}`, contract, codec: { exact } };
    this.#codec = codec;
    const options = { limit: 1 };
    const held = connection.retain(channel, paramsJson, options, since);
    this.#held = held;
    this.#gap = held?.log.state.gap;
    // Another holder of the subscription may have received changes that this data does not contain.
    const position = held?.log.position;
    this.#isComplete = position !== undefined && contains(since, position);
    if (!held) return;
    this.#listening.push(
      held.log.onChange(() => this.#stateChanged(held.log.state)),
      held.log.onMessage((message) => {
        if (!this.#apply(message)) this.#changed(message);
      }),
    );
    this.#stateChanged(held.log.state);
  }

  /** Handles an event of the cache for this query. */
  handle(event: QueryCacheNotifyEvent): void {
    if (event.type !== "updated" || !this.#change) return;
    const { action } = event;
    if (action.type === "fetch") this.#isRequested = true;
    const hasEnded =
      action.type === "error" || (action.type === "success" && !action.manual);
    if (!hasEnded) return;
    const { at } = this.#change;
    if (this.#isRequested || (at && this.#dataContains(at)))
      this.#change = undefined;
    else queueMicrotask(() => this.#refetch());
  }

  /** Ends the subscription. */
  stop(): void {
    for (const stop of this.#listening) stop();
    if (this.#held) this.#connection.release(this.#held);
    if (this.#change) this.#query.invalidate();
  }

  #stateChanged({ status, gap, error }: AnyState): void {
    if (status === "live" && !this.#isComplete) {
      this.#isComplete = true;
      this.#changed();
    }
    if (gap && gap !== this.#gap) this.#changed();
    this.#gap = gap;
    // The position is cleared if the connection belongs to another user now.
    if (status !== "live" && !this.#held?.log.position)
      this.#isComplete = false;
    const isRefused =
      status === "closed" && permissionCodes.has(error?.code ?? "");
    if (isRefused && !this.#isRefused) this.#changed();
    this.#isRefused = isRefused;
  }

  /** Applies a change whose result is known. Returns false if it has to be fetched. */
  #apply({ epoch, offset, data }: ChannelMessage<unknown>): boolean {
    const { queryKey, state } = this.#query;
    const { etag, ...change }: Change = isObject(data) ? data : {};
    const isBusy =
      state.fetchStatus !== "idle" ||
      this.#change !== undefined ||
      hasPendingChanges(this.#query);
    // An infinite query has pages, and the change only the result for its input.
    if (typeof etag !== "string" || isBusy || queryKey.length > 3) return false;
    const known = positionOf(queryKey);
    if (contains(known, { epoch, offset })) return true;
    if (etag !== known?.etag) {
      if (!("value" in change)) return false;
      try {
        const output = decodeOutput(change.value, this.#codec);
        this.#client.setQueryData(queryKey, output);
      } catch (error) {
        // The request fails with the same error.
        if (error instanceof CallError) return false;
        throw error;
      }
    }
    recordPosition(queryKey, { epoch, offset, etag });
    return true;
  }

  #changed(at?: LivePosition): void {
    if (at && this.#dataContains(at)) return;
    this.#change = { at };
    this.#isRequested = false;
    this.#refetch();
  }

  #dataContains(position: LivePosition): boolean {
    return contains(positionOf(this.#query.queryKey), position);
  }

  #refetch(): void {
    if (!this.#change) return;
    if (refetchWhenSettled(this.#query)) {
      this.#change = undefined;
      return;
    }
    // The end of the request decides whether another one is necessary.
    if (this.#query.state.fetchStatus !== "idle") return;
    const { queryKey } = this.#query;
    void this.#client.invalidateQueries(
      { queryKey, exact: true },
      { cancelRefetch: false },
    );
  }
}

/** Returns whether data at the position `data` contains a change at the position `change`. */
function contains(
  data: LivePosition | undefined,
  change: LivePosition,
): boolean {
  return data?.epoch === change.epoch && data.offset >= change.offset;
}
