import { describe, expect, it, vi } from "vitest";
import { CallError } from "../../transport/error";
import { createApi } from "../../../tests/cases/values/expected/client";
import type * as types from "../../../tests/cases/values/expected/types";

const max = 18_446_744_073_709_551_615n;
const postJson = `{"id":9007199254740993,"author":{"id":"67e55044-10b1-426f-9247-bb680e5fe0c8","name":"Ada","seen":"2026-01-31T18:30:00.123Z"},"created_at":"2026-01-31T18:30:00.000Z","edited_at":null,"published":"2026-01-31","views":18446744073709551615,"big":-170141183460469231731687303715884105728,"huge":340282366920938463463374607431768211455,"content-hash":"AP+A","tags":["9007199254740993"],"history":["2026-01-31T18:30:00.000Z"],"by_day":{"9007199254740993":-9223372036854775808,"__proto__":1},"replies":[],"parent":null,"price":"12.50","site":"https://example.org/","range":[7,null,"x"],"event":{"kind":"counted","count":9007199254740993},"extra":{"n":9007199254740993}}`;

function serve(reply: string, status = 200) {
  const sent: { url: string; body: unknown }[] = [];
  const fetch = vi.fn((url: string | URL | Request, init?: RequestInit) => {
    sent.push({ url: url as string, body: init?.body });
    const headers = { "content-type": "application/json" };
    return Promise.resolve(new Response(reply, { status, headers }));
  });
  return { api: createApi({ fetch }), sent };
}

describe("values of a function", () => {
  it("arrive as the types of the client", async () => {
    const { api, sent } = serve(postJson);
    const post = await api.post({ id: 9_007_199_254_740_993n });
    expect(decodeURIComponent(sent[0]?.url ?? "")).toContain(
      '?input={"id":9007199254740993}',
    );
    expect(post.id).toBe(9_007_199_254_740_993n);
    expect(post.views).toBe(max);
    expect(post.big).toBe(-(2n ** 127n));
    expect(post.huge).toBe(2n ** 128n - 1n);
    expect(post.author.seen).toEqual(new Date("2026-01-31T18:30:00.123Z"));
    expect(post["content-hash"]).toEqual(Uint8Array.of(0, 255, 128));
    expect(post.by_day["9007199254740993"]).toBe(-(2n ** 63n));
    expect(Object.keys(post.by_day)).toContain("__proto__");
    expect(post.tags).toEqual(["9007199254740993"]);
    expect(post.range).toEqual([7n, null, "x"]);
    expect(post.event).toEqual({
      kind: "counted",
      count: 9_007_199_254_740_993n,
    });
    // Values of any type are rounded, as `JSON.parse` does.
    expect(post.extra).toEqual({ n: 9_007_199_254_740_992 });
  });

  it("are sent as the JSON that they were read from", async () => {
    const { api, sent } = serve(postJson);
    const post = await api.post({ id: 1n });
    const file = new File(["x"], "x.txt");
    const patch = { due: null, parent: 9_007_199_254_740_993n };
    await api.save({ post, patch, file });
    const form = sent[1]?.body as FormData;
    const rounded = postJson.replace(
      '"extra":{"n":9007199254740993}',
      '"extra":{"n":9007199254740992}',
    );
    expect(form.get("input")).toBe(
      `{"post":${rounded},"patch":{"due":null,"parent":9007199254740993}}`,
    );
    expect(form.get("file")).toBeInstanceOf(File);
    expect(post.id).toBe(9_007_199_254_740_993n);
  });

  it("of every kind of union are converted", async () => {
    const at = new Date("2026-01-31T18:30:00Z");
    const duration = { secs: max, nanos: 1 };
    const flats: types.Flat[] = [
      { id: max / 2n, type: "a", at },
      { id: 1n, type: "b" },
    ];
    const externals: types.External[] = ["none", { at }, { ids: [max / 2n] }];
    const untagged: types.Untagged[] = [max / 2n, "x", true, [at], { a: 1n }];
    const rest = { name: "x", at, "9007199254740993": max } as types.Rest;
    for (const [index, value] of untagged.entries()) {
      const input = {
        flat: flats[index % 2] as types.Flat,
        external: externals[index % 3] as types.External,
        untagged: value,
        rest,
        duration,
        alias: 5n,
      };
      const { api, sent } = serve("null");
      await api.send(input);
      const body = sent[0]?.body as string;
      expect(body).toContain('"secs":18446744073709551615');
      const { api: other } = serve(body.replace(/}$/, ',"patch":{}}'));
      expect(await other.echo({ at, ids: [] })).toEqual({
        ...input,
        patch: {},
      });
    }
  });

  it("beyond the range of the server's type are refused with their path", async () => {
    const { api, sent } = serve("null");
    const duration = { secs: max + 1n, nanos: 0 };
    const send = api.send({
      external: "none",
      untagged: true,
      flat: { id: 1n, type: "b" },
      rest: { name: "x", at: new Date(0) },
      duration,
      alias: 5n,
    });
    await expect(send).rejects.toMatchObject({
      code: "invalid",
      fields: { "duration.secs": [`must be at most ${max}`] },
    });
    const at = new Date(Number.NaN);
    await expect(api.echo({ at, ids: [] })).rejects.toMatchObject({
      fields: { at: ["must be a valid date"] },
    });
    expect(sent).toEqual([]);
  });

  it("that have no conversion are an error with their path", async () => {
    const invalid = postJson.replace('"2026-01-31T18:30:00.000Z"]', '"soon"]');
    const { api } = serve(invalid);
    await expect(api.post({ id: 1n })).rejects.toMatchObject({
      code: "unreadable_reply",
      message: expect.stringContaining("`history.0`") as string,
    });
  });

  it("in the data of an error are converted", async () => {
    const problem = `{"code":"gone","status":404,"data":{"at":"2026-01-31T18:30:00Z","by":9007199254740993}}`;
    const { api } = serve(problem, 404);
    const { error } = (await api.post.safe({ id: 1n })) as {
      error: types.PostError;
    };
    expect(error).toBeInstanceOf(CallError);
    if (error.code !== "gone") throw error;
    expect(error.by).toBe(9_007_199_254_740_993n);
    expect(error.at).toEqual(new Date("2026-01-31T18:30:00Z"));
  });

  it("make keys that TanStack Query can hash", () => {
    const { api } = serve("null");
    const ids = [1n, 9_007_199_254_740_993n];
    const at = new Date(0);
    const key = api.echo.queryKey({ at, ids });
    expect(JSON.parse(JSON.stringify(key))).toEqual([
      "mizan",
      "echo",
      { at: "1970-01-01T00:00:00.000Z", ids: [1, "9007199254740993n"] },
    ]);
  });

  it("that are nested deeply are converted", async () => {
    const depth = 1_000;
    const leaf = postJson.slice(0, -1);
    const parent = `${leaf},"parent":`;
    const json = parent.repeat(depth) + postJson + "}".repeat(depth);
    const { api } = serve(json);
    let post: types.Post | null = await api.post({ id: 1n });
    let count = 0;
    while (post) {
      expect(post.views).toBe(max);
      post = post.parent;
      count += 1;
    }
    expect(count).toBe(depth + 1);
  });
});

describe("moments", () => {
  it.each([
    ["2026-06-30T23:59:60Z", "2026-07-01T00:00:00.000Z"],
    ["+12345-01-01T00:00:00Z", "+012345-01-01T00:00:00.000Z"],
    ["-000001-01-01T00:00:00Z", "-000001-01-01T00:00:00.000Z"],
    ["2026-01-31T18:30:00.123456789+02:00", "2026-01-31T16:30:00.123Z"],
  ])("%s is read as %s", async (json, expected) => {
    const { api } = serve(JSON.stringify(json));
    expect((await api.now())?.toISOString()).toBe(expected);
  });

  it.each(["2026-13-01T00:00:00Z", "soon", ""])(
    "%s is refused",
    async (json) => {
      const { api } = serve(JSON.stringify(json));
      const error = { code: "unreadable_reply" };
      await expect(api.now()).rejects.toMatchObject(error);
    },
  );
});
