import type { ChannelMessage, ChannelState, ChannelTypes } from "./types";
import type { MemberFrame, Position, SubscriptionFrame } from "./frames";

/** The state of a subscription, whatever goes through it. */
export type AnyState = ChannelState<ChannelTypes>;

/** How many messages are held where nothing else was said. */
export const defaultLimit = 500;

/** For how long changes are gathered before anybody is told again, in milliseconds. */
const frame = 16;

/** For so many epochs that are over it is remembered how far they were read. */
const mostEpochs = 8;

/** What is not subscribed, as everywhere on the server. */
export const idle: AnyState = {
  status: "idle",
  messages: [],
  hasMore: false,
  presence: [],
  snapshot: undefined,
  error: undefined,
  gap: undefined,
  outdated: false,
};

/** What a page leaves behind for itself, to go on after a reload. */
export interface PersistedLog extends Position {
  readonly messages: readonly ChannelMessage<unknown>[];
  readonly snapshot?: unknown;
  readonly gap?: AnyState["gap"];
  /** The last offset that was read in each earlier epoch. */
  readonly left?: readonly (readonly [epoch: string, offset: number])[];
}

/** What was received of one channel: the state that is shown, and the position that proves it whole. */
export class ChannelLog {
  position: Position | undefined;
  limit: number;
  #state: AnyState = { ...idle, status: "connecting" };
  /**
   * How far epochs were read that were left, the newest last. One may come back, as where two Redis
   * servers take themselves for the master: its messages were seen.
   */
  #left = new Map<string, number>();
  readonly #members = new Map<string, MemberFrame>();
  readonly #listeners = new Set<() => void>();
  readonly #messageListeners = new Set<
    (message: ChannelMessage<unknown>) => void
  >();
  #telling: "again" | "no" | "soon" | "told" = "no";

  constructor(limit: number) {
    this.limit = limit;
  }

  get state(): AnyState {
    return this.#state;
  }

  /** Calls `listener` after changes, at most once a frame, until the returned function runs. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` with each new message, until the returned function runs. */
  onMessage(listener: (message: ChannelMessage<unknown>) => void): () => void {
    this.#messageListeners.add(listener);
    return () => void this.#messageListeners.delete(listener);
  }

  /** Takes a frame; false where it does not follow from what came before it. */
  take(frame: Exclude<SubscriptionFrame, { readonly t: "unsub" }>): boolean {
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
        for (const member of [...(frame.members ?? []), ...(frame.join ?? [])])
          this.#members.set(member.id, member);
        for (const id of frame.leave ?? []) this.#members.delete(id);
        this.set({ presence: [...this.#members.values()] });
        return true;
    }
  }

  /** Puts a page of history before what is there, as far as it is older. */
  prepend(
    epoch: string,
    page: readonly ChannelMessage<unknown>[],
    more: boolean,
  ): boolean {
    const [oldest] = this.#state.messages;
    if (!this.position || epoch !== this.position.epoch) return false;
    if (oldest && oldest.epoch !== epoch) return this.#hasMore(false);
    const before = oldest?.offset ?? this.position.offset + 1;
    const older = page.filter(({ offset }) => offset < before);
    this.limit += older.length;
    this.set({ messages: [...older, ...this.#state.messages] });
    return this.#hasMore(more);
  }

  /** Changes the state by itself. */
  set(change: Partial<AnyState>): void {
    this.#state = { ...this.#state, ...change };
    this.#notify();
  }

  /** Forgets everything: what was seen is not for whoever comes next. */
  reset(): void {
    this.position = undefined;
    this.#left.clear();
    this.#members.clear();
    const { status, error, outdated } = this.#state;
    this.set({ ...idle, status, error, outdated });
  }

  /** What is needed to go on later; nothing where there is no position yet. */
  toPersisted(): PersistedLog | undefined {
    const { messages, snapshot, gap } = this.#state;
    const left = [...this.#left];
    return this.position && { ...this.position, messages, snapshot, gap, left };
  }

  /** Goes on from what was kept. */
  restore({
    epoch,
    offset,
    messages,
    snapshot,
    gap,
    left,
  }: PersistedLog): void {
    this.position = { epoch, offset };
    this.#left = new Map(left);
    this.set({ messages: newest(messages, this.limit), snapshot, gap });
    this.#hasMore(true);
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
    this.position = { epoch, offset };
    if (offset <= (this.#left.get(epoch) ?? 0)) return true;
    const message = toChannelMessage(epoch, offset, data);
    const all = [...this.#state.messages, message];
    const messages = newest(all, this.limit);
    this.set({ messages });
    if (messages.length < all.length) this.#hasMore(true);
    for (const listener of [...this.#messageListeners]) listener(message);
    return true;
  }

  #moveTo({ epoch, offset }: Position, snapshot: readonly unknown[]): void {
    const isNew = this.position?.epoch !== epoch;
    if (this.position && isNew) this.#leave(this.position);
    this.position = { epoch, offset };
    if (snapshot.length > 0) this.set({ snapshot: snapshot[0] });
    // Of an epoch that is over, nothing more can be had.
    if (isNew) this.#hasMore(this.#state.messages.length === 0 && offset > 0);
  }

  #leave({ epoch, offset }: Position): void {
    const read = Math.max(offset, this.#left.get(epoch) ?? 0);
    this.#left.delete(epoch);
    this.#left.set(epoch, read);
    const [oldest] = this.#left.keys();
    if (this.#left.size > mostEpochs && oldest !== undefined)
      this.#left.delete(oldest);
  }

  #hasMore(hasMore: boolean): boolean {
    if (hasMore !== this.#state.hasMore) this.set({ hasMore });
    return hasMore;
  }

  /** Everything that one frame changes is told of as one, and then nothing for a while. */
  #notify(): void {
    if (this.#telling !== "no") {
      if (this.#telling === "told") this.#telling = "again";
      return;
    }
    this.#telling = "soon";
    queueMicrotask(() => {
      this.#telling = "told";
      for (const listener of [...this.#listeners]) listener();
    });
    setTimeout(() => {
      const isDue = this.#telling === "again";
      this.#telling = "no";
      if (isDue) this.#notify();
    }, frame);
  }
}

/** The last items of a list. */
export function newest<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(Math.max(0, items.length - count));
}

/** A message at its place. */
export function toChannelMessage(
  epoch: string,
  offset: number,
  data: unknown,
): ChannelMessage<unknown> {
  return { id: `${epoch}:${offset}`, epoch, offset, data };
}
