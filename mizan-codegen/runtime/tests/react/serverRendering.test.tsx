import { QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { renderToReadableStream } from "react-dom/server.edge";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallError } from "../../transport";
import { createApi } from "../support/api";
import {
  GreetProvider,
  MizanProvider,
  useCurrentUser,
  useGreet,
  usePost,
} from "../support/bindings";

/** Functions that mizan-ssr adds to its realm, and a log of their calls. */
let calls: string[];
let answers: Record<string, unknown>;
const functions = Symbol.for("mizan.functions");

beforeEach(() => {
  calls = [];
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
