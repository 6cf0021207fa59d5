import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  characters,
  color,
  date,
  dateTime,
  decimal,
  email,
  file,
  filled,
  instant,
  items,
  maxBytes,
  notBlank,
  pattern,
  range,
  rows,
  singleLine,
  time,
  unique,
  url,
} from "../checks";
import { lazy } from "../lazy";

/** All that a schema says to a value. */
function said(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return error?.issues.map(({ message }) => message) ?? [];
}

function text(check: z.core.CheckFn<string>): z.ZodType {
  return z.string().check(check);
}

describe("characters", () => {
  const schema = text(characters({ min: 2, max: 3 }));

  it.each([
    ["🦀", false],
    ["🦀🦀", true],
    ["🦀🦀🦀", true],
    ["abcd", false],
  ])("counts %s as the server does", (value, isRight) => {
    expect(schema.safeParse(value).success).toBe(isRight);
  });
});

describe("the words of constraints", () => {
  it.each([
    [text(characters({ min: 1 })), "", "must have at least 1 character"],
    [text(characters({ min: 2 })), "", "must have at least 2 characters"],
    [text(characters({ max: 1 })), "ab", "must have at most 1 character"],
    [
      text(characters({ min: 0, max: 1 })),
      "ab",
      "must have at most 1 character",
    ],
    [text(characters({ min: 1, max: 3 })), "", "must have 1 to 3 characters"],
    [text(characters({ min: 1, max: 1 })), "", "must have exactly 1 character"],
    [text(characters({ min: 1 }, "who are you?")), "", "who are you?"],
    [
      z.array(z.string()).check(items({ max: 1 })),
      ["", ""],
      "must have at most 1 item",
    ],
    [
      z.array(z.string()).check(items({ min: 2, max: 4 })),
      [],
      "must have 2 to 4 items",
    ],
    [
      z.number().check(range({ min: 1, max: 9 })),
      10,
      "must be at least 1 and at most 9",
    ],
    [z.number().check(range({ exclusiveMin: 1 })), 1, "must be more than 1"],
    [z.number().check(range({ exclusiveMax: 1 })), 1, "must be less than 1"],
    [z.number().check(range({ max: 1 }, "too many")), 2, "too many"],
    [text(email()), "nobody", "must be an e-mail address"],
    [
      text(email("we cannot write to this")),
      "nobody",
      "we cannot write to this",
    ],
    [text(url()), "nowhere", "must be a URL"],
    [text(pattern(/^a/u)), "b", "has the wrong form"],
    [text(filled({ min: 2 }, "who?")), " ", "who?"],
    [text(filled({ min: 2 }, "who?")), "  ", "is required"],
    [
      text(instant),
      "2026-01-31T18:30",
      "must be a date and a time with an offset, as in 2026-01-31T18:30:00Z",
    ],
    [
      z.array(z.string()).check(rows({ min: 1, max: 1 })),
      ["", ""],
      "must have at most 1 item",
    ],
    [
      z.array(z.string()).check(rows({ min: 1, max: 2 })),
      [],
      "must have 1 to 2 items",
    ],
    [text(notBlank), " \u3000\u0085", "is required"],
    [text(singleLine), "a\r\nb", "must be one line without control characters"],
    [text(maxBytes(3)), "ää", "must have at most 3 bytes"],
    [text(date), "2026-02-29", "must be a date, as in 2026-01-31"],
    [text(time), "24:00", "must be a time, as in 18:30"],
    [
      text(dateTime),
      "2026-01-31",
      "must be a date and a time, as in 2026-01-31T18:30",
    ],
    [text(color), "red", "must be a colour, as in #1e90ff"],
    [text(decimal), "1,5", "must be a number, as in 12.50"],
    [
      z.array(z.string()).check(unique),
      ["a", "a"],
      "must not have an item twice",
    ],
  ])("are the server's (%#)", (schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  });

  it.each([
    [text(notBlank), " a "],
    [text(singleLine), "a b\u2028"],
    [text(maxBytes(4)), "ää"],
    [text(date), "2024-02-29"],
    [text(time), "23:59:59"],
    [text(dateTime), "2026-01-31T09:30:00"],
    [text(color), "#AABB00"],
    [text(decimal), "-12.50"],
    [text(url()), "https://bücher.example/?q"],
    [z.number().check(range({ min: 1, max: 9 })), 9],
  ])("are not said of what is right (%#)", (schema, value) => {
    expect(said(schema, value)).toEqual([]);
  });

  it("are all said, but of a blank text only that it is required", () => {
    const schema = z.string().check(email(), characters({ min: 9 }));
    expect(said(schema, "a")).toEqual([
      "must be an e-mail address",
      "must have at least 9 characters",
    ]);
    expect(said(z.string().check(notBlank, email()), "")).toEqual([
      "is required",
    ]);
  });
});

it("count the items of a list though one of them is wrong", () => {
  const schema = z.array(z.string().check(email())).check(items({ max: 1 }));
  expect(said(schema, ["a", 1])).toContain("must have at most 1 item");
});

describe("file", () => {
  const schema = z
    .instanceof(File)
    .check(file({ accept: "image/png, .PDF, audio/*", maxBytes: 3 }));
  const made = (name: string, type: string, content = "a"): File =>
    new File([content], name, { type });

  it.each([
    [made("a.png", "image/png"), []],
    [made("a.pdf", "application/pdf"), []],
    [made("a.ogg", "audio/ogg"), []],
    [made("a", ""), []],
    [
      made("a.gif", "image/gif"),
      ["must be of the type image/png, .PDF, audio/*"],
    ],
    [made("a.png", "image/png", ""), ["is empty"]],
    [made("a.png", "image/png", "four"), ["must have at most 3 bytes"]],
  ])("says what the server would (%#)", (value, messages) => {
    expect(said(schema, value)).toEqual(messages);
  });
});

describe("what Zod finds by itself", () => {
  it.each([
    [z.string(), undefined, "is required"],
    [z.enum(["a"]), undefined, "is required"],
    [z.string(), 1, "must be text"],
    [z.int32(), 1.5, "must be a whole number"],
    [z.uint32(), -1, "must be at least 0 and at most 4294967295"],
    [z.array(z.enum(["a"])), "a", "is not one of the choices"],
    [z.string().check(date), 5, "must be a date, as in 2026-01-31"],
    [z.int32(), "1", "must be a whole number"],
    [z.string(), null, "is required"],
    [z.number(), "a", "must be a number"],
    [z.boolean(), "on", "must be true or false"],
    [z.array(z.string()), {}, "must be a list"],
    [z.object({}), [], "must be an object"],
    [z.enum(["a"]), "b", "is not one of the choices"],
    [z.union([z.string(), z.number()]), true, "is not valid"],
    [z.guid(), "a", "must be a UUID"],
    [z.number().multipleOf(2), 3, "must be a multiple of 2"],
    [z.strictObject({}), { a: 1 }, "is not a known field: a"],
    [z.instanceof(File), "a", "must be a file"],
  ])("is said in the server's words (%#)", (schema, value, message) => {
    expect(
      said(
        lazy(() => schema),
        value,
      ),
    ).toEqual([message]);
    const around = z.object({ inner: lazy(() => schema) });
    expect(
      said(
        lazy(() => around),
        { inner: value },
      ),
    ).toEqual([message]);
  });
});
