import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";
import {
  api,
  createApi,
  useArchive,
  useLogo,
  useStatement,
  type Api,
  type CommonError,
  type Download,
  type DownloadMutation,
  type DownloadOptions,
  type DownloadQuery,
  type StatementError,
  type StatementInput,
} from "./expected";
import { createMockApi, mockError, mockResolver } from "./expected/mock";

export async function read(account: bigint): Promise<Blob> {
  const options: DownloadOptions = {
    timeout: 1_000,
    onProgress: (loaded, size) => {
      expectTypeOf(loaded).toEqualTypeOf<number>();
      expectTypeOf(size).toEqualTypeOf<number | undefined>();
    },
  };
  const statement = await api.statement(
    { account, month: "2026-01-01" },
    options,
  );
  expectTypeOf(statement).toEqualTypeOf<Download>();
  expectTypeOf(statement.stream).toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf(statement.size).toEqualTypeOf<number | undefined>();
  expectTypeOf(statement.save).returns.resolves.toEqualTypeOf<void>();
  const result = await api.statement.safe({ account, month: "2026-01-01" });
  if (!result.ok && result.error.code === "not_ready")
    expectTypeOf(result.error.days).toEqualTypeOf<number>();
  // @ts-expect-error The server stores no file for a repeated call.
  await api.archive(undefined, { idempotencyKey: "a" });
  return statement.blob();
}

export function Links({ account }: { readonly account: bigint }): ReactNode {
  const archive = useArchive();
  const statement = useStatement({
    onSuccess: (file) => {
      expectTypeOf(file).toEqualTypeOf<Download>();
      void file.save();
    },
    onError: (error) => expectTypeOf(error).toEqualTypeOf<StatementError>(),
  });
  const logo = useLogo();
  expectTypeOf(statement.mutate).parameter(0).toEqualTypeOf<StatementInput>();
  // @ts-expect-error Only a query has a URL.
  archive.url?.();
  return (
    <>
      <a href={api.statement.url({ account, month: "2026-01-01" })}>January</a>
      <img src={api.logo.url()} alt="" />
      <button onClick={() => archive.mutate()}>Archive</button>
      <button onClick={() => logo.mutate()}>{logo.data?.name}</button>
    </>
  );
}

expectTypeOf(createApi().statement).toEqualTypeOf<
  DownloadQuery<StatementInput, StatementError>
>();
expectTypeOf(api.archive).toEqualTypeOf<DownloadMutation<void, CommonError>>();

export const mocks: Api = createMockApi({
  statement: ({ account }) => new File([String(account)], "statement.pdf"),
  archive: mockError("forbidden"),
});
mockResolver({
  statement: mockError("not_ready", { days: 3 }),
  // @ts-expect-error The mock of a download is a file.
  logo: "logo.png",
});
