// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../support/api";
import { eventStream, type EventStreamResponse } from "../support/eventStreams";
import {
  fakeSockets,
  newest,
  outcome,
  pub,
  sockets,
  subok,
  type Frame,
} from "../support/fakeSocket";
import {
  after,
  chat,
  endSubscriptions,
  subscribe,
} from "../support/subscriptions";

/** A request with which the client sent frames. */
interface SentFrames {
  readonly headers: Headers;
  readonly frames: readonly Frame[];
  /** Accepts the frames, or refuses them with another status. */
  answer(status?: number): void;
}

/** The connections over server-sent events, and the requests of the client, each with the newest last. */
let connections: {
  readonly stream: EventStreamResponse;
  readonly headers: Headers;
  readonly signal: AbortSignal | null | undefined;
}[];
let requests: SentFrames[];
let isReachable = true;

const server: typeof fetch = (input, init) => {
  if (!isReachable) return Promise.reject(new TypeError("unreachable"));
  const url = new URL(input as string, "https://example.test");
  if (url.pathname === "/api/mizan/channels/events") {
    const stream = eventStream();
    const { signal } = init ?? {};
    connections.push({ stream, headers: new Headers(init?.headers), signal });
    return Promise.resolve(stream.response);
  }
  expect(url.pathname).toBe("/api/mizan/channels/send");
  return new Promise((resolve) => {
    requests.push({
      headers: new Headers(init?.headers),
      frames: (init?.body as string)
        .split("\n")
        .map((line) => JSON.parse(line) as Frame),
      answer: (status = 204) => resolve(new Response(null, { status })),
    });
  });
};

beforeEach(() => {
  fakeSockets();
  vi.spyOn(Math, "random").mockReturnValue(0);
  connections = [];
  requests = [];
  isReachable = true;
  sessionStorage.clear();
});

afterEach(endSubscriptions);

const api = () => createApi({ fetch: server });

function emit(...frames: Frame[]): void {
  for (const frame of frames)
    connections.at(-1)?.stream.write(`data: ${JSON.stringify(frame)}\n\n`);
}

/** Opens the newest connection, up to the welcome frame. */
async function welcome(): Promise<void> {
  await after(1);
  const stream = connections.at(-1)?.stream;
  stream?.write(`:    \n\nevent: open\ndata: {"connection":"c1"}\n\n`);
  await after(1);
  requests.at(-1)?.answer();
  const limits = { frame: 65_536, subs: 100, rate: 50, inflight: 32 };
  emit({ t: "welcome", conn: "c", heartbeat: 25_000, limits });
  await after(1);
}

/** Subscribes where WebSockets are blocked. */
async function subscribeWithoutWebSocket() {
  const room = subscribe(api(), chat, { room: "lobby" });
  (await newest()).drop();
  await welcome();
  return room;
}

describe("server-sent events", () => {
  it("replace a WebSocket that cannot be opened", async () => {
    const room = await subscribeWithoutWebSocket();
    expect(sockets).toHaveLength(1);
    const protocol = connections[0]?.headers.get("mizan-protocol");
    expect(protocol).toBe("mizan.v1.json");
    expect(requests.map(({ frames }) => frames[0]?.t)).toEqual([
      "hello",
      "sub",
    ]);
    emit(subok(1, 10), pub(1, 11, "hello"));
    await after(1);
    expect(room.state).toMatchObject({ status: "live" });
    expect(room.state.messages).toMatchObject([{ data: "hello" }]);
  });

  it("carry the frames of the client in order, in one request after the other", async () => {
    const room = await subscribeWithoutWebSocket();
    emit(subok(1, 10));
    await after(1);
    const sent = [1, 2, 3].map((number) => outcome(room.send(number)));
    await after(1);
    // The request with the subscription is not answered yet.
    expect(requests).toHaveLength(2);
    requests[1]?.answer();
    await after(1);
    expect(requests[2]?.frames.map(({ data }) => data)).toEqual([1, 2, 3]);
    requests[2]?.answer();
    expect(
      requests.map(({ headers }) => [
        headers.get("mizan-connection"),
        headers.get("mizan-sequence"),
      ]),
    ).toEqual([
      ["c1", "0"],
      ["c1", "1"],
      ["c1", "2"],
    ]);
    for (const { mid } of requests[2]?.frames ?? [])
      emit({ t: "reply", mid, data: mid });
    await after(1);
    expect(await Promise.all(sent)).toEqual(
      requests[2]?.frames.map(({ mid }) => mid),
    );
  });

  it("are opened again with the position after a refused request", async () => {
    await subscribeWithoutWebSocket();
    emit(subok(1, 10));
    await after(1);
    requests[1]?.answer(404);
    await welcome();
    expect(connections).toHaveLength(2);
    expect(connections[0]?.signal?.aborted).toBe(true);
    expect(requests.at(-1)?.frames[0]).toMatchObject({
      t: "sub",
      since: { epoch: "e", offset: 10 },
    });
    expect(requests.at(-1)?.headers.get("mizan-sequence")).toBe("1");
  });

  it("end with the code of the server", async () => {
    const room = await subscribeWithoutWebSocket();
    connections[0]?.stream.write(
      `event: close\ndata: {"code":4403,"reason":"signed out"}\n\n`,
    );
    await after(1);
    expect(room.state).toMatchObject({
      status: "closed",
      error: { code: "revoked", message: "the session has ended: signed out" },
    });
  });

  it("are cancelled with the last subscription", async () => {
    const room = await subscribeWithoutWebSocket();
    room.close();
    await after(60_000);
    expect(connections[0]?.signal?.aborted).toBe(true);
  });

  it("are used by the next page, and for ten minutes", async () => {
    await subscribeWithoutWebSocket();
    subscribe(api(), chat, { room: "next page" });
    await welcome();
    expect([sockets.length, connections.length]).toEqual([1, 2]);
    await after(10 * 60_000);
    subscribe(api(), chat, { room: "later page" });
    await newest();
    expect(new Set(sockets).size).toBeGreaterThan(1);
  });

  it("are not used by a page whose WebSocket was open", async () => {
    subscribe(api(), chat, { room: "lobby" });
    (await newest()).welcome().drop();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await after(1);
      (await newest()).drop();
    }
    await after(1);
    expect([sockets.length, connections.length]).toEqual([7, 0]);
  });

  it("alternate with WebSockets while the server cannot be reached", async () => {
    isReachable = false;
    subscribe(api(), chat, { room: "lobby" });
    (await newest()).drop();
    await after(1);
    expect(sockets).toHaveLength(2);
    isReachable = true;
    (await newest()).drop();
    await after(1);
    expect([sockets.length, connections.length]).toEqual([2, 1]);
  });
});
