// @vitest-environment happy-dom
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { followLiveQueries } from "../../live";
import { optimistic, update } from "../../react/optimistic";
import { createTransport, mutation, query, transportOf } from "../../transport";
import {
  fakeSockets,
  newest,
  subok,
  type FakeSocket,
} from "../support/fakeSocket";
import { fakeServer, json, problem } from "../support/server";
import { after, endSubscriptions } from "../support/subscriptions";

interface Post {
  readonly id: string;
  readonly title: string;
}

const contract = "3f2a9c1b";
const ends: (() => void)[] = [];

beforeEach(() => {
  fakeSockets();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await endSubscriptions();

  vi.unstubAllGlobals();
});

/** A page that shows the post 1. The test replies to its requests. */
function page() {
  let title = "One";
  let position = "e:5";
  let requests = 0;
  let held: (() => void)[] | undefined;
  let isForbidden = false;
  let etag: string | undefined;
  const { fetch } = fakeServer(async ({ url }) => {
    if (url.includes("/call/rename"))
      return new Promise<Response>((resolve) => {
        state.replyToRename = () => resolve(json({ id: "1", title: "New" }));
      });
    requests += 1;
    // The query reads its data when it starts.
    const data = { id: "1", title };
    const headers = { "mizan-live": position, ...(etag && { etag }) };
    if (held) await new Promise<void>((resolve) => held?.push(resolve));
    return isForbidden ? problem(403, "forbidden") : json(data, { headers });
  });
  const transport = createTransport({ post: contract }, { fetch });
  const api = {
    [transportOf]: transport,
    post: query<{ id: string }, Post, Error>(transport, "post", { live: true }),
    rename: mutation<{ id: string; title: string }, Post, Error>(
      transport,
      "rename",
    ),
  };
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false } },
  });
  ends.push(followLiveQueries(client, api));
  const options = api.post.queryOptions({ id: "1" });
  const state = {
    api,
    client,
    replyToRename: () => {},
    requests: () => requests,
    title: () => client.getQueryData<Post>(options.queryKey)?.title,
    status: () => client.getQueryState(options.queryKey)?.status,
    /** Changes the data on the server. */
    set: (changed: string, at = position): void => {
      title = changed;
      position = at;
    },
    forbid: () => void (isForbidden = true),
    tag: (tag: string) => void (etag = tag),
    /** Delays the replies until the returned function is called. */
    hold: () => {
      const waiting: (() => void)[] = [];
      held = waiting;
      return async () => {
        held = undefined;
        for (const reply of waiting) reply();
        await after(0);
      };
    },
    /** Observes the post. Returns a function that ends this. */
    show: async (): Promise<() => void> => {
      const observer = new QueryObserver(client, {
        ...options,
        staleTime: Infinity,
      });
      const stop = observer.subscribe(() => undefined);
      ends.push(stop);
      await after(0);
      return stop;
    },
    /** Observes the post, and confirms its subscription. */
    live: async (): Promise<FakeSocket> => {
      await state.show();
      const socket = (await newest()).welcome();
      socket.emit(subok(1, 5, { recovered: true }));
      await after(20);
      return socket;
    },
  };
  return state;
}

/** The message that the result has changed. */
const changed = (offset: number, prev: number) => ({
  t: "pub",
  sub: 1,
  offset,
  prev,
  data: null,
});

it("subscribes with the position of the data, and fetches it once", async () => {
  const { live, requests } = page();
  const socket = await live();
  expect(socket.of("sub")).toEqual([
    {
      t: "sub",
      sub: 1,
      channel: "query:post",
      contract,
      params: { id: "1" },
      since: { epoch: "e", offset: 5 },
    },
  ]);
  expect(requests()).toBe(1);
});

it("fetches after a change that the data does not contain", async () => {
  const { live, set, title, requests } = page();
  const socket = await live();
  set("Two", "e:9");
  socket.emit(changed(9, 5));
  await after(20);
  expect(title()).toBe("Two");
  // The data contains this change already.
  set("Two", "e:12");
  socket.emit(changed(9, 9));
  await after(20);
  expect(requests()).toBe(2);
});

it("has one request open and one due during a burst", async () => {
  const { live, set, hold, title, requests } = page();
  const socket = await live();
  const reply = hold();
  for (let offset = 6; offset < 100; offset += 1)
    socket.emit(changed(offset, offset - 1));
  await after(20);
  expect(requests()).toBe(2);
  set("Last", "e:99");
  await reply();
  await after(20);
  expect(requests()).toBe(3);
  expect(title()).toBe("Last");
});

it("fetches data of unknown age once the subscription is confirmed", async () => {
  const { show, set, title, requests } = page();
  set("Old", "");
  await show();
  const socket = (await newest()).welcome();
  expect(socket.of("sub")[0]).not.toHaveProperty("since");
  set("New", "e:5");
  socket.emit(subok(1, 5));
  await after(20);
  expect(requests()).toBe(2);
  expect(title()).toBe("New");
});

it("continues after a lost connection, and fetches after a gap", async () => {
  const { live, set, title, requests } = page();
  (await live()).drop();
  await after(1_000);
  const second = (await newest()).welcome();
  expect(second.of("sub")[0]).toMatchObject({
    since: { epoch: "e", offset: 5 },
  });
  second.emit(subok(2, 5, { recovered: true }));
  await after(20);
  expect(requests()).toBe(1);
  second.drop();
  await after(2_000);
  const third = (await newest()).welcome();
  set("Missed", "f:1");
  const from = { epoch: "e", offset: 5 };
  third.emit(subok(3, 1, { epoch: "f" }), {
    t: "gap",
    sub: 3,
    reason: "epoch",
    from,
    epoch: "f",
    offset: 1,
  });
  await after(20);
  expect(requests()).toBe(2);
  expect(title()).toBe("Missed");
});

it("unsubscribes when no component shows the query", async () => {
  const { show, client, api } = page();
  const stop = await show();
  const socket = (await newest()).welcome();
  socket.emit(subok(1, 5, { recovered: true }));
  stop();
  await after(1_100);
  expect(socket.closedWith).toBeDefined();
  expect(
    client.getQueryState(api.post.queryKey({ id: "1" }))?.isInvalidated,
  ).toBe(false);
});

it("fetches after an optimistic change has settled", async () => {
  const shown = page();
  const socket = await shown.live();
  const { api, client } = shown;
  const options = {
    ...api.rename.mutationOptions(),
    ...optimistic(
      update(
        api.post,
        ({ id }: { id: string; title: string }) => ({ id }),
        (post, { title }) => ({ ...post, title: `${title}!` }),
      ),
    ),
  };
  const renamed = client
    .getMutationCache()
    .build(client, options)
    .execute({ id: "1", title: "New" });
  await after(0);
  shown.set("New", "e:6");
  socket.emit(changed(6, 5));
  await after(20);
  expect([shown.title(), shown.requests()]).toEqual(["New!", 1]);
  shown.replyToRename();
  await renamed;
  await after(20);
  expect([shown.title(), shown.requests()]).toEqual(["New", 2]);
});

it("shows the error when the permission is withdrawn", async () => {
  const { live, forbid, status } = page();
  const socket = await live();
  forbid();
  socket.emit({ t: "unsub", sub: 1, code: "forbidden", message: "no" });
  await after(20);
  expect(status()).toBe("error");
});

it("applies a result in the message without a request", async () => {
  const { live, title, requests } = page();
  const socket = await live();
  const value = { id: "1", title: "Sent" };
  socket.emit({ ...changed(9, 5), data: { etag: 'W/"2"', value } });
  await after(20);
  expect([title(), requests()]).toEqual(["Sent", 1]);
  // The result is the same, so that it is not sent.
  socket.emit({ ...changed(10, 9), data: { etag: 'W/"2"' } });
  await after(20);
  expect([title(), requests()]).toEqual(["Sent", 1]);
});

it("fetches a result that differs and is not in the message", async () => {
  const { live, tag, set, title, requests } = page();
  tag('W/"1"');
  const socket = await live();
  socket.emit({ ...changed(9, 5), data: { etag: 'W/"1"' } });
  await after(20);
  expect(requests()).toBe(1);
  set("Large", "e:10");
  socket.emit({ ...changed(10, 9), data: { etag: 'W/"2"' } });
  await after(20);
  expect([title(), requests()]).toEqual(["Large", 2]);
});

it("does not apply a result while a request is open", async () => {
  const { api, client, live, hold, set, title, requests } = page();
  const socket = await live();
  const reply = hold();
  void client.invalidateQueries({ queryKey: api.post.queryKey() });
  await after(0);
  const value = { id: "1", title: "Sent" };
  socket.emit({ ...changed(9, 5), data: { etag: 'W/"2"', value } });
  set("Sent", "e:9");
  await reply();
  await after(20);
  expect([title(), requests()]).toEqual(["Sent", 3]);
});
