import { QueryClient } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createResolver,
  mockError,
  mockOptions,
  type Mock,
  type MockedFunctions,
} from "../../mock/mock";
import { invalidateQueries } from "../../react/queryClient";
import { decodeBytes } from "../../codecs/bytes";
import { decodeDate } from "../../codecs/dates";
import { decodeBigInt, encodeInt64 } from "../../codecs/integers";
import {
  CallError,
  createTransport,
  mutation,
  query,
  transportOf,
} from "../../transport";
import {
  createApi,
  type Api,
  type CommonError,
  type Post,
  type PostError,
  type PostInput,
  type RenameError,
  type RenameInput,
  type User,
} from "../support/api";
import { settled } from "../support/server";

/** Hand-written counterpart of a generated `mock.ts`. */
interface MockFunctions {
  readonly currentUser?: Mock<void, User | null, CommonError>;
  readonly post?: Mock<PostInput, Post, PostError>;
  readonly rename?: Mock<RenameInput, Post, RenameError>;
  readonly forms?: {
    readonly contact?: { readonly submit?: Mock<object, null, CommonError> };
  };
}
const functions: MockedFunctions = {
  current_user: { path: "currentUser" },
  settings: { path: "settings" },
  post: { path: "post" },
  rename: {
    path: "rename",
    affects: [
      { query: "post", input: { id: "id" }, returns: true },
      { query: "posts" },
    ],
  },
  "contact.submit": { path: "forms.contact.submit" },
};
const createMockApi = (mocks: MockFunctions): Api =>
  createApi(mockOptions(functions, mocks));

const post = { id: "1", title: "One" };

async function failure(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof CallError) return error as CallError;
  throw new Error("not a CallError", { cause: error });
}

describe("createMockApi", () => {
  it("replies with values and with functions of the input", async () => {
    const api = createMockApi({
      currentUser: { name: "Ada" },
      post: ({ id }) => ({ id, title: `Post ${id}` }),
      rename: async (input) => Promise.resolve(input),
    });
    await expect(api.currentUser()).resolves.toEqual({ name: "Ada" });
    await expect(api.post({ id: "7" })).resolves.toEqual({
      id: "7",
      title: "Post 7",
    });
    await expect(api.rename(post)).resolves.toEqual(post);
  });

  it("fails with typed errors, returned or thrown", async () => {
    const fields = { title: ["Already taken."] };
    const api = createMockApi({
      rename: mockError("taken", { by: "Ada" }, { status: 409, fields }),
      post: () => {
        throw mockError("no_such_post", {}, { message: "there is none" });
      },
      currentUser: mockError("unauthenticated"),
    });
    expect(await failure(api.rename(post))).toMatchObject({
      code: "taken",
      by: "Ada",
      status: 409,
      fields,
    });
    expect(await failure(api.post({ id: "1" }))).toMatchObject({
      code: "no_such_post",
      status: 400,
      message: "there is none",
    });
    expect(await failure(api.currentUser())).toMatchObject({ status: 401 });
  });

  it("names a function without a mock", async () => {
    const error = await failure(createMockApi({}).post({ id: "1" }));
    expect(error).toMatchObject({
      code: "unknown_function",
      message: "there is no mock of `post`",
    });
  });

  it("invalidates the queries that a mutation affects, and returns data", async () => {
    const api = createMockApi({ rename: (input) => input });
    const client = new QueryClient();
    api[transportOf].onAffects((all) => invalidateQueries(client, all));
    const key = api.post.queryKey({ id: "1" });
    client.setQueryData(key, post);
    await api.rename({ id: "1", title: "Two" });
    expect(client.getQueryData(key)).toEqual({ id: "1", title: "Two" });
  });

  it("batches, aborts and reads files", async () => {
    const file = new File(["data"], "a.txt");
    let received: unknown;
    const api = createMockApi({
      currentUser: null,
      post: () => new Promise<Post>(() => undefined),
      forms: { contact: { submit: (input) => ((received = input), null) } },
    });
    const [user, settings] = await Promise.allSettled([
      api.currentUser(),
      api.settings(),
    ]);
    expect(user).toEqual({ status: "fulfilled", value: null });
    expect(settings).toMatchObject({ reason: { code: "unknown_function" } });
    const controller = new AbortController();
    const aborted = failure(
      api.post({ id: "1" }, { signal: controller.signal }),
    );
    await settled();
    controller.abort();
    expect((await aborted).code).toBe("aborted");
    const files = [{ file }];
    await api[transportOf].mutate("contact.submit", { name: "Ada", files });
    expect(received).toMatchObject({
      name: "Ada",
      files: [{ file: { name: "a.txt" } }],
    });
  });

  it("converts values that are not JSON", async () => {
    interface Row {
      readonly id: bigint;
      readonly at: Date;
      readonly bytes: Uint8Array;
    }
    const input = { id: 9_223_372_036_854_775_807n };
    const decodeInput = (json: unknown): { id: bigint } => ({
      id: decodeBigInt((json as { id: unknown }).id),
    });
    let given: unknown;
    const mocked = { path: "row", decode: decodeInput };
    const options = mockOptions(
      { row: { ...mocked, affects: [{ query: "row", input: { id: "id" } }] } },
      {
        row: ({ id }: { id: bigint }): Row => {
          given = id;
          return { id, at: new Date(0), bytes: Uint8Array.of(1, 2) };
        },
      },
    );
    const transport = createTransport({}, options);
    const codec = {
      encode: ({ id }: { id: bigint }) => ({ id: encodeInt64(id) }),
      decode: (json: unknown): Row => {
        const { id, at, bytes } = json as Record<string, unknown>;
        return {
          id: decodeBigInt(id),
          at: decodeDate(at),
          bytes: decodeBytes(bytes),
        };
      },
      exact: true,
    };
    const row = { id: input.id, at: new Date(0), bytes: Uint8Array.of(1, 2) };
    const read = query<{ id: bigint }, Row, CommonError>(
      transport,
      "row",
      codec,
    );
    await expect(read(input)).resolves.toEqual(row);
    expect(given).toBe(input.id);

    // The invalidation matches the key of the query.
    const client = new QueryClient();
    transport.onAffects((all) => invalidateQueries(client, all));
    client.setQueryData(read.queryKey(input), row);
    client.setQueryData(read.queryKey({ id: input.id - 1n }), row);
    const write = mutation<{ id: bigint }, Row, CommonError>(
      transport,
      "row",
      codec,
    );
    await expect(write(input)).resolves.toEqual(row);
    const isStale = (id: bigint): boolean | undefined =>
      client.getQueryState(read.queryKey({ id }))?.isInvalidated;
    expect([isStale(input.id), isStale(input.id - 1n)]).toEqual([true, false]);
  });

  it("rejects mocks of other types", () => {
    // @ts-expect-error The title is missing.
    createMockApi({ post: { id: "1" } });
    // @ts-expect-error `rename` has no such error.
    createMockApi({ rename: mockError("no_such_post") });
    // @ts-expect-error `taken` has data.
    createMockApi({ rename: mockError("taken") });
    // @ts-expect-error There is no such function.
    createMockApi({ delete: null });
  });
});

describe("a resolver of MSW", () => {
  const server = setupServer(
    http.all(
      "http://localhost/api/mizan/*",
      createResolver(functions, {
        currentUser: { name: "Ada" },
        settings: { theme: "dark" },
        post: ({ id }: PostInput) => ({ id, title: "Mocked" }),
        rename: mockError("taken", { by: "Ada" }),
      }),
    ),
    http.get("http://localhost/other", () => HttpResponse.json("other")),
  );
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());

  const api = createApi({ baseUrl: "http://localhost/api/mizan" });

  it("replies to calls, batches and other requests", async () => {
    await expect(api.post({ id: "1" })).resolves.toEqual({
      id: "1",
      title: "Mocked",
    });
    await expect(
      Promise.all([api.currentUser(), api.settings()]),
    ).resolves.toEqual([{ name: "Ada" }, { theme: "dark" }]);
    expect(await failure(api.rename(post))).toMatchObject({
      code: "taken",
      by: "Ada",
    });
    const other = await fetch("http://localhost/other");
    expect(await other.json()).toBe("other");
  });

  it("can be replaced for one test", async () => {
    server.use(
      http.all(
        "http://localhost/api/mizan/*",
        createResolver(functions, { post: mockError("no_such_post") }),
      ),
    );
    expect(await failure(api.post({ id: "1" }))).toMatchObject({
      code: "no_such_post",
    });
  });
});
