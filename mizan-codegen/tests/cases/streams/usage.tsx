import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";
import {
  api,
  createApi,
  useCompleteStream,
  useLinesStream,
  useTicksStream,
  type Api,
  type CommonError,
  type CompleteError,
  type CompleteInput,
  type ModelError,
  type PartStream,
  type StreamFunction,
  type Token,
} from "./expected";
import { createMockApi, mockError } from "./expected/mock";

export async function read(signal: AbortSignal): Promise<string> {
  let text = "";
  const tokens = api.complete({ prompt: "Hello" }, { signal, streamKey: "7" });
  expectTypeOf(tokens).toEqualTypeOf<PartStream<Token>>();
  for await (const token of tokens) {
    expectTypeOf(token.index).toEqualTypeOf<bigint>();
    expectTypeOf(token.at).toEqualTypeOf<Date>();
    text += token.text;
  }
  await tokens.stop();
  for await (const line of api.lines()) text += line;
  for await (const result of api.complete.safe({ prompt: "Hello" })) {
    if (result.ok) {
      expectTypeOf(result.value).toEqualTypeOf<Token>();
      continue;
    }
    expectTypeOf(result.error).toEqualTypeOf<CompleteError | ModelError>();
    const { error } = result;
    if (error.code === "overloaded")
      expectTypeOf(error.until).toEqualTypeOf<Date>();
    if (error.code === "too_long")
      expectTypeOf(error.max).toEqualTypeOf<number>();
  }
  // @ts-expect-error A stream is not a promise.
  api.lines().then();
  return text;
}

export function Completion({ prompt }: { readonly prompt: string }): ReactNode {
  const { data, status, error, stop, restart } = useCompleteStream(
    { prompt },
    { streamKey: "7", enabled: prompt !== "" },
  );
  expectTypeOf(data).toEqualTypeOf<readonly Token[]>();
  expectTypeOf(error).toEqualTypeOf<CompleteError | ModelError | null>();
  const { data: text } = useCompleteStream(
    { prompt },
    { initial: "", reduce: (text, token) => text + token.text },
  );
  expectTypeOf(text).toEqualTypeOf<string>();
  const lines = useLinesStream();
  expectTypeOf(lines.error).toEqualTypeOf<CommonError | null>();
  const ticks = useTicksStream({ since: 1n });
  expectTypeOf(ticks.data).toEqualTypeOf<ReadonlyArray<bigint[]>>();
  return (
    <p aria-busy={status === "streaming"}>
      {text}
      {data.length}
      <button onClick={() => void stop()}>Stop</button>
      <button onClick={restart}>Again</button>
    </p>
  );
}

expectTypeOf<Api["complete"]>().toEqualTypeOf<
  StreamFunction<CompleteInput, Token, CompleteError | ModelError>
>();

export const mocked: Api = createMockApi({
  lines: ["a", "b"],
  complete: async function* ({ prompt }) {
    await Promise.resolve();
    yield { text: prompt, index: 1n, at: new Date() };
    throw mockError("overloaded", { until: new Date(), queue: 3n });
  },
  ticks: () => mockError("overloaded", { until: new Date(), queue: 3n }),
});

export const other: Api = createApi({ baseUrl: "https://example.com/api" });
