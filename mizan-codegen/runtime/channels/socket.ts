import { afterClose } from "./closeCodes";
import { CallError } from "../transport/error";
import {
  readFrame,
  subprotocol,
  type ReplyFrame,
  type ServerFrame,
  type SubscriptionFrame,
  type WelcomeFrame,
} from "./frames";
import {
  createFrameRateLimiter,
  type FrameRateLimiter,
} from "./frameRateLimiter";
import { onPageResume } from "./pageResume";
import type { ServerAddress } from "../transport/transport";

/** From the token to the server's welcome. */
const connectWithin = 20_000;
/** How late a sign of life may be: the server is never silent for longer than its heartbeat. */
const silenceAllowed = 10_000;
/** How soon a probe is answered on a connection that is alive. */
const probeWithin = 5_000;
/**
 * A frame that the server is sure to answer, at no cost: a message to a subscription that is never
 * there. A `pong` would have it say nothing.
 */
const probe = `{"t":"msg","sub":4294967295,"mid":"probe","data":null}`;
/** A connection that was open for so long was a good one. */
const steadyAfter = 30_000;
const firstDelay = 500;
const longestDelay = 30_000;

/** What a socket tells whoever uses it. */
export interface SocketOwner {
  /** The connection is there, and nothing is subscribed on it yet. */
  opened(welcome: WelcomeFrame): void;
  /** Takes a frame; false where a message before it must have been lost. */
  received(frame: ReplyFrame | SubscriptionFrame): boolean;
  /** Nothing new may be begun on this connection. */
  draining(): void;
  /** The connection is gone, and another one will come; `failure` where there had been none. */
  lost(failure: CallError | undefined): void;
  /** The connection is gone, and none will come until {@link Socket.restart}. */
  stopped(failure: CallError): void;
}

type TimerName = "connect" | "drain" | "probe" | "retry" | "silence";

/**
 * A connection to the server that is made again whenever it is lost.
 *
 * It knows when to connect, with which credential, and how to tell that a connection is dead; it
 * knows nothing of subscriptions. `mizan-channels/PROTOCOL.md` has the rules.
 */
export class Socket {
  readonly #address: ServerAddress;
  readonly #owner: SocketOwner;
  /** Made when it is first needed: while a page is rendered on the server there is no need. */
  #client: string | undefined;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #state: "connecting" | "off" | "open" | "stopped" | "waiting" = "off";
  #webSocket: WebSocket | undefined;
  #rateLimiter: FrameRateLimiter | undefined;
  #openedAt: number | undefined;
  #silence = 0;
  /** Not even a page that wakes up connects earlier. */
  #notBefore = 0;
  #attempt = 0;
  /** Whether a fresh credential was tried already. */
  #refreshed = false;
  #stopListening: (() => void) | undefined;

  constructor(address: ServerAddress, owner: SocketOwner) {
    this.#address = address;
    this.#owner = owner;
  }

  /** Connects, and stays connected. */
  open(): void {
    if (this.#state !== "off") return;
    this.#stopListening = onPageResume(() => this.#onPageResume());
    void this.#connect();
  }

  /** Leaves, until {@link open}. */
  close(): void {
    this.#leave(1000, "nothing is subscribed any more");
    this.#state = "off";
    this.#stopListening?.();
  }

  /** Connects anew, also where it had stopped: the user may be another one. */
  restart(): void {
    if (this.#state === "off") return this.open();
    this.#attempt = 0;
    this.#refreshed = false;
    this.#reconnect(0);
  }

  /** Sends a frame, as soon as the server's limits allow it. */
  send(frame: string): void {
    this.#rateLimiter?.send(frame);
  }

  async #connect(): Promise<void> {
    this.#leave(1000, "a new connection follows");
    this.#state = "connecting";
    this.#notBefore = 0;
    this.#after("connect", connectWithin, () => this.#retry());
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
    const webSocket = new WebSocket(
      socketUrl(this.#address.baseUrl),
      subprotocol,
    );
    this.#webSocket = webSocket;
    const isCurrent = (): boolean => this.#webSocket === webSocket;
    webSocket.onopen = () => {
      if (!isCurrent()) return;
      if (webSocket.protocol !== subprotocol) return this.#retry();
      const client = (this.#client ??= randomName());
      webSocket.send(JSON.stringify({ t: "hello", client, token }));
    };
    webSocket.onmessage = ({ data }) => {
      if (isCurrent()) this.#receive(data);
    };
    // What is the matter comes with `onclose`. Outside of browsers an error without a listener throws.
    webSocket.onerror = () => {};
    webSocket.onclose = ({ code, reason }) => {
      if (isCurrent()) this.#closed(code, reason);
    };
  }

  #receive(message: unknown): void {
    const frame = readFrame(message);
    if (!frame) return this.#misunderstood();
    if (this.#state === "connecting") return this.#greeted(frame);
    this.#heard();
    switch (frame.t) {
      case "welcome":
        return this.#misunderstood();
      case "ping":
        return this.#rateLimiter?.sendNow(`{"t":"pong"}`);
      case "reauth":
        return void this.#authenticate();
      case "drain":
        this.#after("drain", frame.after, () => this.#reconnect(0));
        this.#notBefore = Date.now() + frame.after;
        return this.#owner.draining();
      default:
        if (!this.#owner.received(frame)) this.#retry();
    }
  }

  /** Takes the first frame of a connection: the welcome, unless the server is about to stop. */
  #greeted(frame: ServerFrame): void {
    switch (frame.t) {
      case "welcome":
        this.#open(frame);
        this.#heard();
        return this.#owner.opened(frame);
      case "drain":
        return this.#retry({ afterAtLeast: frame.after });
      default:
        return this.#misunderstood();
    }
  }

  #misunderstood(): void {
    this.#stop("protocol", "the server sent what this client cannot read");
  }

  #open({ heartbeat, limits }: WelcomeFrame): void {
    this.#clear("connect");
    this.#state = "open";
    this.#openedAt = Date.now();
    this.#silence = heartbeat + silenceAllowed;
    this.#rateLimiter = createFrameRateLimiter(limits.rate, (frame) =>
      this.#webSocket?.send(frame),
    );
  }

  #heard(): void {
    this.#clear("probe");
    this.#after("silence", this.#silence, () => this.#retry());
  }

  #onPageResume(): void {
    if (this.#state === "waiting" && Date.now() >= this.#notBefore)
      void this.#connect();
    if (this.#state === "open") this.#probe();
  }

  /** Takes the connection to be dead, and connects anew, unless something is heard soon. */
  #probe(): void {
    if (this.#timers.has("probe")) return;
    this.#after("probe", probeWithin, () => this.#reconnect(0));
    this.#rateLimiter?.sendNow(probe);
  }

  /** A cookie cannot be renewed on a connection: without a token, another connection sends it. */
  async #authenticate(): Promise<void> {
    const webSocket = this.#webSocket;
    let token: string | undefined;
    try {
      token = await bearerToken(this.#address);
    } catch {
      // A new connection asks again, and tells what is the matter.
    }
    if (webSocket !== this.#webSocket) return;
    if (token === undefined) this.#retry();
    else this.#rateLimiter?.sendNow(JSON.stringify({ t: "auth", token }));
  }

  #closed(code: number, reason: string): void {
    const next = afterClose(code, reason);
    if (next.do !== "stop" && this.#timers.has("drain"))
      return this.#reconnect(this.#notBefore - Date.now());
    switch (next.do) {
      case "stop":
        return this.#stop(next.code, next.message);
      case "refresh":
        this.#forgetIfSteady();
        if (this.#refreshed)
          return this.#stop(
            "unauthenticated",
            reason || "the credential is missing, wrong or lapsed",
          );
        this.#refreshed = true;
        return this.#reconnect(0);
      case "reconnect":
        return this.#retry({ afterAtLeast: next.afterAtLeast });
    }
  }

  /** Connects anew after a random time that grows with each failure. */
  #retry({
    afterAtLeast = 0,
    failure = this.#openedAt === undefined ? unreachable() : undefined,
  }: {
    readonly afterAtLeast?: number | undefined;
    readonly failure?: CallError | undefined;
  } = {}): void {
    this.#forgetIfSteady();
    const delay = afterAtLeast + reconnectDelay(this.#attempt);
    this.#attempt += 1;
    this.#notBefore = Date.now() + afterAtLeast;
    this.#reconnect(delay, failure);
  }

  #forgetIfSteady(): void {
    if (this.#openedAt === undefined) return;
    if (Date.now() - this.#openedAt < steadyAfter) return;
    this.#attempt = 0;
    this.#refreshed = false;
  }

  #reconnect(delay: number, failure?: CallError): void {
    this.#leave(1000, "a new connection follows");
    this.#state = "waiting";
    this.#after("retry", delay, () => void this.#connect());
    this.#owner.lost(failure);
  }

  #stop(code: string, message: string): void {
    this.#leave(code === "protocol" ? 4400 : 1000, "the client gives up");
    this.#state = "stopped";
    const outdated = code === "protocol";
    this.#owner.stopped(new CallError({ code, message, outdated }));
  }

  /** Lets go of the connection, whose events count no more. */
  #leave(code: number, reason: string): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#rateLimiter?.stop();
    this.#rateLimiter = undefined;
    this.#openedAt = undefined;
    const webSocket = this.#webSocket;
    this.#webSocket = undefined;
    webSocket?.close(code, reason);
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

/** How long to wait before another attempt: full jitter, so that clients do not come all at once. */
export function reconnectDelay(attempt: number): number {
  return Math.random() * Math.min(longestDelay, firstDelay * 2 ** attempt);
}

function socketUrl(baseUrl: string): URL {
  const page = typeof document === "undefined" ? undefined : document.baseURI;
  const url = new URL(`${baseUrl}/ws`, page);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** The token that calls would carry now. Cookies need none: the browser sends them by itself. */
async function bearerToken({
  headers,
}: ServerAddress): Promise<string | undefined> {
  const authorization = new Headers(await headers?.()).get("authorization");
  return /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

function randomName(): string {
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
