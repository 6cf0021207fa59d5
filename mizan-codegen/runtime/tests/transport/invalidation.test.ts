import { describe, expect, it } from "vitest";
import { transportOf } from "../../transport";
import { parseAffects, type Invalidation } from "../../transport/invalidation";
import { createApi } from "../support/api";
import { fakeServer, json } from "../support/server";

describe("parseAffects", () => {
  it("parses names, arguments and returned queries", () => {
    expect(
      parseAffects(
        "show?input=%7B%22id%22%3A7%2C%22tag%22%3A%22a%2Cb%22%7D&returns, posts,me?returns,*",
      ),
    ).toEqual([
      { name: "show", input: { id: 7, tag: "a,b" }, returns: true },
      { name: "posts", returns: false },
      { name: "me", returns: true },
      { name: "*", returns: false },
    ]);
  });

  it.each([null, "", " , ", "?input=1", "%"])("ignores %j", (header) => {
    expect(parseAffects(header)).toEqual([]);
  });

  it.each(["%7B", "7", "null", "%", ""])(
    "applies to every input if the input is %j",
    (input) => {
      expect(parseAffects(`post?input=${input}&returns`)).toEqual([
        { name: "post", returns: false },
      ]);
    },
  );
});

describe("a mutation that returns the data of a query", () => {
  async function heard(reply: Response): Promise<readonly Invalidation[]> {
    reply.headers.set(
      "mizan-affects",
      "post?input=%7B%22id%22%3A%221%22%7D&returns,posts",
    );
    const api = createApi({ fetch: fakeServer(() => reply).fetch });
    const invalidations: Invalidation[] = [];
    api[transportOf].onAffects((all) => invalidations.push(...all));
    await api.rename.safe({ id: "1", title: "Two" });
    return invalidations;
  }

  it("reports the data", async () => {
    const post = { id: "1", title: "Two" };
    expect(await heard(json(post))).toEqual([
      { name: "post", input: { id: "1" }, fresh: { data: post } },
      { name: "posts" },
    ]);
  });

  it("invalidates the query if the body of the response is incomplete", async () => {
    const reply = new Response("{", {
      headers: { "content-type": "application/json" },
    });
    const [post] = await heard(reply);
    expect(post).toMatchObject({ name: "post", input: { id: "1" } });
    expect(post?.fresh).toBeUndefined();
  });
});
