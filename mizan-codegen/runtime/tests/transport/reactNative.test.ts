import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApi } from "../support/api";

/** A response without a stream, as in React Native. */
function nativeResponse(contentType: string, text: string): Response {
  return {
    ok: true,
    status: 200,
    headers: new Headers({ "content-type": contentType }),
    text: () => Promise.resolve(text),
    json: () => Promise.resolve(JSON.parse(text) as unknown),
  } as unknown as Response;
}

/** React Native's `FormData`, which takes `{ uri, name, type }` instead of files. */
class NativeFormData {
  readonly parts: (readonly [string, unknown])[] = [];
  append(name: string, value: unknown): void {
    this.parts.push([name, value]);
  }
}

beforeEach(() => {
  // Node loads its implementation, which needs some of these, on the first use.
  expect(new Headers()).toBeDefined();
  for (const missing of [
    "Blob",
    "File",
    "ReadableStream",
    "Response",
    "TextDecoder",
    "document",
    "localStorage",
    "performance",
    "window",
  ])
    vi.stubGlobal(missing, undefined);
  vi.stubGlobal("FormData", NativeFormData);
});
afterEach(() => void vi.unstubAllGlobals());

const baseUrl = "https://example.test/api/mizan";

it("calls queries and mutations", async () => {
  const post = { id: "1", title: "One" };
  const fetch = vi.fn<typeof globalThis.fetch>(() =>
    Promise.resolve(nativeResponse("application/json", JSON.stringify(post))),
  );
  const api = createApi({ baseUrl, fetch, timeout: 1_000 });
  await expect(api.post({ id: "1" })).resolves.toEqual(post);
  await expect(api.rename(post)).resolves.toEqual(post);
  expect(fetch).toHaveBeenCalledTimes(2);
});

it("reads a batch without a stream", async () => {
  const lines = [
    { index: 1, output: { theme: "dark" } },
    { index: 0, output: null },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const fetch = (): Promise<Response> =>
    Promise.resolve(nativeResponse("application/jsonl", text));
  const api = createApi({ baseUrl, fetch });
  await expect(
    Promise.all([api.currentUser(), api.settings()]),
  ).resolves.toEqual([null, { theme: "dark" }]);
});

it("sends files of the platform", async () => {
  const bodies: unknown[] = [];
  const fetch: typeof globalThis.fetch = (_, init) => {
    bodies.push(init?.body);
    return Promise.resolve(nativeResponse("application/json", "null"));
  };
  const isFile = (value: object): boolean => "uri" in value;
  const api = createApi({ baseUrl, fetch, isFile });
  const photo = {
    uri: "file:///photo.jpg",
    name: "photo.jpg",
    type: "image/jpeg",
  };
  const input = { id: "1", title: "One", photo };
  await api.rename(input);
  expect((bodies[0] as NativeFormData).parts).toEqual([
    ["input", '{"id":"1","title":"One"}'],
    ["photo", photo],
  ]);
});
