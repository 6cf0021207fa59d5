import { expect, test } from "vitest";
import { readLines } from "../../navigation/lines";

async function linesOf(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const lines: string[] = [];
  await readLines(body, (line) => lines.push(line));
  return lines;
}

test("joins lines that arrive in several chunks", async () => {
  const bytes = new TextEncoder().encode('{"a":"é🎉"}\n{"b":2}\n');
  for (let size = 1; size <= bytes.length; size += 1) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size)
      chunks.push(bytes.slice(at, at + size));
    expect(await linesOf(...chunks)).toEqual(['{"a":"é🎉"}', '{"b":2}']);
  }
});

test("returns a last line without a line break", async () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(await linesOf(encode("a\nb"))).toEqual(["a", "b"]);
  expect(await linesOf()).toEqual([]);
});
