import { ChannelLog, defaultLimit } from "./log";
import type { Sender } from "./requests";
import type { ChannelOptions } from "./types";
import type { CallError } from "../transport/error";

/** A channel with params that somebody is subscribed to, from its first holder to its last. */
export class Subscription implements Sender {
  readonly key: string;
  /** The members of its `sub` frame that never change. */
  readonly target: string;
  readonly options: ChannelOptions;
  readonly log: ChannelLog;
  holders = 1;
  /** Refusals in a row that may pass by themselves. */
  refusals = 0;
  /** Waits to ask again. */
  timer: ReturnType<typeof setTimeout> | undefined;
  stopPersisting: (() => void) | undefined;
  /** What it was ended by; it is not asked for again by itself. */
  endedBy: CallError | undefined;
  /** A page of history that is on its way. */
  loading: Promise<boolean> | undefined;
  #alias: number | undefined;
  #isAttached = false;
  #wasLive = false;

  constructor(key: string, target: string, options: ChannelOptions) {
    this.key = key;
    this.target = target;
    this.options = options;
    this.log = new ChannelLog(options.limit ?? defaultLimit);
  }

  /** Its name on the present connection, from when it was asked for. */
  get alias(): number | undefined {
    return this.#alias;
  }

  /** Its name on the present connection, from when the server has it. */
  get attachedAs(): number | undefined {
    return this.#isAttached ? this.#alias : undefined;
  }

  asked(alias: number): void {
    this.#alias = alias;
  }

  attached(): void {
    this.#isAttached = true;
    this.#wasLive = true;
    this.refusals = 0;
  }

  /** It is not on a connection any more, and will be on another one; `error` where one failed. */
  detached(error?: CallError): void {
    this.#alias = undefined;
    this.#isAttached = false;
    clearTimeout(this.timer);
    const status = this.#wasLive ? "reconnecting" : "connecting";
    this.log.set(error ? { status, error } : { status });
  }

  /** It will not be on a connection any more, unless the user becomes another one. */
  ended(error: CallError): void {
    this.detached();
    this.endedBy = error;
    this.log.set({ status: "closed", presence: [], error });
  }

  /** Nobody holds it any more. */
  left(): void {
    this.detached();
    this.log.set({ status: "idle" });
  }

  /** It may be asked for again. */
  revived(): void {
    if (!this.endedBy) return;
    this.endedBy = undefined;
    this.log.set({ error: undefined });
    this.detached();
  }
}
