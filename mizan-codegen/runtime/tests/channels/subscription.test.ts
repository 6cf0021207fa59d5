// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelOptions, ChannelSubscription } from "../../channels";
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
import {
  after,
  chat,
  closeAll,
  endSubscriptions,
  subscribe,
} from "../support/subscriptions";

beforeEach(() => {
  fakeSockets();
  sessionStorage.clear();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(endSubscriptions);

interface Live {
  readonly api: Api;
  readonly socket: FakeSocket;
  readonly room: ChannelSubscription<ChannelTypes>;
}

async function live(
  options?: ChannelOptions,
  welcome: object = {},
): Promise<Live> {
  const api = createApi();
  const room = subscribe(api, chat, { room: "lobby" }, options);
  const socket = await newest();
  socket.welcome(welcome).emit(subok(1, 10));
  return { api, socket, room };
}

/** Drops the connection, and accepts the next one. */
async function comeBack(welcome: object = {}): Promise<FakeSocket> {
  const count = sockets.length;
  sockets.at(-1)?.drop();
  await after(16_000);
  expect(sockets).toHaveLength(count + 1);
  return (await newest()).welcome(welcome);
}

const data = ({ state }: ChannelSubscription<ChannelTypes>) =>
  state.messages.map((message) => message.data);

describe("a subscription", () => {
  it("is requested with channel and params, and live at the position of the server", async () => {
    const api = createApi();
    const room = subscribe(api, chat, { room: "lobby" });
    expect(room.state.status).toBe("connecting");
    const socket = (await newest()).welcome();
    expect(socket.sent[1]).toEqual({
      t: "sub",
      sub: 1,
      channel: "chat",
      params: { room: "lobby" },
    });
    expect(room.state.status).toBe("connecting");
    socket.emit(subok(1, 17, { snapshot: { topic: "tea" } }));
    expect(room.state).toEqual({
      status: "live",
      messages: [],
      hasMore: true,
      presence: [],
      snapshot: { topic: "tea" },
      error: undefined,
      gap: undefined,
    });
  });

  it("starts with recent messages on request only", async () => {
    const { socket, room } = await live({ recent: 2 });
    expect(socket.of("sub")[0]).toMatchObject({ recent: 2 });
    socket.emit(pub(1, 11, "a"), pub(1, 12, "b"));
    expect(data(room)).toEqual(["a", "b"]);
    const [again] = (await comeBack()).of("sub");
    expect(again).not.toHaveProperty("recent");
    expect(again).toMatchObject({ since: { epoch: "e", offset: 12 } });
  });

  it("is shared by callers with equal params in any order", async () => {
    const api = createApi();
    const one = subscribe(api, chat, { room: "a", deep: { x: 1, y: [2] } });
    const other = subscribe(api, chat, { deep: { y: [2], x: 1 }, room: "a" });
    const third = subscribe(api, chat, { room: "b", skipped: undefined });
    const fourth = subscribe(api, chat, { room: "b" });
    const socket = (await newest()).welcome();
    expect(socket.of("sub")).toHaveLength(2);
    socket.emit(subok(1), pub(1, 1, "hi"));
    expect([data(one), data(other), data(third), data(fourth)]).toEqual([
      ["hi"],
      ["hi"],
      [],
      [],
    ]);
    one.close();
    await after(2_000);
    expect(socket.of("unsub")).toEqual([]);
    other.close();
    await after(1_000);
    expect(socket.of("unsub")).toEqual([{ t: "unsub", sub: 1 }]);
    expect(other.state.status).toBe("idle");
    expect(socket.closedWith).toBeUndefined();
    third.close();
    fourth.close();
    await after(1_000);
    expect(socket.closedWith).toMatchObject({ code: 1000 });
  });

  it("survives a short time without holders", async () => {
    const { api, socket, room } = await live();
    socket.emit(pub(1, 11, "a"));
    room.close();
    await after(900);
    const again = subscribe(api, chat, { room: "lobby" });
    await after(5_000);
    expect(socket.of("sub")).toHaveLength(1);
    expect(socket.of("unsub")).toEqual([]);
    expect(data(again)).toEqual(["a"]);
  });

  it("gets a new name after it was left", async () => {
    const { api, socket, room } = await live();
    subscribe(api, chat, { room: "other" });
    room.close();
    await after(1_000);
    const again = subscribe(api, chat, { room: "lobby" });
    expect(socket.of("sub").map(({ sub }) => sub)).toEqual([1, 2, 3]);
    socket.emit(pub(1, 11, "for the old one"), { t: "unsub", sub: 1 });
    socket.emit(subok(3, 20), pub(3, 21, "for the new one"));
    expect(again.state.status).toBe("live");
    expect(data(again)).toEqual(["for the new one"]);
  });

  it("notifies its own listeners only, at most once per frame", async () => {
    const { api, socket, room } = await live();
    const other = subscribe(api, chat, { room: "other" });
    socket.emit(subok(2));
    await after(100);
    const heard = { room: vi.fn(), other: vi.fn(), messages: vi.fn() };
    room.onChange(heard.room);
    other.onChange(heard.other);
    const stop = room.onMessage(heard.messages);
    for (let offset = 11; offset <= 60; offset += 1) {
      socket.emit(pub(1, offset, offset));
      await Promise.resolve();
    }
    expect(heard.room).toHaveBeenCalledTimes(1);
    await after(100);
    expect(heard.room).toHaveBeenCalledTimes(2);
    expect(heard.other).not.toHaveBeenCalled();
    expect(heard.messages).toHaveBeenCalledTimes(50);
    expect(heard.messages).toHaveBeenLastCalledWith({
      id: "e:60",
      epoch: "e",
      offset: 60,
      data: 60,
    });
    stop();
    socket.emit(pub(1, 61));
    expect(heard.messages).toHaveBeenCalledTimes(50);
  });

  it("names the version of the channel that the client was generated from", async () => {
    const room = { ...chat, contract: "3f2a9c1b" };
    subscribe(createApi(), room, { room: "lobby" });
    const socket = (await newest()).welcome();
    expect(socket.of("sub")[0]).toMatchObject({
      channel: "chat",
      contract: "3f2a9c1b",
    });
  });

  it("reports that the client is outdated if the server says so", async () => {
    const { socket, room } = await live();
    const sending = outcome(room.send("hi"));
    socket.emit({
      t: "reply",
      mid: "m1",
      error: { code: "invalid", message: "no", outdated: true },
    });
    expect(await sending).toMatchObject({ code: "invalid", outdated: true });
    socket.emit({
      t: "unsub",
      sub: 1,
      code: "outdated_client",
      message: "reload",
      outdated: true,
    });
    expect(room.state).toMatchObject({
      status: "closed",
      error: { code: "outdated_client", outdated: true },
    });
  });
});

describe("messages", () => {
  it("are limited to the newest", async () => {
    const { socket, room } = await live({ limit: 3 });
    for (let offset = 11; offset <= 15; offset += 1)
      socket.emit(pub(1, offset, offset));
    expect(data(room)).toEqual([13, 14, 15]);
    const { api } = await live();
    const large = subscribe(api, chat, { room: "lobby" });
    for (let offset = 11; offset <= 610; offset += 1)
      sockets.at(-1)?.emit(pub(1, offset, offset));
    expect(large.state.messages).toHaveLength(500);
  });

  it("are ignored if they were received before", async () => {
    const { socket, room } = await live();
    socket.emit(pub(1, 11, "a"), pub(1, 11, "a"), pub(1, 9, "old"));
    expect(data(room)).toEqual(["a"]);
    expect(socket.closedWith).toBeUndefined();
  });

  it("may skip offsets if each refers to the one before it", async () => {
    const { socket, room } = await live();
    socket.emit({ ...pub(1, 500, "a"), prev: 10 });
    socket.emit({ ...pub(1, 777, "b"), prev: 500 });
    expect(data(room)).toEqual(["a", "b"]);
  });

  it("with a missing predecessor cause a reconnect and a new request", async () => {
    const { socket, room } = await live();
    socket.emit(pub(1, 11, "a"), pub(1, 13, "c"));
    expect(data(room)).toEqual(["a"]);
    expect(socket.closedWith).toBeDefined();
    expect(room.state.status).toBe("reconnecting");
    await after(250);
    const next = (await newest()).welcome();
    expect(next.of("sub")[0]).toMatchObject({
      since: { epoch: "e", offset: 11 },
    });
    next.emit(
      subok(2, 11, { recovered: true }),
      pub(2, 12, "b"),
      pub(2, 13, "c"),
    );
    expect(data(room)).toEqual(["a", "b", "c"]);
    expect(room.state.gap).toBeUndefined();
  });

  it("before `subok` cause a reconnect", async () => {
    subscribe(createApi(), chat, {});
    const socket = (await newest()).welcome().emit(pub(1, 1));
    expect(socket.closedWith).toBeDefined();
    await after(250);
    expect(sockets).toHaveLength(2);
  });
});

describe("a gap", () => {
  it("moves the position, delivers the snapshot, and stays until it is cleared", async () => {
    const { socket, room } = await live();
    const from = { epoch: "e", offset: 11 };
    socket.emit(pub(1, 11, "a"), {
      t: "gap",
      sub: 1,
      reason: "slow",
      from,
      epoch: "e",
      offset: 400,
      snapshot: { topic: "coffee" },
    });
    socket.emit({ ...pub(1, 401, "b"), prev: 400 });
    expect(data(room)).toEqual(["a", "b"]);
    const gap = { reason: "slow", from, to: { epoch: "e", offset: 400 } };
    expect(room.state).toMatchObject({ gap, snapshot: { topic: "coffee" } });
    const next = await comeBack();
    expect(next.of("sub")[0]).toMatchObject({
      since: { epoch: "e", offset: 401 },
    });
    next.emit(subok(2, 2, { epoch: "f", snapshot: { topic: "milk" } }), {
      t: "gap",
      sub: 2,
      reason: "epoch",
      from: { epoch: "e", offset: 401 },
      epoch: "f",
      offset: 2,
    });
    expect(room.state).toMatchObject({
      status: "live",
      snapshot: { topic: "milk" },
      gap: { reason: "epoch", from, to: { epoch: "f", offset: 2 } },
    });
    next.emit({ ...pub(2, 3, "c"), prev: 2 });
    expect(data(room)).toEqual(["a", "b", "c"]);
    expect(room.state.gap).toBeDefined();
    room.clearGap();
    expect(room.state.gap).toBeUndefined();
  });
});

describe("an epoch that comes back", () => {
  it("does not deliver messages twice", async () => {
    const { socket, room } = await live();
    socket.emit(pub(1, 11, "a"), pub(1, 12, "b"));
    const next = await comeBack();
    const gap = { t: "gap", sub: 2, reason: "epoch" } as const;
    next.emit(
      subok(2, 0, { epoch: "f" }),
      { ...gap, from: { epoch: "e", offset: 12 }, epoch: "f", offset: 0 },
      pub(2, 1, "c"),
    );
    const last = await comeBack();
    last.emit(
      subok(3, 9),
      {
        ...gap,
        sub: 3,
        from: { epoch: "f", offset: 1 },
        epoch: "e",
        offset: 9,
      },
      pub(3, 10, "before all"),
      pub(3, 11, "a"),
      pub(3, 12, "b"),
      pub(3, 13, "d"),
    );
    expect(data(room)).toEqual(["a", "b", "c", "d"]);
    expect(last.closedWith).toBeUndefined();
    expect((await comeBack()).of("sub")[0]).toMatchObject({
      since: { epoch: "e", offset: 13 },
    });
  });
});

describe("the outcome of a message", () => {
  const unavailable = (mid: string) => ({
    t: "reply",
    mid,
    error: { code: "unavailable", message: "did not run" },
  });

  it("is not processed if the server refuses the only attempt", async () => {
    const { socket, room } = await live();
    const sending = outcome(room.send("hi"));
    socket.emit(unavailable("m1"));
    expect(await sending).toMatchObject({ code: "unavailable" });
  });

  it("is requested again if an earlier attempt may have been processed", async () => {
    const { room } = await live();
    const sending = outcome(room.send("hi"));
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    expect(next.of("msg")).toMatchObject([{ mid: "m1" }]);
    next.emit(unavailable("m1"));
    await after(2_000);
    expect(next.of("msg")).toMatchObject([{ mid: "m1" }, { mid: "m1" }]);
    next.emit({ t: "reply", mid: "m1", data: 7 });
    expect(await sending).toBe(7);
  });

  it("is requested again after a delay if an earlier attempt may have been processed and the server is busy", async () => {
    const { room } = await live();
    const sending = outcome(room.send("hi"));
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    const error = { code: "rate_limited", message: "no", retry_after: 3_000 };
    next.emit({ t: "reply", mid: "m1", error });
    await after(2_900);
    expect(next.of("msg")).toHaveLength(1);
    await after(1_200);
    expect(next.of("msg")).toMatchObject([{ mid: "m1" }, { mid: "m1" }]);
    next.emit({ t: "reply", mid: "m1", data: 7 });
    expect(await sending).toBe(7);
  });

  it("is never unknown for a history request", async () => {
    const { room } = await live();
    const reading = outcome(room.loadMore());
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    const mid = next.of("history")[0]?.["mid"];
    const error = { code: "not_subscribed", message: "no" };
    next.emit({ t: "reply", mid, error });
    expect(await reading).toMatchObject({ code: "not_subscribed" });
  });

  it("is unknown if an earlier attempt may have been processed and the subscription ended", async () => {
    const { room } = await live();
    const sending = outcome(room.send("hi"));
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    next.emit({
      t: "reply",
      mid: "m1",
      error: { code: "not_subscribed", message: "no" },
    });
    expect(await sending).toMatchObject({ code: "outcome_unknown" });
  });

  it("is not processed if a draining server postponed it and no connection follows", async () => {
    const { socket, room } = await live();
    socket.emit({ t: "drain", after: 5_000 });
    const sending = outcome(room.send("hi"));
    expect(socket.of("msg")).toEqual([]);
    socket.drop(4403);
    expect(await sending).toMatchObject({ code: "revoked" });
  });
});

describe("a suspended broker", () => {
  it("is reported until it recovers", async () => {
    const { socket, room } = await live();
    socket.emit({ t: "state", sub: 1, state: "suspended" });
    expect(room.state.status).toBe("suspended");
    socket.emit({ t: "state", sub: 1, state: "live" });
    expect(room.state.status).toBe("live");
  });
});

describe("presence", () => {
  it("contains all members, and follows joins and leaves", async () => {
    const { socket, room } = await live();
    const mia = { id: "42", info: { name: "Mia" } };
    const ole = { id: "43", info: { name: "Ole" } };
    socket.emit({ t: "presence", sub: 1, members: [mia] });
    socket.emit({ t: "presence", sub: 1, join: [ole, mia] });
    expect(room.state.presence).toEqual([mia, ole]);
    const renamed = { id: "42", info: { name: "Mia B." } };
    socket.emit({ t: "presence", sub: 1, join: [renamed] });
    expect(room.state.presence).toEqual([renamed, ole]);
    socket.emit({ t: "presence", sub: 1, leave: ["43", "44"] });
    expect(room.state.presence).toEqual([renamed]);
    socket.emit({ t: "presence", sub: 1, members: [ole] });
    expect(room.state.presence).toEqual([ole]);
  });
});

describe("a refusal", () => {
  it.each([
    "unknown_channel",
    "invalid",
    "forbidden",
    "unauthenticated",
    "own",
  ])("with `%s` closes only this subscription", async (code) => {
    const { api, socket, room } = await live();
    const other = subscribe(api, chat, { room: "other" });
    const waiting = outcome(other.send("never sent"));
    socket.emit({
      t: "unsub",
      sub: 2,
      code,
      message: "you may not do this",
      fields: { room: ["is closed"] },
      data: { by: "Mia" },
      id: "9a1c",
    });
    expect(other.state).toMatchObject({
      status: "closed",
      error: {
        name: "CallError",
        code,
        message: "you may not do this",
        fields: { room: ["is closed"] },
        by: "Mia",
        errorId: "9a1c",
      },
    });
    expect(await waiting).toMatchObject({ code });
    expect(await outcome(other.send("later"))).toMatchObject({ code });
    expect(room.state.status).toBe("live");
    const next = await comeBack();
    expect(next.of("sub")).toHaveLength(1);
    expect(other.state.status).toBe("closed");
    other.close();
    subscribe(api, chat, { room: "other" });
    expect(next.of("sub")).toHaveLength(2);
  });

  it.each([
    ["unavailable", {}, 500],
    ["rate_limited", { retry_after: 3_000 }, 3_500],
  ])(
    "with `%s` is temporary, and causes a new request",
    async (code, members, wait) => {
      const { socket, room } = await live();
      socket.emit({ t: "unsub", sub: 1, code, message: "soon", ...members });
      expect(room.state).toMatchObject({
        status: "reconnecting",
        error: { code },
      });
      await after(wait - 1);
      expect(socket.of("sub")).toHaveLength(1);
      await after(1);
      expect(socket.of("sub")[1]).toMatchObject({
        sub: 2,
        since: { epoch: "e", offset: 10 },
      });
      socket.emit(subok(2, 10, { recovered: true }));
      expect(room.state).toMatchObject({ status: "live", error: undefined });
    },
  );

  it("does not discard the replies to earlier messages", async () => {
    const { socket, room } = await live();
    const [answered, lost] = [room.send("one"), outcome(room.send("two"))];
    socket.emit({ t: "unsub", sub: 1, code: "forbidden", message: "out" });
    socket.emit({ t: "reply", mid: "m1", data: 7 });
    await expect(answered).resolves.toBe(7);
    await comeBack().catch(() => undefined);
    expect(await lost).toMatchObject({
      code: "outcome_unknown",
      cause: { code: "forbidden" },
    });
  });
});

describe("sending", () => {
  it("resolves with the reply", async () => {
    const { socket, room } = await live();
    const sending = room.send({ text: "hello" });
    expect(socket.of("msg")).toEqual([
      { t: "msg", sub: 1, mid: "m1", data: { text: "hello" } },
    ]);
    socket.emit({ t: "reply", mid: "m1", data: { id: 7 } });
    await expect(sending).resolves.toEqual({ id: 7 });
    socket.emit({ t: "reply", mid: "m1", data: { id: 8 } });
  });

  it("rejects with the error and all of its details", async () => {
    const { socket, room } = await live();
    const sending = outcome(room.send({ text: "" }));
    const error = {
      code: "invalid",
      message: "text: is too short",
      fields: { text: ["is too short"] },
      data: { least: 1, code: "forged" },
      retry_after: 1_500,
    };
    socket.emit({ t: "reply", mid: "m1", error });
    expect(await sending).toMatchObject({
      name: "CallError",
      code: "invalid",
      message: "text: is too short",
      fields: { text: ["is too short"] },
      least: 1,
      retryAfter: 1.5,
    });
  });

  it("waits for `subok` and keeps the order", async () => {
    const api = createApi();
    const room = subscribe(api, chat, {});
    const replies = ["a", "b", "c"].map((text) => outcome(room.send(text)));
    const socket = (await newest()).welcome();
    expect(socket.of("msg")).toEqual([]);
    socket.emit(subok(1));
    expect(socket.of("msg").map((frame) => frame["data"])).toEqual([
      "a",
      "b",
      "c",
    ]);
    for (const mid of ["m2", "m3", "m1"])
      socket.emit({ t: "reply", mid, data: mid });
    expect(await Promise.all(replies)).toEqual(["m1", "m2", "m3"]);
  });

  it("is repeated after `subok` with the same id until the reply", async () => {
    const { socket, room } = await live();
    const [one, two] = [room.send("one"), room.send("two")];
    socket.emit({ t: "reply", mid: "m1", data: 1 });
    await expect(one).resolves.toBe(1);
    const next = await comeBack();
    expect(next.of("msg")).toEqual([]);
    next.emit(subok(2, 10, { recovered: true }));
    expect(next.of("msg")).toEqual([
      { t: "msg", sub: 2, mid: "m2", data: "two" },
    ]);
    next.emit({ t: "reply", mid: "m2", data: 2 });
    await expect(two).resolves.toBe(2);
    const last = await comeBack();
    last.emit(subok(3, 10, { recovered: true }));
    expect(last.of("msg")).toEqual([]);
  });

  it("is not repeated after the deduplication window", async () => {
    const { socket, room } = await live();
    const sent = outcome(room.send("sent"));
    socket.drop();
    const waiting = outcome(room.send("waiting"));
    await after(5 * 60_000);
    const next = (await newest()).welcome();
    next.emit(subok(2, 10, { recovered: true }));
    expect(next.of("msg").map((frame) => frame["data"])).toEqual(["waiting"]);
    expect(await sent).toMatchObject({ code: "outcome_unknown" });
    next.emit({ t: "reply", mid: "m2", data: 2 });
    expect(await waiting).toBe(2);
  });

  it("can be aborted", async () => {
    const { socket, room } = await live();
    const controller = new AbortController();
    const { signal } = controller;
    const sending = outcome(room.send("slow", { signal }));
    controller.abort("changed my mind");
    expect(await sending).toMatchObject({
      code: "aborted",
      cause: "changed my mind",
    });
    expect(await outcome(room.send("late", { signal }))).toMatchObject({
      code: "aborted",
    });
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    expect(socket.of("msg")).toHaveLength(1);
    expect(next.of("msg")).toEqual([]);
  });

  it("is completed before the subscription is left", async () => {
    const { socket, room } = await live();
    const sending = room.send("bye");
    room.close();
    await after(10_000);
    expect(socket.of("unsub")).toEqual([]);
    await expect(room.send("too late")).rejects.toMatchObject({
      code: "not_subscribed",
    });
    socket.emit({ t: "reply", mid: "m1", data: null });
    await expect(sending).resolves.toBeNull();
    await after(1_000);
    expect(socket.closedWith).toMatchObject({ code: 1000 });
  });

  it("keeps the order within a subscription that reconnects later than others", async () => {
    const { api, socket, room } = await live();
    const other = subscribe(api, chat, { room: "other" });
    socket.emit(subok(2));
    for (const text of ["a", "b"]) {
      void outcome(room.send(text));
      void outcome(other.send(text.toUpperCase()));
    }
    const next = await comeBack();
    const sent = () => next.of("msg").map((frame) => frame["data"]);
    next.emit(subok(4, 0, { recovered: true }));
    expect(sent()).toEqual(["A", "B"]);
    next.emit(subok(3, 10, { recovered: true }));
    expect(sent()).toEqual(["A", "B", "a", "b"]);
  });
});

describe("history", () => {
  const page = (mid: string, from: number, to: number, more: boolean) => ({
    t: "reply",
    mid,
    data: {
      epoch: "e",
      messages: Array.from({ length: to - from + 1 }, (_, index) => ({
        offset: from + index,
        data: from + index,
      })),
      more,
    },
  });

  it("is prepended, and does not count towards the limit", async () => {
    const { socket, room } = await live({ limit: 2 });
    socket.emit(pub(1, 11, 11), pub(1, 12, 12));
    const loading = room.loadMore(3);
    expect(socket.of("history")).toEqual([
      { t: "history", sub: 1, mid: "h1", before: 11, limit: 3 },
    ]);
    const joined = room.loadMore(3);
    expect(socket.of("history")).toHaveLength(1);
    socket.emit(page("h1", 8, 10, true));
    await expect(loading).resolves.toBe(true);
    await expect(joined).resolves.toBe(true);
    expect(data(room)).toEqual([8, 9, 10, 11, 12]);
    socket.emit(pub(1, 13, 13));
    expect(data(room)).toEqual([9, 10, 11, 12, 13]);
    const last = room.loadMore();
    expect(socket.of("history")[1]).toMatchObject({ before: 9 });
    socket.emit(page("h2", 8, 8, false));
    await expect(last).resolves.toBe(false);
    expect(room.state.hasMore).toBe(false);
  });

  it("is ignored if it belongs to another epoch", async () => {
    const { socket, room } = await live();
    socket.emit(pub(1, 11, "a"));
    const loading = room.loadMore();
    socket.emit({
      t: "gap",
      sub: 1,
      reason: "epoch",
      from: { epoch: "e", offset: 11 },
      epoch: "f",
      offset: 4,
    });
    socket.emit(page("h1", 5, 10, true));
    await expect(loading).resolves.toBe(false);
    await expect(room.loadMore()).resolves.toBe(false);
    expect(socket.of("history")).toHaveLength(1);
    expect(data(room)).toEqual(["a"]);
    expect(room.state.hasMore).toBe(false);
  });

  it("can be read without changing the state, and is requested again after a reconnect", async () => {
    const { room } = await live();
    const reading = room.history({ before: 5, limit: 2 });
    const next = await comeBack();
    next.emit(subok(2, 10, { recovered: true }));
    expect(next.of("history")).toEqual([
      { t: "history", sub: 2, mid: "h1", before: 5, limit: 2 },
    ]);
    next.emit(page("h1", 3, 4, true));
    await expect(reading).resolves.toMatchObject({
      messages: [{ id: "e:3", data: 3 }, { data: 4 }],
      more: true,
    });
    expect(data(room)).toEqual([]);
  });
});

describe("another user", () => {
  it("does not see messages of the previous user, and does not send theirs", async () => {
    const { socket, room } = await live({ persist: true }, { user: "mia" });
    socket.emit(pub(1, 11, "for Mia"));
    socket.emit({ t: "presence", sub: 1, members: [{ id: "1", info: {} }] });
    const [sent] = [outcome(room.send("from Mia"))];
    socket.drop();
    const waiting = outcome(room.send("from Mia too"));
    await after(250);
    const next = (await newest()).welcome({ user: "ole" });
    expect(await sent).toMatchObject({ code: "outcome_unknown" });
    expect(await waiting).toMatchObject({ code: "not_subscribed" });
    expect(room.state).toMatchObject({ messages: [], presence: [] });
    expect(next.of("sub")[0]).not.toHaveProperty("since");
    next.emit(subok(2, 11));
    expect(next.of("msg")).toEqual([]);
  });

  it("is not assumed after a reconnect of the same user", async () => {
    const { socket, room } = await live({}, { user: "mia" });
    socket.emit(pub(1, 11, "a"));
    const next = await comeBack({ user: "mia" });
    expect(next.of("sub")[0]).toMatchObject({ since: { offset: 11 } });
    expect(data(room)).toEqual(["a"]);
  });

  it("can subscribe to channels that the previous user was refused", async () => {
    const { socket, room } = await live({}, { user: "mia" });
    socket.emit({ t: "unsub", sub: 1, code: "forbidden", message: "no" });
    const next = await comeBack({ user: "ole" });
    next.emit(subok(2, 3));
    expect(room.state).toMatchObject({ status: "live", error: undefined });
  });
});

describe("a reload", () => {
  /** Reloads the page in the same tab, which keeps the `sessionStorage`. */
  async function reload(options: ChannelOptions, welcome: object = {}) {
    window.dispatchEvent(new Event("pagehide"));
    const kept = Object.fromEntries(Object.entries(sessionStorage)) as Record<
      string,
      string
    >;
    closeAll();
    await after(2_000);
    sessionStorage.clear();
    for (const [key, value] of Object.entries(kept))
      sessionStorage.setItem(key, value);
    const api = createApi();
    const room = subscribe(api, chat, { room: "lobby" }, options);
    expect(room.state.messages).toEqual([]);
    const socket = (await newest()).welcome(welcome);
    return { room, socket };
  }

  it("continues at the position of the previous page on request", async () => {
    const before = await live({ persist: true }, { user: "mia" });
    before.socket.emit(
      subok(1, 10, { snapshot: { topic: "tea" } }),
      pub(1, 11, "a"),
      pub(1, 12, "b"),
    );
    const { room, socket } = await reload({ persist: true }, { user: "mia" });
    expect(socket.of("sub")[0]).toMatchObject({
      since: { epoch: "e", offset: 12 },
    });
    socket.emit(subok(1, 12, { recovered: true }), pub(1, 13, "c"));
    expect(data(room)).toEqual(["a", "b", "c"]);
    expect(room.state.snapshot).toEqual({ topic: "tea" });
  });

  it.each([
    ["does not persist", { persist: false }, { persist: true }, {}],
    ["did not persist", { persist: true }, { persist: false }, {}],
    [
      "belonged to another user",
      { persist: true },
      { persist: true },
      { user: "ole" },
    ],
  ])(
    "starts without the log of a page that %s",
    async (_, now, then, welcome) => {
      const before = await live(then, { user: "mia" });
      before.socket.emit(pub(1, 11, "a"));
      const { room, socket } = await reload(now, { user: "mia", ...welcome });
      expect(socket.of("sub")[0]).not.toHaveProperty("since");
      expect(data(room)).toEqual([]);
    },
  );

  it("ignores the log of a client for another version of the channel", async () => {
    const { room, socket } = await live({ persist: true });
    socket.emit(pub(1, 11, "a"));
    room.close();
    await after(2_000);
    const [key = ""] = Object.keys(sessionStorage);
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}") as object;
    const older = { ...kept, contract: "3f2a9c1b" };
    sessionStorage.setItem(key, JSON.stringify(older));
    const { socket: next } = await live({ persist: true });
    expect(next.of("sub")[0]).not.toHaveProperty("since");
  });

  it("restores messages and position together, within limits", async () => {
    const { socket } = await live({ persist: true, limit: 1_000 });
    const text = "x".repeat(2_000);
    for (let offset = 11; offset <= 600; offset += 1)
      socket.emit(pub(1, offset, text));
    await after(2_000);
    const [kept = ""] = Object.values(sessionStorage) as string[];
    expect(kept.length).toBeLessThan(256 * 1024);
    const { offset, messages } = JSON.parse(kept) as {
      offset: number;
      messages: { offset: number }[];
    };
    expect(offset).toBe(600);
    expect(messages.length).toBeGreaterThan(50);
    expect(messages.at(-1)?.offset).toBe(600);
  });

  it("restores the newest subscriptions only", async () => {
    const api = createApi();
    for (let room = 0; room < 30; room += 1)
      subscribe(api, chat, { room }, { persist: true });
    const socket = (await newest()).welcome();
    for (let sub = 1; sub <= 30; sub += 1) {
      socket.emit(subok(sub));
      await after(2_000);
      socket.emit({ t: "ping" });
    }
    const keys = Object.keys(sessionStorage);
    expect(keys).toHaveLength(20);
    expect(keys.some((key) => key.includes(`"room":29`))).toBe(true);
    expect(keys.some((key) => key.includes(`"room":1}`))).toBe(false);
  });

  it("works with a full storage", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { socket, room } = await live({ persist: true });
    socket.emit(pub(1, 11, "a"));
    await after(2_000);
    expect(data(room)).toEqual(["a"]);
  });

  it("removes the log of a revoked session", async () => {
    const { socket } = await live({ persist: true }, { user: "mia" });
    socket.emit(pub(1, 11, "a"));
    await after(2_000);
    expect(Object.keys(sessionStorage)).toHaveLength(1);
    socket.drop(4403);
    await after(2_000);
    expect(Object.keys(sessionStorage)).toHaveLength(0);
  });
});

describe("server rendering", () => {
  it("opens no socket and no subscription", async () => {
    const member = Symbol.for("mizan.functions");
    const global = globalThis as { [member]?: object };
    global[member] = {};
    try {
      const room = subscribe(createApi(), chat, {});
      await after(1_000);
      expect(sockets).toEqual([]);
      expect(room.state).toMatchObject({ status: "idle", messages: [] });
      expect(await outcome(room.send("hi"))).toMatchObject({
        code: "not_subscribed",
      });
      room.onChange(() => {})();
      room.close();
    } finally {
      Reflect.deleteProperty(global, member);
    }
  });
});
