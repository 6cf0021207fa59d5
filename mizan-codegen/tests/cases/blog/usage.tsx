import {
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
  type InfiniteData,
} from "@tanstack/react-query";
import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";
import {
  CallError,
  GreetProvider,
  MizanProvider,
  api,
  createApi,
  optimistic,
  retry,
  update,
  useCurrentUser,
  useGreet,
  useInfinitePosts,
  usePost,
  useRename,
  type CommonError,
  type Page,
  type Post,
  type PostError,
  type PostId,
  type RenameError,
  type RenameInput,
  type User,
} from "./expected";
import { createMockApi, mockError, mockResolver } from "./expected/mock";

/** Every failure is there, and nothing but these. */
export function explain(error: RenameError): string {
  switch (error.code) {
    case "taken":
      expectTypeOf(error.by).toEqualTypeOf<string>();
      return `${error.by} has it already`;
    case "locked":
      expectTypeOf(error.holder).toEqualTypeOf<User>();
      return `locked for ${error.minutes} minutes by ${error.holder.name}`;
    case "archived":
      // @ts-expect-error Only `taken` has this property.
      return String(error.by);
    case "malformed":
    case "unauthenticated":
    case "forbidden":
    case "cross_site":
    case "unknown_function":
    case "not_found":
    case "method_not_allowed":
    case "request_timeout":
    case "conflict":
    case "too_large":
    case "unsupported_media_type":
    case "invalid":
    case "rate_limited":
    case "internal":
    case "unavailable":
    case "deadline_exceeded":
      return error.errorId ?? error.message;
    case "network":
    case "aborted":
    case "timeout":
    case "unreadable_reply":
      return "try again";
  }
}

export async function functions(): Promise<void> {
  expectTypeOf(await api.post({ id: 1 })).toEqualTypeOf<Post>();
  expectTypeOf(await api.signOut()).toEqualTypeOf<null>();
  expectTypeOf(await api.currentUser()).toEqualTypeOf<User | null>();
  expectTypeOf(await api.posts({})).toEqualTypeOf<Page>();
  expectTypeOf(
    await api.posts({ state: "draft", tags: ["a"] }),
  ).toEqualTypeOf<Page>();

  const renamed = await api.rename.safe({ id: 1, title: "New" });
  if (renamed.ok) {
    expectTypeOf(renamed.value).toEqualTypeOf<Post>();
  } else if (renamed.error.code === "taken") {
    expectTypeOf(renamed.error.by).toEqualTypeOf<string>();
  } else {
    // @ts-expect-error Another failure carries nothing of the kind.
    renamed.error.by;
  }

  // @ts-expect-error The title is missing.
  await api.rename({ id: 1 });
  // @ts-expect-error There is no such state.
  await api.posts({ state: "gone" });
  // @ts-expect-error There is no such argument.
  await api.post({ id: 1, draft: true });
  // @ts-expect-error It takes nothing.
  await api.signOut({ everywhere: true });

  try {
    await createApi({ baseUrl: "/elsewhere" }).post({ id: 1 });
  } catch (error) {
    if (error instanceof CallError)
      expectTypeOf(error.status).toEqualTypeOf<number>();
  }
}

export async function callOptions(): Promise<void> {
  const limited = createApi({ timeout: 10_000, retry: retry({ retries: 5 }) });
  await limited.post(
    { id: 1 },
    { timeout: Infinity, retry: false, headers: { "x-tenant": "a" } },
  );
  await limited.rename(
    { id: 1, title: "New" },
    { idempotencyKey: crypto.randomUUID() },
  );
  await limited.rename.safe({ id: 1, title: "New" }, { timeout: 1_000 });
  // @ts-expect-error A query has no idempotency key.
  await limited.post({ id: 1 }, { idempotencyKey: "k" });
}

export function mocks(): void {
  createMockApi({
    currentUser: null,
    posts: { items: [], next: null },
    rename: mockError("taken", { by: "Ada" }),
    post: ({ id }) => {
      expectTypeOf(id).toEqualTypeOf<PostId>();
      return mockError("no_such_post");
    },
  });
  // @ts-expect-error `post` has no such error.
  createMockApi({ post: mockError("taken", { by: "Ada" }) });
  expectTypeOf(mockResolver({}))
    .parameter(0)
    .toEqualTypeOf<{ readonly request: Request }>();
}

export function Pages(): ReactNode {
  const { data, fetchNextPage, hasNextPage } = useInfinitePosts({
    tags: ["a"],
  });
  expectTypeOf(data).toEqualTypeOf<
    InfiniteData<Page, number | undefined> | undefined
  >();
  const options = api.posts.infiniteQueryOptions({ state: "draft" });
  expectTypeOf(useInfiniteQuery(options).data).toEqualTypeOf<
    InfiniteData<Page> | undefined
  >();
  expectTypeOf(useSuspenseInfiniteQuery(options).data).toEqualTypeOf<
    InfiniteData<Page>
  >();
  void new QueryClient().infiniteQuery({ ...options, pages: 2 });
  // @ts-expect-error The cursor is not part of the input.
  api.posts.infiniteQueryOptions({ start: 5 });
  // @ts-expect-error `post` has no pages.
  api.post.infiniteQueryOptions({ id: 1 });
  return (
    <button disabled={!hasNextPage} onClick={() => void fetchNextPage()}>
      {data?.pages.flatMap((page) => page.items.map(({ title }) => title))}
    </button>
  );
}

export function Optimistic(): ReactNode {
  const rename = useRename({
    ...optimistic(
      update(
        api.post,
        ({ id }: RenameInput) => ({ id }),
        (post, { title }) => ({ ...post, title }),
      ),
      update(
        api.posts,
        () => undefined,
        (page, { id, title }: RenameInput) => ({
          ...page,
          items: page.items.map((post) =>
            post.id === id ? { ...post, title } : post,
          ),
        }),
      ),
    ),
    onSettled: () => undefined,
  });
  return <button onClick={() => rename.mutate({ id: 1, title: "New" })} />;
}

export function Queries(): ReactNode {
  const plain = useQuery(api.post.queryOptions({ id: 1 }));
  expectTypeOf(plain.data).toEqualTypeOf<Post | undefined>();
  expectTypeOf(plain.error).toEqualTypeOf<PostError | null>();

  const suspended = useSuspenseQuery(api.posts.queryOptions({}));
  expectTypeOf(suspended.data).toEqualTypeOf<Page>();

  const named = usePost({ id: 1 }, { enabled: false });
  expectTypeOf(named.data).toEqualTypeOf<Post | undefined>();
  if (named.error?.code === "no_such_post") return "nothing here";

  expectTypeOf(useCurrentUser()).toEqualTypeOf<User | null>();
  return useGreet().greeting;
}

export function Mutations(): ReactNode {
  const plain = useMutation(api.rename.mutationOptions());
  expectTypeOf(plain.error).toEqualTypeOf<RenameError | null>();
  plain.mutate({ id: 1, title: "New" });

  const rename = useRename({
    onSuccess: (post) => expectTypeOf(post).toEqualTypeOf<Post>(),
    onError: (error) => expectTypeOf(error).toEqualTypeOf<RenameError>(),
  });
  expectTypeOf(rename.error).toEqualTypeOf<RenameError | null>();
  // @ts-expect-error The title is missing.
  rename.mutate({ id: 1 });

  const signOut = useMutation(api.signOut.mutationOptions());
  expectTypeOf(signOut.error).toEqualTypeOf<CommonError | null>();
  return <button onClick={() => signOut.mutate()}>Sign out</button>;
}

export function App(): ReactNode {
  return (
    <MizanProvider fallback="Loading">
      <GreetProvider name="World" fallback="Loading">
        <Queries />
      </GreetProvider>
      {/* @ts-expect-error The name is missing. */}
      <GreetProvider>
        <Mutations />
      </GreetProvider>
    </MizanProvider>
  );
}
