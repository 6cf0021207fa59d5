import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { invalidateQueries } from "../../react/queryClient";
import { createApi, type Post } from "../support/api";
import { fakeServer, json, settled } from "../support/server";

const one = { id: "1", title: "One" };
const two = { id: "2", title: "Two" };

/** Returns a cache with the posts 1 and 2, both observed, and the inputs of further requests. */
async function observedPosts(): Promise<{
  readonly client: QueryClient;
  readonly fetched: string[];
  readonly data: () => (Post | undefined)[];
  /** Replies to the requests that wait. */
  readonly answer: (title: string) => Promise<void>;
}> {
  let waiting: ((title: string) => void)[] = [];
  const fetched: string[] = [];
  const { fetch } = fakeServer(({ url }) => {
    const input = new URL(url, "http://localhost").searchParams.get("input");
    const { id } = JSON.parse(input ?? "") as { id: string };
    fetched.push(id);
    return new Promise((resolve) =>
      waiting.push((title) => resolve(json({ id, title }))),
    );
  });
  const { post } = createApi({ fetch });
  const client = new QueryClient();
  for (const data of [one, two]) {
    const options = post.queryOptions({ id: data.id });
    client.setQueryData(options.queryKey, data);
    new QueryObserver(client, {
      ...options,
      staleTime: Infinity,
    }).subscribe(() => undefined);
  }
  return {
    client,
    fetched,
    data: () =>
      ["1", "2"].map((id) => client.getQueryData(post.queryKey({ id }))),
    answer: async (title) => {
      for (const reply of waiting.splice(0)) reply(title);
      waiting = [];
      await settled();
    },
  };
}

it("refetches only the query with the given input", async () => {
  const { client, fetched } = await observedPosts();
  invalidateQueries(client, [{ name: "post", input: { id: "2" } }]);
  await settled();
  expect(fetched).toEqual(["2"]);
});

it("matches queries with further arguments", async () => {
  const client = new QueryClient();
  const keys = [
    ["mizan", "page", { tag: "a", start: 0 }],
    ["mizan", "page", { tag: "b", start: 0 }],
    ["other", "page", { tag: "a" }],
  ];
  for (const key of keys) client.setQueryData(key, 1);
  invalidateQueries(client, [{ name: "page", input: { tag: "a" } }]);
  expect(keys.map((key) => client.getQueryState(key)?.isInvalidated)).toEqual([
    true,
    false,
    false,
  ]);
});

it("stores returned data without a request", async () => {
  const { client, fetched, data } = await observedPosts();
  const fresh = { data: { id: "2", title: "New" } };
  invalidateQueries(client, [
    { name: "post", input: { id: "2" }, fresh },
    { name: "posts" },
  ]);
  await settled();
  expect(fetched).toEqual([]);
  expect(data()).toEqual([one, fresh.data]);
});

it("refetches the other inputs of a query whose data was returned", async () => {
  const { client, fetched } = await observedPosts();
  invalidateQueries(client, [
    { name: "post", input: { id: "2" }, fresh: { data: two } },
    { name: "post" },
  ]);
  await settled();
  expect(fetched).toEqual(["1"]);
});

it("does not replace returned data with the reply to an older request", async () => {
  const { client, fetched, data, answer } = await observedPosts();
  invalidateQueries(client, [{ name: "post", input: { id: "2" } }]);
  await settled();
  const fresh = { data: { id: "2", title: "New" } };
  invalidateQueries(client, [{ name: "post", input: { id: "2" }, fresh }]);
  await answer("Old");
  expect(fetched).toEqual(["2"]);
  expect(data()).toEqual([one, fresh.data]);
});

it("stores the first data of a pending query", async () => {
  const { client, answer } = await observedPosts();
  const { post } = createApi({ fetch: () => new Promise(() => undefined) });
  const observer = new QueryObserver(client, post.queryOptions({ id: "3" }));
  observer.subscribe(() => undefined);
  const data = { id: "3", title: "Three" };
  invalidateQueries(client, [
    { name: "post", input: { id: "3" }, fresh: { data } },
  ]);
  await answer("Old");
  expect(observer.getCurrentResult()).toMatchObject({
    status: "success",
    fetchStatus: "idle",
    data,
  });
});

it("refetches everything, including returned data, if another user may have signed in", async () => {
  const { client, fetched } = await observedPosts();
  invalidateQueries(client, [
    { name: "post", input: { id: "2" }, fresh: { data: two } },
    { name: "*" },
  ]);
  await settled();
  expect(fetched).toEqual(["1", "2"]);
});
