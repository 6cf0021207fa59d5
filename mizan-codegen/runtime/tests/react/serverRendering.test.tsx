import {
  QueryClient,
  useInfiniteQuery,
  usePrefetchQuery,
  useQueries,
  useQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { Suspense, type ReactNode } from "react";
import { renderToReadableStream } from "react-dom/server.edge";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallError } from "../../transport";
import { createApi } from "../support/api";
import {
  GreetProvider,
  MizanProvider,
  useApi,
  useCurrentUser,
  useGreet,
  usePost,
} from "../support/bindings";

/** Functions that mizan-ssr adds to its realm, and a log of their calls. */
let calls: string[];
let answers: Record<string, unknown>;
let embedded: string[];
const functions = Symbol.for("mizan.functions");

beforeEach(() => {
  calls = [];
  embedded = [];
  answers = {
    "current_user ": { name: "Ada" },
    "settings ": { theme: "dark" },
    'greet {"name":"Bo"}': { greeting: "Hello, Bo!" },
    'post {"id":"1"}': { id: "1", title: "One" },
  };
  Object.defineProperty(globalThis, functions, {
    configurable: true,
    value: {
      call: async (name: string, input: string) => {
        calls.push(`${name} ${input}`);
        const answer = answers[`${name} ${input}`];
        const problem = { code: "forbidden", status: 403, detail: "no" };
        return {
          answered: answer !== undefined,
          json: JSON.stringify(answer ?? problem),
        };
      },
      embed: (json: string) => embedded.push(json),
    },
  });
});
afterEach(() => Reflect.deleteProperty(globalThis, functions));

async function html(page: ReactNode): Promise<string> {
  const stream = await renderToReadableStream(page, {
    onError: () => undefined,
  });
  await stream.allReady;
  return (await new Response(stream).text()).replaceAll("<!-- -->", "");
}

function User(): ReactNode {
  return <p>user {useCurrentUser()?.name ?? "guest"}</p>;
}

function Post(): ReactNode {
  const { data, error, isFetching } = usePost({ id: "1" });
  return (
    <p>
      {error ? `${error.code} ${error.status}` : `title ${data?.title}`}
      {isFetching && " fetching"}
    </p>
  );
}

function Greeting(): ReactNode {
  return <p>{useGreet().greeting}</p>;
}

describe("rendering on the server", () => {
  it("calls contexts and queries in the process, each once", async () => {
    const page = (
      <MizanProvider>
        <User />
        <User />
        <Post />
        <GreetProvider name="Bo">
          <Greeting />
        </GreetProvider>
      </MizanProvider>
    );
    expect(await html(page)).toBe(
      "<!--$--><p>user Ada</p><p>user Ada</p><p>title One</p><p>Hello, Bo!</p><!--/$-->",
    );
    expect([...calls].sort()).toEqual(Object.keys(answers).sort());
  });

  it("renders the error of a query after one call", async () => {
    delete answers['post {"id":"1"}'];
    expect(
      await html(
        <MizanProvider>
          <Post />
        </MizanProvider>,
      ),
    ).toContain("<p>forbidden 403</p>");
    expect(calls.filter((name) => name.startsWith("post"))).toHaveLength(1);
  });

  it("does not call disabled queries", async () => {
    function Later(): ReactNode {
      return <p>{usePost({ id: "1" }, { enabled: false }).status}</p>;
    }
    expect(
      await html(
        <MizanProvider>
          <Later />
        </MizanProvider>,
      ),
    ).toContain("<p>pending</p>");
    expect(calls).not.toContain('post {"id":"1"}');
  });

  it("keeps no data for the next page that uses the same cache", async () => {
    const queryClient = new QueryClient();
    const page = (
      <MizanProvider queryClient={queryClient}>
        <User />
      </MizanProvider>
    );
    expect(await html(page)).toContain("user Ada");
    answers["current_user "] = { name: "Bo" };
    expect(await html(page)).toContain("user Bo");
    expect(queryClient.getQueryCache().getAll()).toEqual([]);
  });

  it("rejects mutations", async () => {
    const call = createApi().rename({ id: "1", title: "Two" });
    await expect(call).rejects.toThrow(/rename is a mutation.*event handler/);
    await expect(createApi().signOut.safe()).rejects.not.toBeInstanceOf(
      CallError,
    );
  });

  it("does not call functions of another server in the process", async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(Response.json({ id: "1", title: "Elsewhere" }));
    const api = createApi({ baseUrl: "https://other.example/api", fetch });
    await expect(api.post({ id: "1" })).resolves.toEqual({
      id: "1",
      title: "Elsewhere",
    });
    expect(calls).toEqual([]);
  });
});

describe("hooks of TanStack Query on the server", () => {
  const page = (content: ReactNode): Promise<string> =>
    html(
      <MizanProvider>
        <Suspense fallback="waiting">{content}</Suspense>
      </MizanProvider>,
    );

  it.each([
    ["useQuery", useQuery],
    ["useSuspenseQuery", useSuspenseQuery],
  ])("render the data of %s", async (_, read) => {
    function Read(): ReactNode {
      const { data } = read(useApi().post.queryOptions({ id: "1" }));
      return <p>title {data?.title}</p>;
    }
    expect(await page(<Read />)).toContain("<p>title One</p>");
    expect(calls.filter((call) => call.startsWith("post"))).toHaveLength(1);
  });

  it("render the data of a query that was prefetched", async () => {
    function Read(): ReactNode {
      const options = useApi().post.queryOptions({ id: "1" });
      usePrefetchQuery(options);
      return <p>title {useQuery(options).data?.title}</p>;
    }
    expect(await page(<Read />)).toContain("<p>title One</p>");
    expect(calls.filter((call) => call.startsWith("post"))).toHaveLength(1);
  });

  it("render all of several queries, which start together", async () => {
    const order: string[] = [];
    answers['post {"id":"2"}'] = { id: "2", title: "Two" };
    function Titles(): ReactNode {
      const { post } = useApi();
      const results = useQueries({
        queries: ["1", "2"].map((id) => post.queryOptions({ id })),
      });
      order.push(calls.filter((call) => call.startsWith("post")).join());
      return <p>{results.map(({ data }) => data?.title).join(" ")}</p>;
    }
    expect(await page(<Titles />)).toContain("<p>One Two</p>");
    expect(order).toEqual(['post {"id":"1"},post {"id":"2"}']);
  });

  it("render the first page of an infinite query", async () => {
    answers['posts {"tag":"a"}'] = { titles: ["first"], next: 1 };
    function Titles(): ReactNode {
      const { posts } = useApi();
      const { data } = useInfiniteQuery(
        posts.infiniteQueryOptions({ tag: "a" }),
      );
      return <p>{data?.pages.flatMap((page) => page.titles)}</p>;
    }
    expect(await page(<Titles />)).toContain("<p>first</p>");
  });

  it("render an error as `useQuery` returns it", async () => {
    delete answers['post {"id":"1"}'];
    function Read(): ReactNode {
      const { error } = useQuery(useApi().post.queryOptions({ id: "1" }));
      return <p>{error?.code}</p>;
    }
    expect(await page(<Read />)).toContain("<p>forbidden</p>");
  });

  it("do not call a query that is disabled by a function", async () => {
    function Read(): ReactNode {
      const { status } = useQuery({
        ...useApi().post.queryOptions({ id: "1" }),
        enabled: () => false,
      });
      return <p>{status}</p>;
    }
    expect(await page(<Read />)).toContain("<p>pending</p>");
    expect(calls.some((call) => call.startsWith("post"))).toBe(false);
  });

  it("prefer data to a placeholder", async () => {
    function Read(): ReactNode {
      const { data } = useQuery({
        ...useApi().post.queryOptions({ id: "1" }),
        placeholderData: { id: "1", title: "Placeholder" },
      });
      return <p>{data?.title}</p>;
    }
    expect(await page(<Read />)).toContain("<p>One</p>");
  });

  it("embed data of the application's own queries if JSON expresses it", async () => {
    function Read({ value }: { readonly value: unknown }): ReactNode {
      const { post } = useApi();
      const { data } = useSuspenseQuery({
        queryKey: ["title", typeof value],
        queryFn: async () => [(await post({ id: "1" })).title, value],
      });
      return <p>{String(data[0])}</p>;
    }
    expect(await page(<Read value={{ n: 1, absent: undefined }} />)).toContain(
      "<p>One</p>",
    );
    expect(embedded).toEqual([
      '{"key":["title","object"],"data":["One",{"n":1}]}',
    ]);
    for (const value of [1n, NaN, new Date(0), new Map(), undefined])
      await page(<Read value={value} />);
    expect(embedded).toHaveLength(1);
  });
});
