import { outcomeUnknown, readRefusal } from "./error";
import { CallError } from "../transport/error";
import { unanswered } from "../transport/response";
import { reconnectDelay } from "./socket";
import type { Limits, RefusalFrame, ReplyFrame } from "./frames";

/** For how long the server remembers what it answered: 5 minutes, less some time on the way. */
const rememberedFor = 4.5 * 60_000;

/** Whoever sends: a subscription, by its name on the present connection while it is attached. */
export interface Sender {
  readonly attachedAs: number | undefined;
}

interface Request {
  readonly sender: Sender;
  /** The frame but for its beginning, which differs from connection to connection. */
  readonly rest: string;
  readonly isMessage: boolean;
  /** When it was sent for the first time, of those that may have run it. */
  sentAt: number | undefined;
  /** Is true if the connection was lost before the reply, so that the message may have run. */
  mayHaveRun: boolean;
  /** Is true while it waits to be sent again, because the server did not know its outcome. */
  isPutOff: boolean;
  /** Whether it was sent on the present connection. */
  isOnWire: boolean;
  resolve(data: unknown): void;
  reject(failure: unknown): void;
}

/**
 * Messages and reads that have no reply yet, in the order in which they were asked for.
 *
 * They are kept until they are answered: those that a lost connection left open are sent again on the
 * next one under the same name, by which the server knows them.
 */
export class ChannelRequests {
  readonly #open = new Map<string, Request>();
  /** Sent on the present connection and not answered: the server takes only so many. */
  readonly #inFlight = new Set<string>();
  readonly #send: (frame: string) => void;
  #limits: Limits | undefined;
  #isDraining = false;
  #outdated = false;
  #next = 0;

  constructor(send: (frame: string) => void) {
    this.#send = send;
  }

  /** Asks; `t` is `msg` or `history`, and `members` what its frame has besides. */
  ask(
    sender: Sender,
    t: "history" | "msg",
    members: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const rest = JSON.stringify(members).slice(1);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(unanswered(undefined, signal));
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
        isPutOff: false,
        isOnWire: false,
        resolve(data) {
          signal?.removeEventListener("abort", abort);
          resolve(data);
        },
        reject(failure) {
          signal?.removeEventListener("abort", abort);
          reject(failure);
        },
      });
      this.flush();
    });
  }

  /** Whether the sender has messages that are not answered. */
  hasMessagesOf(sender: Sender): boolean {
    for (const request of this.#open.values())
      if (request.sender === sender && request.isMessage) return true;
    return false;
  }

  /** A connection is there. */
  opened(limits: Limits, outdated: boolean): void {
    this.#limits = limits;
    this.#outdated = outdated;
    this.#isDraining = false;
  }

  /** The server takes nothing new on this connection. */
  draining(): void {
    this.#isDraining = true;
  }

  /** The connection is gone. What its server was asked is asked again on the next one. */
  lost(): void {
    this.#limits = undefined;
    this.#inFlight.clear();
    for (const request of this.#open.values()) {
      request.mayHaveRun ||= request.isMessage && request.isOnWire;
      request.isOnWire = false;
      request.isPutOff = false;
    }
  }

  /** Sends what can be sent now. */
  flush(): void {
    for (const [mid, request] of this.#open) {
      if (!this.#limits || this.#isDraining) return;
      if (this.#inFlight.size >= this.#limits.inflight) return;
      if (!request.isOnWire && !request.isPutOff)
        this.#transmit(mid, request, this.#limits);
    }
  }

  /** Takes an answer, perhaps to something that nobody waits for any more. */
  answer({ mid, data, error }: ReplyFrame): void {
    this.#inFlight.delete(mid);
    const request = this.#open.get(mid);
    if (request && error && this.#putOff(request, error)) return this.flush();
    if (request) {
      this.#open.delete(mid);
      if (error) request.reject(this.#failure(request, error));
      else request.resolve(data);
    }
    this.flush();
  }

  /**
   * Keeps what the server did not begin: for the next connection where this one drains, and for another
   * try where an earlier one may have run it, since only the server can tell.
   */
  #putOff(request: Request, error: RefusalFrame): boolean {
    const { code, retryAfter = 0 } = readRefusal(error, this.#outdated);
    if (code !== "unavailable" && code !== "rate_limited") return false;
    const waits = this.#isDraining && code === "unavailable";
    if (!waits && !request.mayHaveRun) return false;
    request.isOnWire = false;
    if (!request.mayHaveRun) request.sentAt = undefined;
    if (this.#isDraining) return true;
    request.isPutOff = true;
    const delay = retryAfter * 1_000 + reconnectDelay(1);
    setTimeout(() => {
      request.isPutOff = false;
      this.flush();
    }, delay);
    return true;
  }

  /** Returns the error of this attempt, or `outcome_unknown` if an earlier attempt may have run. */
  #failure(request: Request, error: RefusalFrame): CallError {
    const failure = readRefusal(error, this.#outdated);
    return failure.code === "not_subscribed" && request.mayHaveRun
      ? outcomeUnknown(failure)
      : failure;
  }

  /**
   * Ends what the sender asked for, for it is subscribed no more. Messages on their way are still
   * answered by this connection.
   */
  end(sender: Sender, failure: CallError): void {
    for (const [mid, request] of this.#open) {
      if (request.sender !== sender) continue;
      if (request.isMessage && request.isOnWire) continue;
      this.#fail(mid, failure);
    }
  }

  /** Fails a request; one that was sent may have been run, whatever `failure` says. */
  #fail(mid: string, failure: CallError): void {
    const request = this.#open.get(mid);
    this.#open.delete(mid);
    const mayHaveRun =
      request?.mayHaveRun || (request?.isMessage && request.isOnWire);
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
      Date.now() - sentAt > rememberedFor &&
      request.mayHaveRun
    )
      return this.#fail(mid, forgotten());
    const t = isMessage ? "msg" : "history";
    const head = `{"t":"${t}","sub":${sub},"mid":"${mid}"`;
    const frame = rest === "}" ? `${head}}` : `${head},${rest}`;
    if (!fits(frame, limits)) return this.#fail(mid, tooLarge(limits));
    request.sentAt ??= Date.now();
    request.isOnWire = true;
    this.#inFlight.add(mid);
    this.#send(frame);
  }
}

/** Whether the server takes a frame of this size. A larger one would cost the whole connection. */
export function fits(frame: string, { frame: limit }: Limits): boolean {
  return new TextEncoder().encode(frame).length <= limit;
}

export function tooLarge({ frame }: Limits): CallError {
  return new CallError({
    code: "too_large",
    message: `the server takes messages of at most ${frame} bytes`,
  });
}

function forgotten(): CallError {
  return new CallError({
    code: "network",
    message: "the connection was lost for too long to send the message again",
  });
}
