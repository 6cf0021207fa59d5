import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  subscribe,
  type ChannelDefinition,
  type ChannelSubscription,
} from "../../channels";
import type { CallError } from "../../transport/error";
import { createApi } from "../support/api";
import {
  WebSocket,
  startChatServer,
  type ChatServer,
} from "../support/chatServer.mjs";

interface Chat {
  readonly params: { readonly room: string };
  readonly message: string;
  readonly send: string;
  readonly reply: { readonly number: number };
  readonly snapshot: { readonly messages: number };
  readonly member: never;
  readonly error: CallError;
}

const chat: ChannelDefinition<Chat> = { name: "chat" };

let server: ChatServer;
let open: ChannelSubscription<Chat>[] = [];

beforeEach(() => {
  vi.stubGlobal("WebSocket", WebSocket);
  // Shortens the random delays from seconds to milliseconds.
  vi.spyOn(Math, "random").mockReturnValue(0.001);
});

afterEach(async () => {
  for (const room of open) room.close();
  open = [];
  await vi.waitFor(() => expect(server.connections()).toBe(0), 5_000);
  await server.close();
  expect(server.errors).toEqual([]);
});

/** Subscribes with a separate client, as another page does. */
function enter(room: string, limit = 10_000): ChannelSubscription<Chat> {
  const api = createApi({ baseUrl: server.baseUrl });
  const entered = subscribe(api, chat, { room }, { limit, recent: 200 });
  open.push(entered);
  return entered;
}

const data = ({ state }: ChannelSubscription<Chat>) =>
  state.messages.map((message) => message.data);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Cuts all connections repeatedly until `work` completes. Returns the number of cuts. */
async function whileCut(work: Promise<unknown>): Promise<number> {
  const progress = { isDone: false };
  let cuts = 0;
  const done = work.finally(() => (progress.isDone = true));
  while (!progress.isDone) {
    await pause(5 + (cuts % 7) * 5);
    server.cut();
    cuts += 1;
  }
  await done;
  return cuts;
}

describe("channels over real sockets", () => {
  it("deliver messages to other clients", async () => {
    server = await startChatServer({ history: 100 });
    server.publish("lobby", "before");
    const [mia, ole] = [enter("lobby"), enter("lobby")];
    await expect(mia.send("hello")).resolves.toEqual({ number: 1 });
    await vi.waitFor(() => {
      expect(data(mia)).toEqual(["before", "hello"]);
      expect(data(ole).slice(-1)).toEqual(["hello"]);
    });
    const late = enter("lobby");
    await vi.waitFor(() => expect(data(late)).toEqual(["before", "hello"]));
    expect(late.state.snapshot).toEqual({ messages: expect.any(Number) });
    const { messages, more } = await ole.history({ limit: 1 });
    expect(messages).toMatchObject([{ data: "hello" }]);
    expect(more).toBe(true);
  });

  it("neither lose, duplicate nor reorder messages when connections are cut", async () => {
    server = await startChatServer({ history: 10_000 });
    const people = [enter("lobby"), enter("lobby"), enter("lobby")];
    const said: Promise<unknown>[] = [];
    const talk = async (): Promise<void> => {
      for (let number = 0; number < 200; number += 1) {
        for (const [who, person] of people.entries())
          said.push(person.send(`${who}:${number}`));
        server.publish("lobby", `server:${number}`);
        await pause(3);
      }
      await Promise.all(said);
    };
    const cuts = await whileCut(talk());
    expect(cuts).toBeGreaterThan(10);
    expect(new Set(server.ran).size).toBe(600);
    expect(server.ran).toHaveLength(600);
    const [first] = people;
    await vi.waitFor(() => {
      for (const person of people) expect(data(person)).toHaveLength(800);
    }, 5_000);
    for (const person of people) {
      expect(data(person)).toEqual(data(first!));
      expect(person.state.gap).toBeUndefined();
    }
    for (const who of ["0", "1", "2", "server"]) {
      const own = data(first!).filter((text) => text.startsWith(`${who}:`));
      expect(own).toEqual(
        Array.from({ length: 200 }, (_, number) => `${who}:${number}`),
      );
    }
  }, 30_000);

  it("report lost messages as a gap", async () => {
    server = await startChatServer({ history: 5 });
    const room = enter("lobby");
    await vi.waitFor(() => expect(room.state.status).toBe("live"));
    server.publish("lobby", "heard");
    await vi.waitFor(() => expect(data(room)).toEqual(["heard"]));
    server.cut();
    for (let number = 0; number < 6; number += 1)
      server.publish("lobby", `missed ${number}`);
    await vi.waitFor(() => expect(room.state.gap?.reason).toBe("history"));
    server.publish("lobby", "after");
    await vi.waitFor(() => expect(data(room)).toEqual(["heard", "after"]));
    room.clearGap();
    server.restart();
    server.cut();
    await vi.waitFor(() => expect(room.state.gap?.reason).toBe("epoch"));
    server.publish("lobby", "again");
    await vi.waitFor(() => expect(data(room).slice(-1)).toEqual(["again"]));
    expect(new Set(room.state.messages.map(({ id }) => id)).size).toBe(3);
  });

  it("deliver every message or report a gap", async () => {
    server = await startChatServer({ history: 20 });
    const room = enter("lobby");
    const gaps: [number, number][] = [];
    let cleared = 0;
    room.onChange(() => {
      const { gap } = room.state;
      if (!gap) return;
      gaps.push([gap.from.offset, gap.to.offset]);
      cleared += 1;
      room.clearGap();
    });
    await vi.waitFor(() => expect(room.state.status).toBe("live"));
    const published: number[] = [];
    let offset = 0;
    const talk = async (): Promise<void> => {
      for (let number = 0; number < 3_000; number += 1) {
        offset += 1 + (offset % 3);
        published.push(offset);
        server.publish("lobby", String(offset));
        if (number % 10 === 0) await pause(2);
      }
    };
    await whileCut(talk());
    // Repeats the last message, because one that is published during a reconnect may be part of a gap.
    await vi.waitFor(() => {
      server.publish("lobby", "last");
      expect(data(room).slice(-1)).toEqual(["last"]);
    }, 5_000);
    const seen = new Set(data(room).map(Number));
    const isReported = (missing: number) =>
      gaps.some(([from, to]) => from < missing && missing <= to);
    const lost = published.filter((each) => !seen.has(each));
    expect(lost.filter((each) => !isReported(each))).toEqual([]);
    expect(lost.length).toBeGreaterThan(0);
    expect(cleared).toBeGreaterThan(0);
    const offsets = room.state.messages.map((message) => message.offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
  }, 30_000);
});
