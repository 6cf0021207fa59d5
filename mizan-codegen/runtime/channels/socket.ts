import { afterClose } from "./closeCodes";
import { CallError } from "../transport/error";
import { markIntegers } from "../transport/json";
import {
  readFrame,
  type ReplyFrame,
  type ServerFrame,
  type SubscriptionFrame,
  type WelcomeFrame,
} from "./frames";
import {
  createFrameRateLimiter,
  type FrameRateLimiter,
} from "./frameRateLimiter";
import type { Dial, FrameSocket } from "./frameSocket";
import { onPageResume } from "./pageResume";
import { TransportChoice } from "./transportChoice";
import type { ServerAddress } from "../transport/transport";

/** The maximum time from the start of an attempt, which first loads the token, to the welcome frame. */
const connectTimeoutMs = 20_000;
/** The tolerated delay of a heartbeat from the server. */
const heartbeatToleranceMs = 10_000;
/** The timeout of a probe. */
const probeTimeoutMs = 5_000;
/**
 * A frame that checks whether the connection is alive: a message to a subscription that does not exist,
 * which the server rejects at no cost. The server does not reply to a `pong`.
 */
const probe = `{"t":"msg","sub":4294967295,"mid":"probe","data":null}`;
/** A connection that was open for this time resets the backoff. */
const stableAfterMs = 30_000;
const initialDelayMs = 500;
const maxDelayMs = 30_000;

/** The receiver of a socket's events. */
export interface SocketOwner {
  /** A connection was established, without subscriptions. */
  opened(welcome: WelcomeFrame): void;
  /** A frame was received. Returns false if a message before it is missing. */
  received(
    frame: ReplyFrame | SubscriptionFrame,
    exact: ReplyFrame | SubscriptionFrame,
  ): boolean;
  /** Set if frames are also passed with {@link markIntegers exact integers}. */
  readonly isExact: boolean;
  /** The permissions of the user may have changed. */
  permissionsChanged(): void;
  /** The server accepts no new requests on this connection. */
  draining(): void;
  /** The connection was lost and will be established again, or an attempt failed with `failure`. */
  lost(failure: CallError | undefined): void;
  /** The connection was closed until {@link Socket.restart}. */
  stopped(failure: CallError): void;
}

type TimerName = "connect" | "drain" | "probe" | "retry" | "silence";

/**
 * A connection to the server that reconnects automatically.
 *
 * It handles backoff, credentials and heartbeats, and does not know subscriptions. The rules are in
 * `mizan-channels/PROTOCOL.md`.
 */
export class Socket {
  readonly #address: ServerAddress;
  readonly #owner: SocketOwner;
  /** The id of this client, created for the first connection. */
  #client: string | undefined;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #state: "connecting" | "off" | "open" | "stopped" | "waiting" = "off";
  readonly #transports: TransportChoice;
  #connection: FrameSocket | undefined;
  /** The transport of an attempt that the server has not accepted yet. */
  #dialed: Dial | undefined;
  #rateLimiter: FrameRateLimiter | undefined;
  #openedAt: number | undefined;
  #silence = 0;
  /** The earliest time of the next attempt, even if the page resumes. */
  #notBefore = 0;
  #attempt = 0;
  /** Set after an attempt with a new credential. */
  #hasRefreshed = false;
  #stopListening: (() => void) | undefined;

  constructor(address: ServerAddress, owner: SocketOwner) {
    this.#address = address;
    this.#transports = new TransportChoice(address.baseUrl);
    this.#owner = owner;
  }

  /** Connects, and reconnects until {@link close}. */
  open(): void {
    if (this.#state !== "off") return;
    this.#stopListening = onPageResume(() => this.#onPageResume());
    void this.#connect();
  }

  /** Closes the connection until {@link open}. */
  close(): void {
    this.#disconnect(1000, "no subscriptions");
    this.#state = "off";
    this.#stopListening?.();
  }

  /** Reconnects, even if the socket was stopped. The user may have changed. */
  restart(): void {
    if (this.#state === "off") {
      this.open();
      return;
    }
    this.#attempt = 0;
    this.#hasRefreshed = false;
    this.#reconnect(0);
  }

  /** Sends a frame as soon as the rate limit allows it. */
  send(frame: string): void {
    this.#rateLimiter?.send(frame);
  }

  async #connect(): Promise<void> {
    this.#disconnect(1000, "reconnecting");
    this.#state = "connecting";
    this.#notBefore = 0;
    this.#after("connect", connectTimeoutMs, () => {
      this.#noteFailedAttempt();
      this.#retry();
    });
    const started = this.#timers.get("connect");
    try {
      const token = await bearerToken(this.#address);
      if (this.#timers.get("connect") === started) this.#dial(token);
    } catch (cause) {
      if (this.#timers.get("connect") === started)
        this.#retry({ failure: unreachable(cause) });
    }
  }

  #dial(token: string | undefined): void {
    const dial = this.#transports.choose();
    const isCurrent = (): boolean => this.#connection === connection;
    const connection = dial(this.#address, {
      opened: () => {
        if (!isCurrent()) return;
        const client = (this.#client ??= randomId());
        connection.send(JSON.stringify({ t: "hello", client, token }));
      },
      received: (frame) => {
        if (isCurrent()) this.#receive(frame);
      },
      closed: (code, reason) => {
        if (isCurrent()) this.#closed(code, reason);
      },
    });
    this.#connection = connection;
    this.#dialed = dial;
  }

  /** Lets the next attempt use another transport, if this one was not accepted. */
  #noteFailedAttempt(): void {
    if (this.#dialed) this.#transports.failed(this.#dialed);
    this.#dialed = undefined;
  }

  #receive(message: unknown): void {
    const frame = readFrame(message);
    if (!frame) return this.#stopAfterUnknownFrame();
    if (this.#state === "connecting") return this.#receiveFirst(frame);
    this.#resetSilenceTimer();
    switch (frame.t) {
      case "welcome":
        return this.#stopAfterUnknownFrame();
      case "ping":
        this.#rateLimiter?.sendNow(`{"t":"pong"}`);
        if (frame.permissions === true) this.#owner.permissionsChanged();
        return;
      case "reauth":
        void this.#authenticate();
        return;
      case "drain":
        this.#after("drain", frame.after, () => this.#reconnect(0));
        this.#notBefore = Date.now() + frame.after;
        return this.#owner.draining();
      default:
        if (!this.#owner.received(frame, this.#exact(message, frame)))
          this.#retry();
    }
  }

  /** Returns the frame with exact integers, if a channel has such. */
  #exact<F extends ServerFrame>(message: unknown, frame: F): F {
    if (!this.#owner.isExact || typeof message !== "string") return frame;
    const marked = markIntegers(message);
    return marked === message ? frame : (JSON.parse(marked) as F);
  }

  /** Handles the first frame of a connection: the welcome, or a drain if the server shuts down. */
  #receiveFirst(frame: ServerFrame): void {
    switch (frame.t) {
      case "welcome":
        this.#open(frame);
        this.#resetSilenceTimer();
        return this.#owner.opened(frame);
      case "drain":
        return this.#retry({ afterAtLeast: frame.after });
      default:
        return this.#stopAfterUnknownFrame();
    }
  }

  #stopAfterUnknownFrame(): void {
    this.#stop("protocol", "unknown frame from the server: reload the page");
  }

  #open({ heartbeat, limits }: WelcomeFrame): void {
    this.#clear("connect");
    if (this.#dialed) this.#transports.opened(this.#dialed);
    this.#dialed = undefined;
    this.#state = "open";
    this.#openedAt = Date.now();
    this.#silence = heartbeat + heartbeatToleranceMs;
    this.#rateLimiter = createFrameRateLimiter(limits.rate, (frame) =>
      this.#connection?.send(frame),
    );
  }

  #resetSilenceTimer(): void {
    this.#clear("probe");
    this.#after("silence", this.#silence, () => this.#retry());
  }

  #onPageResume(): void {
    if (this.#state === "waiting" && Date.now() >= this.#notBefore)
      void this.#connect();
    if (this.#state === "open") this.#probe();
  }

  /** Reconnects unless a frame arrives within the timeout of the probe. */
  #probe(): void {
    if (this.#timers.has("probe")) return;
    this.#after("probe", probeTimeoutMs, () => this.#reconnect(0));
    this.#rateLimiter?.sendNow(probe);
  }

  /** Sends a new token. A cookie cannot be renewed on a connection, so this reconnects without a token. */
  async #authenticate(): Promise<void> {
    const connection = this.#connection;
    let token: string | undefined;
    try {
      token = await bearerToken(this.#address);
    } catch {
      // The next connection requests a token again, and reports the failure.
    }
    if (connection !== this.#connection) return;
    if (token === undefined) this.#retry();
    else this.#rateLimiter?.sendNow(JSON.stringify({ t: "auth", token }));
  }

  #closed(code: number, reason: string): void {
    if (code === 1006) this.#noteFailedAttempt();
    const next = afterClose(code, reason);
    if (next.do !== "stop" && this.#timers.has("drain"))
      return this.#reconnect(this.#notBefore - Date.now());
    switch (next.do) {
      case "stop":
        return this.#stop(next.code, next.message);
      case "refresh":
        this.#resetBackoffIfStable();
        if (this.#hasRefreshed)
          return this.#stop(
            "unauthenticated",
            reason || "the credential is missing, invalid or expired",
          );
        this.#hasRefreshed = true;
        return this.#reconnect(0);
      case "reconnect":
        return this.#retry({ afterAtLeast: next.afterAtLeast });
    }
  }

  /** Reconnects after a random delay that grows with each failure. */
  #retry({
    afterAtLeast = 0,
    failure = this.#openedAt === undefined ? unreachable() : undefined,
  }: {
    readonly afterAtLeast?: number | undefined;
    readonly failure?: CallError | undefined;
  } = {}): void {
    this.#resetBackoffIfStable();
    const delay = afterAtLeast + reconnectDelay(this.#attempt);
    this.#attempt += 1;
    this.#notBefore = Date.now() + afterAtLeast;
    this.#reconnect(delay, failure);
  }

  #resetBackoffIfStable(): void {
    if (this.#openedAt === undefined) return;
    if (Date.now() - this.#openedAt < stableAfterMs) return;
    this.#attempt = 0;
    this.#hasRefreshed = false;
  }

  #reconnect(delay: number, failure?: CallError): void {
    this.#disconnect(1000, "reconnecting");
    this.#state = "waiting";
    this.#after("retry", delay, () => void this.#connect());
    this.#owner.lost(failure);
  }

  #stop(code: string, message: string): void {
    this.#disconnect(
      code === "protocol" ? 4400 : 1000,
      "stopped by the client",
    );
    this.#state = "stopped";
    const outdated = code === "protocol";
    this.#owner.stopped(new CallError({ code, message, outdated }));
  }

  /** Closes the connection, and ignores its further events. */
  #disconnect(code: number, reason: string): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#rateLimiter?.stop();
    this.#rateLimiter = undefined;
    this.#openedAt = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#dialed = undefined;
    connection?.close(code, reason);
  }

  #after(name: TimerName, delay: number, run: () => void): void {
    this.#clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      run();
    }, delay);
    this.#timers.set(name, timer);
  }

  #clear(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

/** Returns the delay before an attempt, with full jitter to spread the clients. */
export function reconnectDelay(attempt: number): number {
  return Math.random() * Math.min(maxDelayMs, initialDelayMs * 2 ** attempt);
}

/** Returns the bearer token of the api's headers. The browser sends cookies automatically. */
async function bearerToken({
  headers,
}: ServerAddress): Promise<string | undefined> {
  const authorization = new Headers(await headers?.()).get("authorization");
  return /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function unreachable(cause?: unknown): CallError {
  return new CallError({
    code: "network",
    message: "the server could not be reached",
    cause,
  });
}
