import { decodePart, encodePart } from "./codec";
import type {
  ChannelCodec,
  ChannelMessage,
  ChannelState,
  ChannelTypes,
} from "./types";
import type { MemberFrame, Position, SubscriptionFrame } from "./frames";

/** The state of a subscription to any channel. */
export type AnyState = ChannelState<ChannelTypes>;

/** The default of {@link ChannelOptions.limit}. */
export const defaultLimit = 500;

/** The minimum time between two notifications of listeners, in milliseconds: one animation frame. */
const notificationIntervalMs = 16;

/** The maximum number of earlier epochs whose positions are kept. */
const maxEarlierEpochs = 8;

/** The state without a subscription, for example during server rendering. */
export const idleState: AnyState = {
  status: "idle",
  messages: [],
  hasMore: false,
  presence: [],
  snapshot: undefined,
  error: undefined,
  gap: undefined,
};

/** The part of a log that is kept for a reload of the page. */
export interface PersistedLog extends Position {
  readonly messages: readonly ChannelMessage<unknown>[];
  readonly snapshot?: unknown;
  readonly gap?: AnyState["gap"];
  /** The last offset that was received in each earlier epoch. */
  readonly left?: readonly (readonly [epoch: string, offset: number])[];
}

/** The received messages of a subscription: its state, and the position up to which it is complete. */
export class ChannelLog {
  position: Position | undefined;
  limit: number;
  #state: AnyState = { ...idleState, status: "connecting" };
  /**
   * The last offset that was received in each earlier epoch, from old to new. An epoch may come back,
   * for example when two Redis servers consider themselves the master.
   */
  #earlierEpochs = new Map<string, number>();
  readonly #members = new Map<string, MemberFrame>();
  readonly #listeners = new Set<() => void>();
  readonly #messageListeners = new Set<
    (message: ChannelMessage<unknown>) => void
  >();
  #notification: "changedSince" | "idle" | "notified" | "scheduled" = "idle";

  readonly #codec: ChannelCodec;

  constructor(limit: number, codec: ChannelCodec = {}) {
    this.limit = limit;
    this.#codec = codec;
  }

  get state(): AnyState {
    return this.#state;
  }

  /**
   * Calls `listener` after changes, at most once in {@link notificationIntervalMs}. Returns a function
   * that removes the listener.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` with each new message. Returns a function that removes the listener. */
  onMessage(listener: (message: ChannelMessage<unknown>) => void): () => void {
    this.#messageListeners.add(listener);
    return () => void this.#messageListeners.delete(listener);
  }

  /** Applies a frame. Returns false if a message before it is missing. */
  apply(frame: Exclude<SubscriptionFrame, { readonly t: "unsub" }>): boolean {
    switch (frame.t) {
      case "subok":
        this.#moveTo(frame, "snapshot" in frame ? [frame.snapshot] : []);
        this.set({ status: "live", error: undefined });
        return true;
      case "pub":
        return this.#append(frame);
      case "gap": {
        const { reason, from, epoch, offset } = frame;
        const first = this.#state.gap?.from ?? from;
        this.set({ gap: { reason, from: first, to: { epoch, offset } } });
        this.#moveTo(frame, "snapshot" in frame ? [frame.snapshot] : []);
        return true;
      }
      case "state":
        this.set({
          status: frame.state === "suspended" ? "suspended" : "live",
        });
        return true;
      case "presence":
        if (frame.members) this.#members.clear();
        for (const member of [
          ...(frame.members ?? []),
          ...(frame.join ?? []),
        ]) {
          const info = decodePart(this.#codec.decodeMember, member.info);
          this.#members.set(member.id, { ...member, info });
        }
        for (const id of frame.leave ?? []) this.#members.delete(id);
        this.set({ presence: [...this.#members.values()] });
        return true;
    }
  }

  /** Prepends the older messages of a page of history. Returns whether there are more. */
  prepend(
    epoch: string,
    page: readonly ChannelMessage<unknown>[],
    more: boolean,
  ): boolean {
    const [oldest] = this.#state.messages;
    if (!this.position || epoch !== this.position.epoch) return false;
    if (oldest && oldest.epoch !== epoch) return this.#setHasMore(false);
    const before = oldest?.offset ?? this.position.offset + 1;
    const older = page.filter(({ offset }) => offset < before);
    this.limit += older.length;
    this.set({ messages: [...older, ...this.#state.messages] });
    return this.#setHasMore(more);
  }

  /** Changes members of the state. */
  set(change: Partial<AnyState>): void {
    this.#state = { ...this.#state, ...change };
    this.#notify();
  }

  /** Clears all messages, for example because another user signed in. */
  reset(): void {
    this.position = undefined;
    this.#earlierEpochs.clear();
    this.#members.clear();
    const { status, error } = this.#state;
    this.set({ ...idleState, status, error });
  }

  /** Returns the persistent part of the log, or `undefined` before the first position is known. */
  toPersisted(): PersistedLog | undefined {
    const { messages, snapshot, gap } = this.#state;
    const left = [...this.#earlierEpochs];
    const { encodeMessage, encodeSnapshot } = this.#codec;
    return (
      this.position && {
        ...this.position,
        messages: encodeMessage
          ? messages.map((message) => ({
              ...message,
              data: encodePart(encodeMessage, message.data),
            }))
          : messages,
        snapshot: encodePart(encodeSnapshot, snapshot),
        gap,
        left,
      }
    );
  }

  /** Restores a persisted log. */
  restore({
    epoch,
    offset,
    messages,
    snapshot,
    gap,
    left,
  }: PersistedLog): void {
    this.position = { epoch, offset };
    this.#earlierEpochs = new Map(left);
    const restored = newest(messages, this.limit).map((message) => ({
      ...message,
      data: decodePart(this.#codec.decodeMessage, message.data),
    }));
    this.set({ messages: restored, snapshot: this.#snapshot(snapshot), gap });
    this.#setHasMore(true);
  }

  #append({
    offset,
    prev,
    data,
  }: Extract<SubscriptionFrame, { t: "pub" }>): boolean {
    if (!this.position) return false;
    if (offset <= this.position.offset) return true;
    if (prev !== this.position.offset) return false;
    const { epoch } = this.position;
    const decoded = decodePart(this.#codec.decodeMessage, data);
    this.position = { epoch, offset };
    if (offset <= (this.#earlierEpochs.get(epoch) ?? 0)) return true;
    const message = toChannelMessage(epoch, offset, decoded);
    const all = [...this.#state.messages, message];
    const messages = newest(all, this.limit);
    this.set({ messages });
    if (messages.length < all.length) this.#setHasMore(true);
    for (const listener of [...this.#messageListeners]) listener(message);
    return true;
  }

  #moveTo({ epoch, offset }: Position, snapshot: readonly unknown[]): void {
    const isNew = this.position?.epoch !== epoch;
    if (this.position && isNew) this.#leaveEpoch(this.position);
    this.position = { epoch, offset };
    if (snapshot.length > 0)
      this.set({ snapshot: this.#snapshot(snapshot[0]) });
    // The server has deleted the messages of earlier epochs.
    if (isNew)
      this.#setHasMore(this.#state.messages.length === 0 && offset > 0);
  }

  #snapshot(json: unknown): unknown {
    return json === undefined
      ? undefined
      : decodePart(this.#codec.decodeSnapshot, json);
  }

  #leaveEpoch({ epoch, offset }: Position): void {
    const read = Math.max(offset, this.#earlierEpochs.get(epoch) ?? 0);
    this.#earlierEpochs.delete(epoch);
    this.#earlierEpochs.set(epoch, read);
    const [oldest] = this.#earlierEpochs.keys();
    if (this.#earlierEpochs.size > maxEarlierEpochs && oldest !== undefined)
      this.#earlierEpochs.delete(oldest);
  }

  #setHasMore(hasMore: boolean): boolean {
    if (hasMore !== this.#state.hasMore) this.set({ hasMore });
    return hasMore;
  }

  /** Notifies listeners once of all changes in this turn of the event loop, and then throttles. */
  #notify(): void {
    if (this.#notification !== "idle") {
      if (this.#notification === "notified")
        this.#notification = "changedSince";
      return;
    }
    this.#notification = "scheduled";
    queueMicrotask(() => {
      this.#notification = "notified";
      for (const listener of [...this.#listeners]) listener();
    });
    setTimeout(() => {
      const isDue = this.#notification === "changedSince";
      this.#notification = "idle";
      if (isDue) this.#notify();
    }, notificationIntervalMs);
  }
}

/** Returns the last `count` items of a list. */
export function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}

/** Creates a message with its position. */
export function toChannelMessage(
  epoch: string,
  offset: number,
  data: unknown,
): ChannelMessage<unknown> {
  return { id: `${epoch}:${offset}`, epoch, offset, data };
}
