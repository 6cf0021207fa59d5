import { ChannelLog, defaultLimit } from "./log";
import type { Sender } from "./requests";
import type { ChannelCodec, ChannelOptions } from "./types";
import type { CallError } from "../transport/error";

/** The relation between a subscription and the current connection. */
type Attachment =
  /** Not on a connection. `retryTimer` is set after the server refused it temporarily. */
  | {
      readonly phase: "detached";
      readonly retryTimer?: ReturnType<typeof setTimeout>;
    }
  /** Requested under the name `alias`, and not yet confirmed by the server. */
  | { readonly phase: "requested"; readonly alias: number }
  /** Confirmed by the server. */
  | { readonly phase: "attached"; readonly alias: number }
  /** Ended by `error`. It is not requested again until {@link Subscription.reopen}. */
  | { readonly phase: "closed"; readonly error: CallError };

/** The subscription to a channel with certain params, which several holders can share. */
export class Subscription implements Sender {
  readonly key: string;
  /** The members of the `sub` frame that stay the same on every connection. */
  readonly target: string;
  /** The version of the channel that the client was generated from. */
  readonly contract: string | undefined;
  readonly options: ChannelOptions;
  readonly log: ChannelLog;
  /** Set if the channel has integers that a number cannot hold. */
  readonly isExact: boolean;
  /** The number of components and other callers that hold the subscription. */
  holders = 1;
  /** Stops the persistence in `sessionStorage`. */
  stopPersisting: (() => void) | undefined;
  /** The page of history that is being loaded. */
  loading: Promise<boolean> | undefined;
  #attachment: Attachment = { phase: "detached" };
  #hasBeenLive = false;
  #consecutiveRefusals = 0;

  constructor(
    key: string,
    target: string,
    contract: string | undefined,
    options: ChannelOptions,
    codec: ChannelCodec | undefined,
  ) {
    this.key = key;
    this.target = target;
    this.contract = contract;
    this.options = options;
    this.log = new ChannelLog(options.limit ?? defaultLimit, codec);
    this.isExact = codec?.exact ?? false;
  }

  /** The name on the current connection, from the request on. */
  get alias(): number | undefined {
    return "alias" in this.#attachment ? this.#attachment.alias : undefined;
  }

  /** The name on the current connection, from the server's confirmation on. */
  get attachedAs(): number | undefined {
    return this.#attachment.phase === "attached"
      ? this.#attachment.alias
      : undefined;
  }

  /** The error that ended the subscription. */
  get closedBy(): CallError | undefined {
    return this.#attachment.phase === "closed"
      ? this.#attachment.error
      : undefined;
  }

  /** Records that the subscription was requested under the name `alias`. */
  request(alias: number): void {
    this.#clearRetryTimer();
    this.#attachment = { phase: "requested", alias };
  }

  /** Records that the server confirmed the subscription. */
  attach(): void {
    if (this.#attachment.phase !== "requested") return;
    this.#attachment = { phase: "attached", alias: this.#attachment.alias };
    this.#hasBeenLive = true;
    this.#consecutiveRefusals = 0;
  }

  /** Records that the connection was lost, or that the attempt to connect failed with `error`. */
  detach(error?: CallError): void {
    this.#clearRetryTimer();
    this.#attachment = { phase: "detached" };
    const status = this.#hasBeenLive ? "reconnecting" : "connecting";
    this.log.set(error ? { status, error } : { status });
  }

  /**
   * Detaches after a temporary refusal. Runs `retry` after the delay that `delayFor` returns for the
   * number of refusals in a row.
   */
  retryLater(
    error: CallError,
    delayFor: (consecutiveRefusals: number) => number,
    retry: () => void,
  ): void {
    this.detach(error);
    this.#consecutiveRefusals += 1;
    const delay = delayFor(this.#consecutiveRefusals);
    const retryTimer = setTimeout(retry, delay);
    this.#attachment = { phase: "detached", retryTimer };
  }

  /** Ends the subscription until {@link reopen}. */
  close(error: CallError): void {
    this.#clearRetryTimer();
    this.#attachment = { phase: "closed", error };
    this.log.set({ status: "closed", presence: [], error });
  }

  /** Records that the last holder released the subscription. */
  leave(): void {
    this.#clearRetryTimer();
    this.#attachment = { phase: "detached" };
    this.log.set({ status: "idle" });
  }

  /** Allows a closed subscription to be requested again. */
  reopen(): void {
    if (this.#attachment.phase !== "closed") return;
    this.log.set({ error: undefined });
    this.detach();
  }

  #clearRetryTimer(): void {
    if (this.#attachment.phase === "detached")
      clearTimeout(this.#attachment.retryTimer);
  }
}
