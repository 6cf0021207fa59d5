// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reconnect, type ChannelSubscription } from "../../channels";
import type { ChannelTypes } from "../../channels/types";
import { createApi, type Api } from "../support/api";
import {
  FakeSocket,
  fakeSockets,
  newest,
  outcome,
  pub,
  sockets,
  subok,
} from "../support/fakeSocket";
import { fakeServer, json } from "../support/server";
import {
  after,
  chat,
  endSubscriptions,
  subscribe,
} from "../support/subscriptions";

/** The random delays, as a fraction of the maximum. */
let jitter = 0.5;

beforeEach(() => {
  fakeSockets();
  jitter = 0.5;
  vi.spyOn(Math, "random").mockImplementation(() => jitter);
});

afterEach(async () => {
  await endSubscriptions();
  setVisible(true);
});

function setVisible(isVisible: boolean): void {
  Object.defineProperty(document, "visibilityState", {
    configurable: true,
    value: isVisible ? "visible" : "hidden",
  });
  document.dispatchEvent(new Event("visibilitychange"));
}

const unreachable = async (): Promise<Response> => {
  throw new TypeError("the network is not available");
};

async function live(api: Api = createApi()): Promise<{
  readonly socket: FakeSocket;
  readonly room: ChannelSubscription<ChannelTypes>;
}> {
  const room = subscribe(api, chat, { room: "lobby" });
  const socket = await newest();
  socket.welcome().emit(subok(1, 10));
  return { socket, room };
}

describe("the URL of the socket", () => {
  it.each([
    ["/api/mizan", "ws://localhost:3000/api/mizan/ws"],
    ["https://example.test/rpc", "wss://example.test/rpc/ws"],
    ["http://example.test:8080/rpc", "ws://example.test:8080/rpc/ws"],
  ])("of %s is %s", async (baseUrl, url) => {
    subscribe(createApi({ baseUrl }), chat, {});
    expect(await newest()).toMatchObject({ url, offered: "mizan.v1.json" });
  });

  it("belongs to the api, whose subscriptions share a socket", async () => {
    const [one, other] = [
      createApi(),
      createApi({ baseUrl: "https://other.test/rpc" }),
    ];
    subscribe(one, chat, { room: "a" });
    subscribe(one, chat, { room: "b" });
    subscribe(other, chat, { room: "a" });
    await newest();
    expect(sockets.map(({ url }) => new URL(url).host)).toEqual([
      "localhost:3000",
      "other.test",
    ]);
  });
});

describe("the hello frame", () => {
  it("is sent first, with a stable client id and a new token", async () => {
    let count = 0;
    const headers = () => ({ authorization: `Bearer token-${++count}` });
    const { socket } = await live(createApi({ headers }));
    socket.drop();
    await after(500);
    const again = (await newest()).accept();
    const [first, second] = [socket.sent[0], again.sent[0]];
    expect(first).toMatchObject({ t: "hello", token: "token-1" });
    expect(first?.["client"]).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
    expect(second).toEqual({ ...first, token: "token-2" });
  });

  it("has no token without a bearer token of the api", async () => {
    const headers = () => ({ authorization: "Basic YTpi" });
    for (const api of [createApi(), createApi({ headers })]) {
      subscribe(api, chat, {});
      const { sent } = (await newest()).accept();
      expect(sent[0]).not.toHaveProperty("token");
    }
  });

  it("is not sent to a server with another subprotocol", async () => {
    subscribe(createApi({ fetch: unreachable }), chat, {});
    const socket = (await newest()).accept("");
    expect(socket.sent).toEqual([]);
    expect(socket.closedWith).toBeDefined();
    // The attempt in between uses server-sent events.
    await after(250 + 500);
    expect(sockets).toHaveLength(2);
  });

  it("is retried after the token could not be loaded", async () => {
    let isBroken = true;
    const cause = new Error("signed out");
    const headers = async () => {
      if (isBroken) throw cause;
      return {};
    };
    const room = subscribe(createApi({ headers }), chat, {});
    await after(0);
    expect(sockets).toHaveLength(0);
    expect(room.state).toMatchObject({
      status: "connecting",
      error: { code: "network", cause },
    });
    isBroken = false;
    await after(250);
    (await newest()).welcome().emit(subok(1));
    expect(room.state).toMatchObject({ status: "live", error: undefined });
  });

  it("is followed by a reconnect if the server does not respond", async () => {
    subscribe(createApi({ fetch: unreachable }), chat, {});
    (await newest()).accept();
    await after(19_999);
    expect(sockets).toHaveLength(1);
    await after(1 + 250 + 500);
    expect(sockets).toHaveLength(2);
  });
});

describe("heartbeats", () => {
  it("answer a ping", async () => {
    const { socket } = await live();
    socket.emit({ t: "ping" });
    expect(socket.sent.at(-1)).toEqual({ t: "pong" });
  });

  it("time out 10 seconds after the heartbeat interval, without a probe", async () => {
    const { socket, room } = await live();
    await after(34_000);
    socket.emit({ t: "ping" });
    const before = socket.sent.length;
    await after(34_999);
    expect(socket.closedWith).toBeUndefined();
    await after(1);
    expect(socket.closedWith).toBeDefined();
    expect(socket.sent).toHaveLength(before);
    await after(250);
    expect(sockets).toHaveLength(2);
    // Frames of the dead connection are ignored.
    socket.emit(pub(1, 11)).drop(4403);
    await after(0);
    expect(sockets).toHaveLength(2);
    expect(room.state).toMatchObject({ status: "reconnecting", messages: [] });
  });
});

describe("after sleep or a network change", () => {
  const wakes: [string, () => void][] = [
    ["visible", () => setVisible(true)],
    ["online", () => window.dispatchEvent(new Event("online"))],
    [
      "pageshow",
      () => {
        const event = new Event("pageshow");
        Object.defineProperty(event, "persisted", { value: true });
        window.dispatchEvent(event);
      },
    ],
  ];

  it.each(wakes)(
    "(%s) reconnects if the probe gets no reply",
    async (_, wake) => {
      const { socket } = await live();
      const before = socket.sent.length;
      wake();
      wake();
      expect(socket.sent.slice(before)).toEqual([
        { t: "msg", sub: 4294967295, mid: "probe", data: null },
      ]);
      await after(4_999);
      expect(socket.closedWith).toBeUndefined();
      await after(1);
      expect(socket.closedWith).toBeDefined();
      await after(1);
      expect(sockets).toHaveLength(2);
    },
  );

  it.each(wakes)(
    "(%s) keeps a connection that replies to the probe",
    async (_, wake) => {
      const { socket } = await live();
      wake();
      await after(3_000);
      const error = { code: "not_subscribed", message: "not subscribed" };
      socket.emit({ t: "reply", mid: "probe", error });
      await after(10_000);
      expect(socket.closedWith).toBeUndefined();
    },
  );

  it.each(wakes)("(%s) ends the wait for the next attempt", async (_, wake) => {
    const { socket } = await live();
    jitter = 1;
    socket.drop();
    await after(100);
    expect(sockets).toHaveLength(1);
    wake();
    await after(0);
    expect(sockets).toHaveLength(2);
  });

  it("sends nothing while hidden, and does not connect without subscriptions", async () => {
    const listen = vi.spyOn(document, "addEventListener");
    const { socket, room } = await live();
    const before = socket.sent.length;
    setVisible(false);
    expect(socket.sent).toHaveLength(before);
    room.close();
    await after(1_000);
    setVisible(true);
    await after(0);
    expect(sockets).toHaveLength(1);
    const [, , options] = listen.mock.calls[0] ?? [];
    expect(options).toMatchObject({ signal: { aborted: true } });
  });
});

describe("an expired credential", () => {
  it("is replaced by a new token", async () => {
    let count = 0;
    const headers = () => ({ authorization: `Bearer token-${++count}` });
    const { socket } = await live(createApi({ headers }));
    socket.emit({ t: "reauth", within: 10_000 });
    await after(0);
    expect(socket.sent.at(-1)).toEqual({ t: "auth", token: "token-2" });
    expect(socket.closedWith).toBeUndefined();
  });

  it("is not replaced on a later connection", async () => {
    const waiting: ((token: string) => void)[] = [];
    const headers = async () => {
      const token = await new Promise<string>((resolve) =>
        waiting.push(resolve),
      );
      return { authorization: `Bearer ${token}` };
    };
    subscribe(createApi({ headers }), chat, {});
    waiting[0]?.("one");
    const socket = (await newest()).welcome().emit(subok(1));
    socket.emit({ t: "reauth", within: 10_000 }).drop();
    await after(250);
    waiting[2]?.("three");
    const next = (await newest()).welcome().emit(subok(2));
    waiting[1]?.("two");
    await after(0);
    expect(next.sent[0]).toMatchObject({ token: "three" });
    expect(next.of("auth")).toEqual([]);
  });

  it("causes a reconnect without a token, so that the browser sends the cookie", async () => {
    const { socket } = await live();
    socket.emit({ t: "reauth", within: 10_000 });
    await after(250);
    expect(socket.closedWith).toBeDefined();
    expect(sockets).toHaveLength(2);
  });

  it("(4401) is replaced once, and again only after a stable connection", async () => {
    const { socket, room } = await live();
    socket.drop(4401);
    await after(0);
    expect(sockets).toHaveLength(2);
    (await newest()).welcome().emit(subok(2, 10));
    await after(30_000);
    sockets[1]?.emit({ t: "ping" }).drop(4401);
    await after(0);
    expect(sockets).toHaveLength(3);
    (await newest()).accept().drop(4401, "the token has lapsed");
    await after(60_000);
    expect(sockets).toHaveLength(3);
    expect(room.state).toMatchObject({
      status: "closed",
      error: { code: "unauthenticated", message: "the token has lapsed" },
    });
  });
});

describe("draining", () => {
  it("reconnects after the time that the server sets", async () => {
    const { socket, room } = await live();
    socket.emit({ t: "drain", after: 3_271 });
    const sending = room.send("late");
    await after(3_270);
    expect(socket.of("msg")).toEqual([]);
    expect(room.state.status).toBe("live");
    expect(socket.closedWith).toBeUndefined();
    await after(1);
    expect(socket.closedWith).toBeDefined();
    await after(1);
    const next = await newest();
    next.welcome().emit(subok(2, 10, { recovered: true }));
    expect(next.of("sub")[0]).toMatchObject({
      since: { epoch: "e", offset: 10 },
    });
    const [message] = next.of("msg");
    next.emit({ t: "reply", mid: String(message?.["mid"]), data: "done" });
    await expect(sending).resolves.toBe("done");
  });

  it("may be announced instead of a welcome", async () => {
    const room = subscribe(createApi(), chat, {});
    (await newest()).accept().emit({ t: "drain", after: 3_000 });
    expect(room.state.status).toBe("connecting");
    await after(2_999);
    expect(sockets).toHaveLength(1);
    await after(1 + 250);
    expect(sockets).toHaveLength(2);
  });

  it("waits if the server closes earlier, and is not shortened by a page resume", async () => {
    const { socket } = await live();
    socket.emit({ t: "drain", after: 3_000 });
    await after(1_000);
    socket.drop(1012);
    setVisible(true);
    await after(1_999);
    expect(sockets).toHaveLength(1);
    await after(1);
    expect(sockets).toHaveLength(2);
  });

  it("does not reopen a revoked session", async () => {
    const { socket, room } = await live();
    socket.emit({ t: "drain", after: 1_000 }).drop(4403);
    await after(2_000);
    expect(sockets).toHaveLength(1);
    expect(room.state.error?.code).toBe("revoked");
  });

  it("postpones new subscriptions and messages to the next connection", async () => {
    const api = createApi();
    const { socket, room } = await live(api);
    const crossing = room.send("crossing");
    socket.emit({ t: "drain", after: 1_000 });
    const [message] = socket.of("msg");
    const refusal = { code: "unavailable", message: "the server stops" };
    socket.emit({ t: "reply", mid: String(message?.["mid"]), error: refusal });
    subscribe(api, chat, { room: "tea" });
    expect(socket.of("sub")).toHaveLength(1);
    await after(1_001);
    const next = await newest();
    next.welcome().emit(subok(2, 10, { recovered: true }));
    expect(next.of("sub")).toHaveLength(2);
    expect(next.of("msg")).toEqual([{ ...message, sub: 2 }]);
    next.emit({ t: "reply", mid: String(message?.["mid"]), data: 1 });
    await expect(crossing).resolves.toBe(1);
  });
});

describe("a closed connection", () => {
  it.each([1000, 1001, 1006, 1011, 1012, 1013, 4408, 4421, 4999])(
    "with code %i is followed by a reconnect",
    async (code) => {
      const { socket, room } = await live();
      socket.drop(code);
      expect(room.state).toMatchObject({
        status: "reconnecting",
        error: undefined,
      });
      await after(250);
      expect(sockets).toHaveLength(2);
    },
  );

  it.each([
    [1002, "protocol"],
    [1003, "protocol"],
    [1007, "protocol"],
    [1009, "protocol"],
    [4400, "protocol"],
    [4413, "protocol"],
    [4403, "revoked"],
  ])("with code %i is final (%s)", async (code, error) => {
    const api = createApi();
    const { socket, room } = await live(api);
    const sent = outcome(room.send("sent"));
    socket.drop(code, "the reason");
    setVisible(true);
    await after(120_000);
    expect(sockets).toHaveLength(1);
    expect(room.state).toMatchObject({
      status: "closed",
      error: { code: error },
    });
    expect(room.state.error?.message).toMatch(/: the reason$/);
    expect(await sent).toMatchObject({ code: "outcome_unknown" });
    await expect(room.send("later")).rejects.toMatchObject({ code: error });
    const other = subscribe(api, chat, { room: "other" });
    expect(other.state.status).toBe("closed");
    expect(sockets).toHaveLength(1);
  });

  it("with code 4429 is reopened after at least 10 seconds", async () => {
    const { socket } = await live();
    socket.drop(4429);
    await after(9_999);
    setVisible(true);
    await after(0);
    expect(sockets).toHaveLength(1);
    await after(1 + 250);
    expect(sockets).toHaveLength(2);
  });

  it("is final after an unreadable frame", async () => {
    const unreadable: unknown[] = [
      "{",
      "[]",
      "null",
      JSON.stringify({ t: "welcome" }),
      JSON.stringify({ t: "news", sub: 1 }),
      JSON.stringify({ t: "pub", sub: 1, offset: 11 }),
      JSON.stringify({ t: "toString" }),
      new ArrayBuffer(2),
    ];
    for (const data of unreadable) {
      const { socket, room } = await live(createApi());
      socket.onmessage?.({ data });
      expect(socket.closedWith, String(data)).toMatchObject({ code: 4400 });
      expect(room.state).toMatchObject({
        status: "closed",
        error: { code: "protocol", outdated: true },
      });
    }
    await after(60_000);
    expect(sockets).toHaveLength(unreadable.length);
  });

  it("is not caused by unknown members of a frame", async () => {
    const { socket, room } = await live();
    socket.emit({ ...pub(1, 11, "hi"), since: 7, more: {} });
    expect(room.state.messages).toMatchObject([{ offset: 11, data: "hi" }]);
  });
});

describe("reconnecting", () => {
  it("waits a random time that doubles up to 30 seconds", async () => {
    const { socket, room } = await live();
    jitter = 1;
    socket.drop();
    for (const most of [
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]) {
      const before = sockets.length;
      await after(most - 1);
      expect(sockets).toHaveLength(before);
      await after(1);
      expect(sockets).toHaveLength(before + 1);
      sockets.at(-1)?.drop();
    }
    expect(room.state).toMatchObject({
      status: "reconnecting",
      error: { code: "network" },
    });
  });

  it("resets the backoff after a connection of 30 seconds", async () => {
    await live();
    jitter = 1;
    const gap = async (openFor: number): Promise<number> => {
      const socket = sockets.at(-1);
      await after(openFor);
      socket?.drop();
      const count = sockets.length;
      const from = Date.now();
      while (sockets.length === count) await after(100);
      (await newest()).welcome();
      return Date.now() - from;
    };
    expect(await gap(1_000)).toBe(500);
    expect(await gap(29_999)).toBe(1_000);
    expect(await gap(30_000)).toBe(500);
  });

  it("happens after a sign-in, after a sign-out, and with `reconnect`", async () => {
    const { fetch } = fakeServer(() =>
      json(null, { headers: { "mizan-affects": "*" } }),
    );
    const api = createApi({ fetch });
    const { socket, room } = await live(api);
    await api.signOut();
    await after(0);
    expect(socket.closedWith).toBeDefined();
    expect(sockets).toHaveLength(2);
    (await newest()).welcome().drop(4403);
    expect(room.state.status).toBe("closed");
    reconnect(api);
    expect(room.state).toMatchObject({
      status: "reconnecting",
      error: undefined,
    });
    (await newest()).welcome().emit(subok(3, 10, { recovered: true }));
    expect(room.state.status).toBe("live");
  });
});

describe("a refused subscription", () => {
  it("is requested again after a mutation that changes data", async () => {
    const { fetch } = fakeServer(() =>
      json(null, { headers: { "mizan-affects": "members" } }),
    );
    const api = createApi({ fetch });
    const { socket, room } = await live(api);
    const other = subscribe(api, chat, { room: "members" });
    const invalid = subscribe(api, chat, { room: "" });
    socket.emit(
      { t: "unsub", sub: 2, code: "forbidden", message: "join first" },
      { t: "unsub", sub: 3, code: "invalid", message: "name a room" },
    );
    expect(other.state).toMatchObject({
      status: "closed",
      error: { code: "forbidden" },
    });
    await api.signOut();
    await after(0);
    expect(sockets).toHaveLength(1);
    expect(socket.of("sub")).toHaveLength(4);
    expect(socket.of("sub")[3]).toMatchObject({
      sub: 4,
      params: { room: "members" },
    });
    expect(other.state.error).toBeUndefined();
    socket.emit(subok(4, 1));
    expect(other.state.status).toBe("live");
    expect(room.state.status).toBe("live");
    expect(invalid.state.status).toBe("closed");

    await api.signOut();
    await after(0);
    expect(socket.of("sub")).toHaveLength(4);
  });
});

describe("a report that permissions have changed", () => {
  it("requests refused subscriptions again", async () => {
    const api = createApi();
    const { socket, room } = await live(api);
    const other = subscribe(api, chat, { room: "members" });
    socket.emit({ t: "unsub", sub: 2, code: "forbidden", message: "join" });
    socket.emit({ t: "ping" });
    expect(socket.of("sub")).toHaveLength(2);
    socket.emit({ t: "ping", permissions: true });
    await after(0);
    expect(socket.of("pong")).toHaveLength(2);
    expect(socket.of("sub")[2]).toMatchObject({
      sub: 3,
      params: { room: "members" },
    });
    socket.emit(subok(3, 1));
    expect(other.state).toMatchObject({ status: "live", error: undefined });
    expect(room.state.status).toBe("live");
    expect(sockets).toHaveLength(1);
  });
});

describe("the server's limits", () => {
  it("on frames per second are respected", async () => {
    const api = createApi();
    for (let room = 0; room < 100; room += 1)
      subscribe(api, chat, { room: String(room) });
    const socket = (await newest()).welcome();
    expect(socket.of("sub")).toHaveLength(50);
    await after(5_000);
    expect(socket.of("sub")).toHaveLength(100);
    for (let sub = 1; sub <= 100; sub += 1) socket.emit(subok(sub));
    const room = subscribe(api, chat, { room: "0" });
    for (let count = 0; count < 1_000; count += 1)
      void outcome(room.send(count));
    let most = 0;
    const counts: number[] = [];
    for (let tick = 0; tick < 300; tick += 1) {
      const before = socket.sent.length;
      for (const { mid } of socket.of("msg").slice(-60))
        socket.emit({ t: "reply", mid: String(mid), data: null });
      await after(100);
      counts.push(socket.sent.length - before);
      const window = counts.slice(-50).reduce((sum, count) => sum + count, 0);
      most = Math.max(most, window);
    }
    expect(socket.of("msg")).toHaveLength(1_000);
    expect(most).toBeLessThanOrEqual(250);
    expect(most).toBeGreaterThan(150);
  });

  it("never delay the answer to a ping", async () => {
    const api = createApi();
    for (let room = 0; room < 100; room += 1)
      subscribe(api, chat, { room: String(room) });
    const socket = (await newest()).welcome();
    socket.emit({ t: "ping" });
    expect(socket.sent.at(-1)).toEqual({ t: "pong" });
  });

  it("on subscriptions close excess subscriptions instead of the connection", async () => {
    const api = createApi();
    const rooms = ["a", "b", "c"].map((room) => subscribe(api, chat, { room }));
    const limits = { frame: 65_536, subs: 2, rate: 50, inflight: 32 };
    const socket = (await newest()).welcome({ limits });
    socket.emit(subok(1), subok(2));
    expect(rooms.map(({ state }) => state.status)).toEqual([
      "live",
      "live",
      "closed",
    ]);
    expect(rooms[2]?.state.error?.code).toBe("too_many_subscriptions");
    expect(socket.of("sub")).toHaveLength(2);
  });

  it("on the size of frames reject larger messages", async () => {
    const api = createApi();
    const { socket, room } = await live(api);
    await expect(room.send("ü".repeat(32_768))).rejects.toMatchObject({
      code: "too_large",
    });
    expect(socket.of("msg")).toEqual([]);
    const large = subscribe(api, chat, { room: "x".repeat(65_536) });
    expect(large.state).toMatchObject({
      status: "closed",
      error: { code: "too_large" },
    });
    void outcome(room.send("ü".repeat(32_000)));
    expect(socket.of("msg")).toHaveLength(1);
  });

  it("on messages without a reply delay further messages", async () => {
    const { socket, room } = await live();
    const replies = Array.from({ length: 40 }, (_, index) =>
      outcome(room.send(index)),
    );
    expect(socket.of("msg")).toHaveLength(32);
    socket.emit({ t: "reply", mid: "m1", data: "one" });
    await expect(replies[0]).resolves.toBe("one");
    expect(socket.of("msg")).toHaveLength(33);
  });
});
