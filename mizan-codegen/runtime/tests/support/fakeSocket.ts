import { vi } from "vitest";

/** A frame on the wire. */
export type Frame = { readonly t: string } & Readonly<Record<string, unknown>>;

type Listener<E> = ((event: E) => void) | null;

/** A fake `WebSocket`, with methods that act as the server. */
export class FakeSocket {
  readonly url: string;
  readonly offered: string;
  readonly sent: Frame[] = [];
  protocol = "";
  closedWith: { readonly code?: number; readonly reason?: string } | undefined;
  onopen: Listener<object> = null;
  onmessage: Listener<{ readonly data: unknown }> = null;
  onclose: Listener<{ readonly code: number; readonly reason: string }> = null;
  onerror: Listener<object> = null;

  constructor(url: string | URL, protocol: string) {
    this.url = String(url);
    this.offered = protocol;
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number, reason?: string): void {
    this.closedWith = {
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** Accepts the connection (HTTP status 101). */
  accept(protocol = this.offered): this {
    this.protocol = protocol;
    this.onopen?.({});
    return this;
  }

  /** Accepts the connection and sends a welcome frame. */
  welcome(members: object = {}): this {
    this.accept();
    return this.emit({
      t: "welcome",
      conn: "c",
      heartbeat: 25_000,
      limits: { frame: 65_536, subs: 100, rate: 50, inflight: 32 },
      ...members,
    });
  }

  /** Sends frames to the client. */
  emit(...frames: Frame[]): this {
    for (const frame of frames)
      this.onmessage?.({ data: JSON.stringify(frame) });
    return this;
  }

  /** Closes the connection on behalf of the server or the network. */
  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  /** Returns the frames of a type that the client sent. */
  of(t: string): readonly Frame[] {
    return this.sent.filter((frame) => frame.t === t);
  }
}

/** All sockets that were opened, the newest last. */
export const sockets: FakeSocket[] = [];

/** Replaces `WebSocket` and the timers with fakes. Time passes only when a test advances it. */
export function fakeSockets(): void {
  sockets.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
}

/** Returns the newest socket, after the client has loaded its token. */
export async function newest(): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  const socket = sockets.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

export function subok(sub: number, offset = 0, members: object = {}): Frame {
  return { t: "subok", sub, epoch: "e", offset, recovered: false, ...members };
}

export function pub(sub: number, offset: number, data: unknown = {}): Frame {
  return { t: "pub", sub, offset, prev: offset - 1, data };
}

/** Resolves with the result or with the error of a promise, so that a rejection is always handled. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((failure: unknown) => failure);
}
