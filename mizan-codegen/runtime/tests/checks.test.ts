import { describe, expect, it } from "vitest";
import * as z from "zod";
import { characters, unique } from "../checks";

describe("characters", () => {
  const schema = z.string().check(characters({ min: 2, max: 3 }));

  it.each([
    ["🦀", "too_small"],
    ["🦀🦀", undefined],
    ["🦀🦀🦀", undefined],
    ["abcd", "too_big"],
  ])("counts %s as the server does", (text, code) => {
    expect(schema.safeParse(text).error?.issues[0]?.code).toBe(code);
  });

  it("tells the limit in its message", () => {
    const result = schema.safeParse("");
    expect(result.error?.issues[0]?.message).toBe(
      z.string().min(2).safeParse("").error?.issues[0]?.message,
    );
  });
});

describe("unique", () => {
  const schema = z.array(z.object({ id: z.number() })).check(unique);

  it("refuses a list that has an item twice", () => {
    expect(schema.safeParse([{ id: 1 }, { id: 2 }]).success).toBe(true);
    expect(schema.safeParse([{ id: 1 }, { id: 1 }]).success).toBe(false);
  });
});
