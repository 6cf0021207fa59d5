import {
  QueryClient,
  useMutation,
  useQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Result } from "../../transport";
import {
  createApi,
  type CommonError,
  type Post,
  type PostError,
  type RenameError,
  type RenameInput,
  type User,
} from "../support/api";
import { fakeServer, json, problem } from "../support/server";

const post: Post = { id: "1", title: "One" };

describe("keys", () => {
  it("start with mizan and the name, so that a prefix matches all inputs", () => {
    const api = createApi();
    expect(api.post.queryKey()).toEqual(["mizan", "post"]);
    expect(api.post.queryKey({ id: "1" })).toEqual([
      "mizan",
      "post",
      { id: "1" },
    ]);
    expect(api.post.queryOptions({ id: "1" }).queryKey).toEqual(
      api.post.queryKey({ id: "1" }),
    );
    expect(api.currentUser.queryOptions().queryKey).toEqual([
      "mizan",
      "current_user",
    ]);
    expect(api.rename.mutationKey).toEqual(["mizan", "rename"]);
    expect(api.rename.mutationOptions().mutationKey).toBe(
      api.rename.mutationKey,
    );
  });
});

describe("options for TanStack Query", () => {
  it("fetch, and are aborted by the signal", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    const client = new QueryClient();
    await expect(
      client.fetchQuery(createApi({ fetch }).post.queryOptions({ id: "1" })),
    ).resolves.toEqual(post);
    expect(sent[0]?.signal).toBeInstanceOf(AbortSignal);
  });

  it("reject with the failure", async () => {
    const { fetch } = fakeServer(() => problem(404, "no_such_post"));
    const options = createApi({ fetch }).post.queryOptions({ id: "1" });
    await expect(new QueryClient().fetchQuery(options)).rejects.toMatchObject({
      code: "no_such_post",
    });
  });

  it("call a mutation with its variables", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    const { mutationFn } = createApi({ fetch }).rename.mutationOptions();
    await expect(mutationFn(post)).resolves.toEqual(post);
    expect(sent[0]?.body).toEqual(post);
  });
});

describe("types", () => {
  const api = createApi();

  it("of a call", () => {
    expectTypeOf(api.post).parameter(0).toEqualTypeOf<{ id: string }>();
    expectTypeOf(api.post).returns.resolves.toEqualTypeOf<Post>();
    expectTypeOf<typeof api.rename.safe>().returns.resolves.toEqualTypeOf<
      Result<Post, RenameError>
    >();
    expectTypeOf(api.currentUser).toBeCallableWith();
    const wrong = (): void => {
      // @ts-expect-error: the input is missing
      void api.post();
      // @ts-expect-error: `slug` is not a member of the input
      void api.post({ id: "1", slug: "one" });
      // @ts-expect-error: the options need the input too
      api.post.queryOptions();
    };
    expectTypeOf(wrong).returns.toBeVoid();
  });

  it("of the data and the error are inferred by TanStack Query", () => {
    const useTypes = (): void => {
      const query = useQuery(api.post.queryOptions({ id: "1" }));
      expectTypeOf(query.data).toEqualTypeOf<Post | undefined>();
      expectTypeOf(query.error).toEqualTypeOf<PostError | null>();

      const more = useQuery({
        ...api.post.queryOptions({ id: "1" }),
        retry: 3,
        select: (p) => p.title,
      });
      expectTypeOf(more.data).toEqualTypeOf<string | undefined>();
      expectTypeOf(more.error).toEqualTypeOf<PostError | null>();

      const suspense = useSuspenseQuery(api.currentUser.queryOptions());
      expectTypeOf(suspense.data).toEqualTypeOf<User | null>();
      expectTypeOf(suspense.error).toEqualTypeOf<CommonError | null>();

      const mutation = useMutation(api.rename.mutationOptions());
      expectTypeOf(mutation.data).toEqualTypeOf<Post | undefined>();
      expectTypeOf(mutation.error).toEqualTypeOf<RenameError | null>();
      expectTypeOf(mutation.variables).toEqualTypeOf<RenameInput | undefined>();

      const signOut = useMutation(api.signOut.mutationOptions());
      expectTypeOf(signOut.mutate).toBeCallableWith();
      expectTypeOf(signOut.error).toEqualTypeOf<CommonError | null>();
    };
    expectTypeOf(useTypes).returns.toBeVoid();
  });
});
