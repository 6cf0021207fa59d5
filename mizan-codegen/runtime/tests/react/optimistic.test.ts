import {
  MutationObserver,
  QueryClient,
  QueryObserver,
  type InfiniteData,
} from "@tanstack/react-query";
import { describe, expect, expectTypeOf, it } from "vitest";
import { invalidateQueries } from "../../react/queryClient";
import { optimistic, update } from "../../react/optimistic";
import { transportOf } from "../../transport";
import {
  createApi,
  type Post,
  type RenameError,
  type RenameInput,
} from "../support/api";
import { fakeServer, json, problem, settled } from "../support/server";

/** A page with the post 1, whose requests the test answers. */
function page(options: { affects?: string; observed?: boolean } = {}): {
  readonly client: QueryClient;
  readonly title: () => string | undefined;
  readonly rename: (title: string) => Promise<string>;
  /** Replies to the oldest pending mutation. */
  readonly reply: (title?: string) => Promise<void>;
  /** Replies to all pending queries. */
  readonly replyToQueries: (title: string) => Promise<void>;
  readonly queries: () => number;
} {
  const pending: { resolve(reply: Response): void; title: string }[] = [];
  let reads: ((reply: Response) => void)[] = [];
  let queries = 0;
  const { fetch } = fakeServer(
    ({ url, body }) =>
      new Promise((resolve) => {
        if (url.includes("/call/post")) {
          queries += 1;
          reads.push(resolve);
        } else pending.push({ resolve, title: (body as Post).title });
      }),
  );
  const api = createApi({ fetch });
  const client = new QueryClient();
  api[transportOf].onAffects((all) => invalidateQueries(client, all));
  const query = api.post.queryOptions({ id: "1" });
  client.setQueryData(query.queryKey, { id: "1", title: "One" });
  if (options.observed ?? true)
    new QueryObserver(client, { ...query, staleTime: Infinity }).subscribe(
      () => undefined,
    );
  return {
    client,
    title: () => client.getQueryData<Post>(query.queryKey)?.title,
    async rename(title) {
      const observer = new MutationObserver<Post, RenameError, RenameInput>(
        client,
        {
          ...api.rename.mutationOptions(),
          ...optimistic(
            update(
              api.post,
              ({ id }: RenameInput) => ({ id }),
              (post, { title }) => ({ ...post, title: post.title + title }),
            ),
          ),
        },
      );
      const done = observer.mutate({ id: "1", title }).then(
        () => "renamed",
        (error: unknown) => (error as RenameError).code,
      );
      await settled();
      return done;
    },
    async reply(title) {
      const mutation = pending.shift();
      mutation?.resolve(
        title === undefined
          ? problem(409, "taken", { data: { by: "Ada" } })
          : json(
              { id: "1", title },
              options.affects === undefined
                ? {}
                : { headers: { "mizan-affects": options.affects } },
            ),
      );
      await settled();
    },
    async replyToQueries(title) {
      for (const resolve of reads) resolve(json({ id: "1", title }));
      reads = [];
      await settled();
    },
    queries: () => queries,
  };
}

const returned = "post?input=%7B%22id%22%3A%221%22%7D&returns";

describe("an optimistic mutation", () => {
  it("shows the change before the reply, and fetches afterwards", async () => {
    const { title, rename, reply, replyToQueries, queries } = page();
    const done = rename("+a");
    await settled();
    expect(title()).toBe("One+a");
    await reply("One+a");
    expect([await done, title(), queries()]).toEqual(["renamed", "One+a", 1]);
    await replyToQueries("Server");
    expect(title()).toBe("Server");
  });

  it("takes back the change after an error, and fetches again", async () => {
    const { title, rename, reply, queries } = page();
    const done = rename("+a");
    await settled();
    await reply();
    expect([await done, title(), queries()]).toEqual(["taken", "One", 1]);
  });

  it("fetches once if the server invalidates the query", async () => {
    const { rename, reply, queries } = page({ affects: "post" });
    void rename("+a");
    await settled();
    await reply("One+a");
    expect(queries()).toBe(1);
  });

  it("does not fetch if the mutation returned the data", async () => {
    const { title, rename, reply, queries } = page({ affects: returned });
    void rename("+a");
    await settled();
    await reply("Server");
    expect([title(), queries()]).toEqual(["Server", 0]);
  });

  it("is not replaced by the reply to an older request", async () => {
    const { client, title, rename, reply, replyToQueries, queries } = page();
    invalidateQueries(client, [{ name: "post" }]);
    await settled();
    void rename("+a");
    await settled();
    await replyToQueries("Old");
    expect(title()).toBe("One+a");
    await reply("One+a");
    expect([title(), queries()]).toEqual(["One+a", 2]);
  });

  it("keeps an inactive query invalidated", async () => {
    const { client, rename, reply, queries } = page({
      affects: "post",
      observed: false,
    });
    void rename("+a");
    await settled();
    await reply("One+a");
    expect(queries()).toBe(0);
    const [query] = client.getQueryCache().getAll();
    expect(query?.state.isInvalidated).toBe(true);
  });

  it("leaves a query without data alone", async () => {
    const { client, title, rename, reply } = page({ observed: false });
    client.clear();
    const done = rename("+a");
    await settled();
    await reply("One+a");
    expect([await done, title()]).toEqual(["renamed", undefined]);
  });
});

describe("concurrent optimistic mutations", () => {
  it("keep the second change if the first fails", async () => {
    const { title, rename, reply, queries } = page();
    const [first, second] = [rename("+a"), rename("+b")];
    await settled();
    expect(title()).toBe("One+a+b");
    await reply();
    expect([await first, title(), queries()]).toEqual(["taken", "One+b", 0]);
    await reply("One+b");
    expect([await second, title(), queries()]).toEqual(["renamed", "One+b", 1]);
  });

  it("keep the first change if the second fails", async () => {
    const { title, rename, reply } = page();
    void rename("+a");
    void rename("+b");
    await settled();
    await reply("One+a");
    expect(title()).toBe("One+a+b");
    await reply();
    expect(title()).toBe("One+a");
  });

  it("show data from the server with the changes that are pending", async () => {
    const { title, rename, reply, replyToQueries } = page({ affects: "post" });
    void rename("+a");
    void rename("+b");
    await settled();
    await reply("Server+a");
    await replyToQueries("Server+a");
    expect(title()).toBe("Server+a+b");
    await reply();
    expect(title()).toBe("Server+a");
  });

  it("show returned data with the changes that are pending", async () => {
    const { title, rename, reply, queries } = page({ affects: returned });
    void rename("+a");
    void rename("+b");
    await settled();
    await reply("Server+a");
    expect(title()).toBe("Server+a+b");
    await reply("Server+a+b");
    expect(title()).toBe("Server+a+b");
    expect(queries()).toBeLessThanOrEqual(1);
  });
});

it("changes the pages of an infinite query and all inputs", async () => {
  const { post, rename } = createApi({
    fetch: () => new Promise(() => undefined),
  });
  const client = new QueryClient();
  const key = post.queryKey({ id: "1" });
  client.setQueryData<InfiniteData<Post>>([...key, "pages"], {
    pages: [{ id: "1", title: "One" }],
    pageParams: [undefined],
  });
  client.setQueryData<Post>(post.queryKey({ id: "2" }), {
    id: "2",
    title: "Two",
  });
  const options = {
    ...rename.mutationOptions(),
    ...optimistic(
      update(
        post,
        () => undefined,
        (post, { title }: RenameInput) => ({ ...post, title }),
      ),
    ),
  };
  void new MutationObserver(client, options).mutate({ id: "1", title: "New" });
  await settled();
  expect(client.getQueryData([...key, "pages"])).toEqual({
    pages: [{ id: "1", title: "New" }],
    pageParams: [undefined],
  });
  expect(client.getQueryData(post.queryKey({ id: "2" }))).toMatchObject({
    title: "New",
  });
});

it("has the types of the query and of the mutation", () => {
  const { post } = createApi();
  const change = update(
    post,
    ({ id }: RenameInput) => ({ id }),
    (data, input) => {
      expectTypeOf(data).toEqualTypeOf<Post>();
      expectTypeOf(input).toEqualTypeOf<RenameInput>();
      return data;
    },
  );
  expectTypeOf(optimistic(change).onMutate)
    .parameter(0)
    .toEqualTypeOf<RenameInput>();
  const input = ({ id }: RenameInput): { id: string } => ({ id });
  // @ts-expect-error The data of a post has no `body`.
  update(post, input, () => ({ body: "" }));
  const title = ({ title }: RenameInput): { title: string } => ({ title });
  // @ts-expect-error The input of `post` has no `title`.
  update(post, title, (data) => data);
});
