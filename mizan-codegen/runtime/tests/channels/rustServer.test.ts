import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  subscribe,
  type ChannelDefinition,
  type ChannelSubscription,
} from "../../channels";
import {
  createTransport,
  mutation,
  transportOf,
  type Connected,
  type Mutation,
} from "../../transport";
import type { CallError } from "../../transport/error";
import { outcome } from "../support/fakeSocket";
import {
  WebSocket,
  program,
  startLiveServer,
  type LiveServer,
} from "../support/liveServer.mjs";

interface Chat {
  readonly params: { readonly room: string };
  readonly message: { readonly who: string; readonly text: string };
  readonly send: string;
  readonly reply: { readonly number: number };
  readonly snapshot: { readonly number: number };
  readonly member: string;
  readonly error: CallError;
}

interface Api extends Connected {
  readonly revoke: Mutation<{ readonly user: string }, null, CallError>;
}

const chat: ChannelDefinition<Chat> = { name: "chat" };

let server: LiveServer;
const open: ChannelSubscription<Chat>[] = [];

function createApi(user?: string): Api {
  const transport = createTransport(
    {},
    {
      baseUrl: server.baseUrl,
      headers: () => (user ? { authorization: `Bearer ${user}` } : {}),
    },
  );
  return { [transportOf]: transport, revoke: mutation(transport, "revoke") };
}

function enter(
  user: string | undefined,
  room: string,
): ChannelSubscription<Chat> {
  const entered = subscribe(createApi(user), chat, { room }, { limit: 10_000 });
  open.push(entered);
  return entered;
}

const texts = ({ state }: ChannelSubscription<Chat>) =>
  state.messages.map(({ data }) => `${data.who}: ${data.text}`);
const isLive = (room: ChannelSubscription<Chat>) =>
  vi.waitFor(() => expect(room.state.status).toBe("live"), 5_000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A WebSocket whose handshake fails, as behind a proxy that only knows HTTP. */
class RefusedWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(String(url).replace(/\/ws$/, "/refused"), protocols);
  }
}

describe.skipIf(!program).each([
  ["WebSockets", WebSocket],
  ["server-sent events", RefusedWebSocket],
])("channels with mizan's own server over %s", (_, implementation) => {
  beforeEach(async () => {
    vi.stubGlobal("WebSocket", implementation);
    // Shortens the random delays from seconds to milliseconds.
    vi.spyOn(Math, "random").mockReturnValue(0.001);
    server = await startLiveServer();
  });

  afterEach(async () => {
    for (const room of open.splice(0)) room.close();
    await server.close();
  });

  it("exchange messages and presence between two clients", async () => {
    const mia = enter("mia", "lobby");
    await isLive(mia);
    expect(mia.state).toMatchObject({
      snapshot: { number: 0 },
    });
    const ole = enter("ole", "lobby");
    await isLive(ole);
    await vi.waitFor(() =>
      expect(mia.state.presence).toEqual([
        { id: "mia", info: "mia" },
        { id: "ole", info: "ole" },
      ]),
    );
    await expect(mia.send("hello")).resolves.toEqual({ number: 1 });
    await expect(ole.send("hi")).resolves.toEqual({ number: 2 });
    await vi.waitFor(() => {
      expect(texts(mia)).toEqual(["mia: hello", "ole: hi"]);
      expect(texts(ole)).toEqual(["mia: hello", "ole: hi"]);
    });
    const late = enter("late", "lobby");
    await isLive(late);
    expect(late.state).toMatchObject({ messages: [], snapshot: { number: 2 } });
    await expect(late.loadMore(1)).resolves.toBe(true);
    await expect(late.loadMore()).resolves.toBe(false);
    expect(texts(late)).toEqual(["mia: hello", "ole: hi"]);
    ole.close();
    await vi.waitFor(
      () =>
        expect(mia.state.presence.map(({ id }) => id)).toEqual(["mia", "late"]),
      5_000,
    );
  });

  it("deliver refusals and errors unchanged", async () => {
    const anonymous = enter(undefined, "lobby");
    const shut = enter("mia", "closed");
    await vi.waitFor(() => {
      expect(anonymous.state.error?.code).toBe("unauthenticated");
      expect(shut.state.error?.code).toBe("forbidden");
    }, 5_000);
    const mia = enter("mia", "lobby");
    expect(await outcome(mia.send(""))).toMatchObject({
      code: "conflict",
      message: "the message is empty",
    });
    expect(await outcome(mia.send(7 as unknown as string))).toMatchObject({
      code: "invalid",
    });
    await expect(mia.send("still here")).resolves.toEqual({ number: 1 });
  });

  it("close the channels of a revoked session only", async () => {
    const [mia, ole] = [enter("mia", "lobby"), enter("ole", "lobby")];
    await Promise.all([isLive(mia), isLive(ole)]);
    await createApi().revoke({ user: "mia" });
    await vi.waitFor(() =>
      expect(mia.state).toMatchObject({
        status: "closed",
        error: { code: "revoked" },
      }),
    );
    await expect(ole.send("alone")).resolves.toEqual({ number: 1 });
  });

  it("neither lose messages nor process them twice when connections are cut", async () => {
    const people = ["mia", "ole", "kim"].map((user) => enter(user, "lobby"));
    await Promise.all(people.map(isLive));
    const said: Promise<unknown>[] = [];
    const progress = { isDone: false };
    const talk = async (): Promise<void> => {
      for (let number = 0; number < 100; number += 1) {
        for (const person of people) said.push(person.send(String(number)));
        await pause(20);
      }
      await Promise.all(said);
    };
    const done = talk().finally(() => (progress.isDone = true));
    let cuts = 0;
    while (!progress.isDone) {
      await pause(50 + (cuts % 7) * 40);
      server.cut();
      cuts += 1;
    }
    await done;
    expect(cuts).toBeGreaterThan(5);
    const last = await people[0]!.send("last");
    expect(last.number).toBe(301);
    await vi.waitFor(() => {
      for (const person of people) {
        expect(person.state.messages).toHaveLength(301);
        expect(texts(person)).toEqual(texts(people[0]!));
        expect(person.state.gap).toBeUndefined();
      }
    }, 10_000);
    for (const user of ["ole", "kim"])
      expect(texts(people[0]!).filter((text) => text.startsWith(user))).toEqual(
        Array.from({ length: 100 }, (_, number) => `${user}: ${number}`),
      );
  }, 60_000);

  it("report a killed server as a gap", async () => {
    const mia = enter("mia", "lobby");
    await isLive(mia);
    await mia.send("before");
    await server.restart();
    await vi.waitFor(() => expect(mia.state.gap?.reason).toBe("epoch"), 10_000);
    await expect(mia.send("after")).resolves.toEqual({ number: 1 });
    await vi.waitFor(() =>
      expect(texts(mia)).toEqual(["mia: before", "mia: after"]),
    );
  }, 30_000);
});
