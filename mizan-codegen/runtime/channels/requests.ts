import { outcomeUnknown, readRefusal } from "./error";
import { CallError } from "../transport/error";
import { stringifyJson } from "../transport/json";
import { unanswered } from "../transport/response";
import { reconnectDelay } from "./socket";
import type { Limits, RefusalFrame, ReplyFrame } from "./frames";

/** The server's deduplication window of 5 minutes, reduced by a margin for latency. */
const dedupTtlMs = 4.5 * 60_000;

/** The sender of requests: a subscription. */
export interface Sender {
  /** The name on the current connection, while the subscription is attached. */
  readonly attachedAs: number | undefined;
  /** Set if replies have integers that a number cannot hold. */
  readonly isExact: boolean;
}

interface Request {
  readonly sender: Sender;
  /** The part of the frame that is the same on every connection. */
  readonly rest: string;
  readonly isMessage: boolean;
  /** The time of the first attempt that the server may have processed. */
  sentAt: number | undefined;
  /** Set if the connection was lost before the reply, so that the message may have been processed. */
  mayHaveRun: boolean;
  /** Set while the request waits to be sent again after a temporary refusal. */
  isPostponed: boolean;
  /** Set if the request was sent on the current connection. */
  isInFlight: boolean;
  resolve(data: unknown): void;
  reject(failure: CallError): void;
}

/**
 * Messages and history requests without a reply, in the order in which they were made.
 *
 * After a connection is lost, they are sent again on the next one with the same id, so that the server
 * recognizes duplicates.
 */
export class ChannelRequests {
  readonly #open = new Map<string, Request>();
  /** The ids of the requests in flight, whose number the server limits. */
  readonly #inFlight = new Set<string>();
  readonly #send: (frame: string) => void;
  #limits: Limits | undefined;
  #isDraining = false;
  #next = 0;

  constructor(send: (frame: string) => void) {
    this.#send = send;
  }

  /** Makes a request. `members` are the additional members of its frame. */
  request(
    sender: Sender,
    t: "history" | "msg",
    members: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const rest = (stringifyJson(members) ?? "{}").slice(1);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(unanswered(undefined, signal));
        return;
      }
      const isMessage = t === "msg";
      this.#next += 1;
      const mid = `${isMessage ? "m" : "h"}${this.#next}`;
      const abort = (): void => this.#fail(mid, unanswered(undefined, signal));
      signal?.addEventListener("abort", abort);
      this.#open.set(mid, {
        sender,
        rest,
        isMessage,
        sentAt: undefined,
        mayHaveRun: false,
        isPostponed: false,
        isInFlight: false,
        resolve(data) {
          signal?.removeEventListener("abort", abort);
          resolve(data);
        },
        reject(failure: CallError) {
          signal?.removeEventListener("abort", abort);
          reject(failure);
        },
      });
      this.flush();
    });
  }

  /** Returns whether the sender has messages without a reply. */
  hasMessagesOf(sender: Sender): boolean {
    for (const request of this.#open.values())
      if (request.sender === sender && request.isMessage) return true;
    return false;
  }

  /** Records that a connection was established. */
  opened(limits: Limits): void {
    this.#limits = limits;
    this.#isDraining = false;
  }

  /** Records that the server accepts no new requests on this connection. */
  draining(): void {
    this.#isDraining = true;
  }

  /** Records that the connection was lost. Requests are sent again on the next one. */
  lost(): void {
    this.#limits = undefined;
    this.#inFlight.clear();
    for (const request of this.#open.values()) {
      request.mayHaveRun ||= request.isMessage && request.isInFlight;
      request.isInFlight = false;
      request.isPostponed = false;
    }
  }

  /** Sends all requests that the limits allow. */
  flush(): void {
    for (const [mid, request] of this.#open) {
      if (!this.#limits || this.#isDraining) return;
      if (this.#inFlight.size >= this.#limits.inflight) return;
      if (!request.isInFlight && !request.isPostponed)
        this.#transmit(mid, request, this.#limits);
    }
  }

  /** Handles a reply, which may belong to an aborted request. */
  answer({ mid, data, error }: ReplyFrame, exact: ReplyFrame): void {
    this.#inFlight.delete(mid);
    const request = this.#open.get(mid);
    if (request && error && this.#postpone(request, error)) return this.flush();
    if (request) {
      this.#open.delete(mid);
      if (error) request.reject(this.#failure(request, error));
      else request.resolve(request.sender.isExact ? exact.data : data);
    }
    this.flush();
  }

  /**
   * Postpones a request that the server refused temporarily: until the next connection if the server
   * drains this one, or by a delay if an earlier attempt may have been processed. Returns whether the
   * request was postponed.
   */
  #postpone(request: Request, error: RefusalFrame): boolean {
    const { code, retryAfter = 0 } = readRefusal(error);
    if (code !== "unavailable" && code !== "rate_limited") return false;
    const waits = this.#isDraining && code === "unavailable";
    if (!waits && !request.mayHaveRun) return false;
    request.isInFlight = false;
    if (!request.mayHaveRun) request.sentAt = undefined;
    if (this.#isDraining) return true;
    request.isPostponed = true;
    const delay = retryAfter * 1_000 + reconnectDelay(1);
    setTimeout(() => {
      request.isPostponed = false;
      this.flush();
    }, delay);
    return true;
  }

  /** Returns the error of this attempt, or `outcome_unknown` if an earlier attempt may have been processed. */
  #failure(request: Request, error: RefusalFrame): CallError {
    const failure = readRefusal(error);
    return failure.code === "not_subscribed" && request.mayHaveRun
      ? outcomeUnknown(failure)
      : failure;
  }

  /**
   * Rejects the requests of a sender whose subscription ended. Messages in flight still get a reply on
   * this connection.
   */
  end(sender: Sender, failure: CallError): void {
    for (const [mid, request] of this.#open) {
      if (request.sender !== sender) continue;
      if (request.isMessage && request.isInFlight) continue;
      this.#fail(mid, failure);
    }
  }

  /** Rejects a request with `failure`, or with `outcome_unknown` if it may have been processed. */
  #fail(mid: string, failure: CallError): void {
    const request = this.#open.get(mid);
    this.#open.delete(mid);
    const mayHaveRun =
      request?.mayHaveRun || (request?.isMessage && request.isInFlight);
    request?.reject(
      mayHaveRun && failure.code !== "aborted"
        ? outcomeUnknown(failure)
        : failure,
    );
  }

  #transmit(mid: string, request: Request, limits: Limits): void {
    const { sender, isMessage, rest, sentAt } = request;
    const sub = sender.attachedAs;
    if (sub === undefined) return;
    if (
      sentAt !== undefined &&
      Date.now() - sentAt > dedupTtlMs &&
      request.mayHaveRun
    )
      return this.#fail(mid, retryWindowExpired());
    const t = isMessage ? "msg" : "history";
    const head = `{"t":"${t}","sub":${sub},"mid":"${mid}"`;
    const frame = rest === "}" ? `${head}}` : `${head},${rest}`;
    if (!fits(frame, limits)) return this.#fail(mid, tooLarge(limits));
    request.sentAt ??= Date.now();
    request.isInFlight = true;
    this.#inFlight.add(mid);
    this.#send(frame);
  }
}

/** Returns whether a frame is within the size limit. The server closes the connection otherwise. */
export function fits(frame: string, { frame: limit }: Limits): boolean {
  return new TextEncoder().encode(frame).length <= limit;
}

export function tooLarge({ frame }: Limits): CallError {
  return new CallError({
    code: "too_large",
    message: `message too large: the server allows ${frame} bytes`,
  });
}

function retryWindowExpired(): CallError {
  return new CallError({
    code: "network",
    message:
      "the connection was lost for too long to resend the message safely",
  });
}
