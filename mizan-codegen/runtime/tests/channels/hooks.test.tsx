// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelDefinition } from "../../channels";
import {
  useChannel,
  type ChannelHookOptions,
  type ChannelResult,
} from "../../channels/hooks";
import type { CallError } from "../../transport/error";
import { createApi } from "../support/api";
import {
  fakeSockets,
  newest,
  outcome,
  pub,
  sockets,
  subok,
} from "../support/fakeSocket";

interface Chat {
  readonly params: { readonly room: string };
  readonly message: string;
  readonly send: string;
  readonly reply: number;
  readonly snapshot: string;
  readonly member: { readonly name: string };
  readonly error: CallError;
}

const chat: ChannelDefinition<Chat> = { name: "chat" };
let api = createApi();

const rendered: Record<string, number> = {};
const results: Record<string, ChannelResult<Chat>> = {};

function Room({
  room,
  name = room,
  options,
}: {
  readonly room: string;
  readonly name?: string;
  readonly options?: ChannelHookOptions;
}): ReactNode {
  const result = useChannel(api, chat, { room }, options);
  rendered[name] = (rendered[name] ?? 0) + 1;
  results[name] = result;
  return (
    <p data-testid={name}>
      {result.status}: {result.messages.map(({ data }) => data).join(" ")}
    </p>
  );
}

const text = (name: string) => screen.getByTestId(name).textContent;
const after = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
const socket = () => act(newest);

beforeEach(() => {
  fakeSockets();
  api = createApi();
  for (const name of Object.keys(rendered))
    Reflect.deleteProperty(rendered, name);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(async () => {
  cleanup();
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
});

describe("useChannel", () => {
  it("shows messages as they arrive, and resolves sent messages with the reply", async () => {
    render(<Room room="lobby" />);
    const server = await socket();
    expect(text("lobby")).toBe("connecting: ");
    await act(async () => void server.welcome().emit(subok(1, 10)));
    expect(text("lobby")).toBe("live: ");
    await after(20);
    await act(async () => void server.emit(pub(1, 11, "hello")));
    expect(text("lobby")).toBe("live: hello");
    const sending = results["lobby"]?.send("hi");
    server.emit({ t: "reply", mid: "m1", data: 7 });
    await expect(sending).resolves.toBe(7);
  });

  it("subscribes once under StrictMode, and unsubscribes on unmount", async () => {
    const page = (
      <StrictMode>
        <Room room="lobby" />
        <Room room="lobby" name="again" />
      </StrictMode>
    );
    const { unmount } = render(page);
    const server = await socket();
    server.welcome().emit(subok(1));
    await after(5_000);
    expect(sockets).toHaveLength(1);
    expect(server.of("sub")).toHaveLength(1);
    expect(server.of("unsub")).toEqual([]);
    expect([text("lobby"), text("again")]).toEqual(["live: ", "live: "]);
    unmount();
    await after(1_000);
    expect(server.closedWith).toMatchObject({ code: 1000 });
  });

  it("renders again for changes of its subscription only, at most once per frame", async () => {
    render(
      <>
        <Room room="a" />
        <Room room="b" />
      </>,
    );
    const server = await socket();
    server.welcome().emit(subok(1), subok(2));
    await after(100);
    const before = { ...rendered };
    await act(async () => {
      for (let offset = 1; offset <= 50; offset += 1)
        server.emit(pub(1, offset, String(offset)));
    });
    expect(rendered["a"]).toBe((before["a"] ?? 0) + 1);
    await act(async () => {
      for (let offset = 51; offset <= 100; offset += 1)
        server.emit(pub(1, offset, String(offset)));
    });
    expect(rendered["a"]).toBe((before["a"] ?? 0) + 1);
    await after(100);
    expect(rendered["b"]).toBe(before["b"]);
    expect(rendered["a"]).toBe((before["a"] ?? 0) + 2);
    expect(text("a")).toContain("99 100");
  });

  it("returns stable functions, and the same result without changes", async () => {
    const { rerender } = render(<Room room="lobby" />);
    (await socket()).welcome().emit(subok(1));
    await after(100);
    const before = results["lobby"];
    rerender(<Room room="lobby" options={{}} />);
    expect(results["lobby"]).toBe(before);
    sockets[0]?.emit(pub(1, 1, "a"));
    await after(100);
    expect(results["lobby"]).not.toBe(before);
    expect(results["lobby"]?.send).toBe(before?.send);
    expect(sockets[0]?.of("sub")).toHaveLength(1);
  });

  it("changes the subscription with its params, and clears the previous messages", async () => {
    let change: (room: string) => void = () => {};
    function Page(): ReactNode {
      const [room, setRoom] = useState("a");
      change = setRoom;
      return <Room room={room} name="room" />;
    }
    render(<Page />);
    const server = await socket();
    server.welcome().emit(subok(1), pub(1, 1, "in a"));
    await after(100);
    expect(text("room")).toBe("live: in a");
    act(() => change("b"));
    expect(text("room")).toBe("connecting: ");
    expect(server.of("sub")[1]).toMatchObject({ params: { room: "b" } });
    server.emit(subok(2), pub(2, 1, "in b"), pub(1, 2, "late in a"));
    await after(100);
    expect(text("room")).toBe("live: in b");
    act(() => change("a"));
    await after(100);
    expect(text("room")).toBe("live: in a late in a");
    await after(1_000);
    expect(server.of("unsub")).toEqual([{ t: "unsub", sub: 2 }]);
  });

  it("subscribes only while it is enabled", async () => {
    const { rerender } = render(
      <Room room="lobby" options={{ enabled: false }} />,
    );
    await after(1_000);
    expect(sockets).toEqual([]);
    expect(text("lobby")).toBe("idle: ");
    const refused = await outcome(results["lobby"]!.send("hi"));
    expect(refused).toMatchObject({ code: "not_subscribed" });
    rerender(<Room room="lobby" />);
    (await socket()).welcome().emit(subok(1));
    await after(100);
    expect(text("lobby")).toBe("live: ");
    rerender(<Room room="lobby" options={{ enabled: false }} />);
    expect(text("lobby")).toBe("idle: ");
    await after(1_000);
    expect(sockets[0]?.closedWith).toMatchObject({ code: 1000 });
  });

  it("reports reconnections, refusals and gaps", async () => {
    render(<Room room="lobby" />);
    const server = await socket();
    server.welcome().emit(subok(1, 1));
    const from = { epoch: "e", offset: 1 };
    server.emit({
      t: "gap",
      sub: 1,
      reason: "slow",
      from,
      epoch: "e",
      offset: 9,
    });
    await after(100);
    expect(results["lobby"]?.gap).toMatchObject({ reason: "slow", from });
    act(() => results["lobby"]?.clearGap());
    await after(100);
    expect(results["lobby"]?.gap).toBeUndefined();
    await act(async () => server.drop());
    expect(text("lobby")).toBe("reconnecting: ");
    await after(250);
    (await socket()).welcome();
    sockets[1]?.emit({ t: "unsub", sub: 2, code: "forbidden", message: "no" });
    await after(100);
    expect(results["lobby"]).toMatchObject({
      status: "closed",
      error: { code: "forbidden" },
    });
  });

  it("is idle during server rendering, without a socket", async () => {
    expect(renderToString(<Room room="lobby" />)).toBe(
      '<p data-testid="lobby">idle<!-- -->: </p>',
    );
    expect(results["lobby"]).toMatchObject({
      status: "idle",
      messages: [],
      presence: [],
      snapshot: undefined,
    });
    await after(1_000);
    expect(sockets).toEqual([]);
  });
});
