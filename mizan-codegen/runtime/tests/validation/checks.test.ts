import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  characters,
  color,
  contains,
  date,
  dateTime,
  decimal,
  doesNotContain,
  email,
  file,
  filled,
  instant,
  items,
  maxBytes,
  mustMatch,
  notBlank,
  pattern,
  range,
  rows,
  singleLine,
  time,
  url,
  uuid,
} from "../../validation/checks";
import { lazy } from "../../validation/lazy";
import * as schemas from "../../validation/zod";

const INSTANT =
  "Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.";

/** Returns the messages of a schema for a value. */
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

describe("messages of constraints", () => {
  it.each([
    [text(characters({ min: 1 })), "", "Must have at least 1 character."],
    [text(characters({ min: 2 })), "", "Must have at least 2 characters."],
    [text(characters({ max: 1 })), "ab", "Must have at most 1 character."],
    [
      text(characters({ min: 0, max: 1 })),
      "ab",
      "Must have at most 1 character.",
    ],
    [text(characters({ min: 1, max: 3 })), "", "Must have 1 to 3 characters."],
    [
      text(characters({ min: 1, max: 1 })),
      "",
      "Must have exactly 1 character.",
    ],
    [text(characters({ min: 1 }, "who are you?")), "", "who are you?"],
    [
      z.array(z.string()).check(items({ max: 1 })),
      ["", ""],
      "Must have at most 1 item.",
    ],
    [
      z.array(z.string()).check(items({ min: 2, max: 4 })),
      [],
      "Must have 2 to 4 items.",
    ],
    [
      z.number().check(range({ min: 1, max: 9 })),
      10,
      "Must be at least 1 and at most 9.",
    ],
    [z.number().check(range({ exclusiveMin: 1 })), 1, "Must be more than 1."],
    [z.number().check(range({ exclusiveMax: 1 })), 1, "Must be less than 1."],
    [z.number().check(range({ max: 1 }, "too many")), 2, "too many"],
    [text(email()), "ada.example", "Enter a valid email address."],
    [
      text(email("we cannot write to this")),
      "ada.example",
      "we cannot write to this",
    ],
    [text(url()), "nowhere", "Enter a valid URL."],
    [text(pattern(/^a/u)), "b", "Does not have the expected format."],
    [text(filled({ min: 2 }, "who?")), " ", "who?"],
    [text(filled({ min: 2 }, "who?")), "  ", "This field is required."],
    [
      text(instant),
      "2026-01-31T18:30",
      "Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.",
    ],
    [
      z.array(z.string()).check(rows({ min: 1, max: 1 })),
      ["", ""],
      "Must have at most 1 item.",
    ],
    [
      z.array(z.string()).check(rows({ min: 1, max: 2 })),
      [],
      "Must have 1 to 2 items.",
    ],
    [text(notBlank), " \u3000\u0085", "This field is required."],
    [
      text(singleLine),
      "a\r\nb",
      "Must be one line without control characters.",
    ],
    [text(maxBytes(3)), "ää", "Must have at most 3 bytes."],
    [text(date), "2026-02-29", "Enter a date, such as 2026-01-31."],
    [text(time), "24:00", "Enter a time, such as 18:30."],
    [
      text(dateTime),
      "2026-01-31",
      "Enter a date and a time, such as 2026-01-31T18:30.",
    ],
    [text(color), "red", "Enter a colour, such as #1e90ff."],
    [text(decimal), "1,5", "Enter a number, such as 12.50."],
    [
      z.array(z.unknown()).check(items({ min: 2, distinct: true })),
      [1n, 1n],
      "Must have at least 2 items.",
    ],
  ])("match the server's (%#)", (schema, value, message) => {
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
    [schemas.int64(), -(2n ** 63n)],
    [schemas.uint64(), 2n ** 64n - 1n],
    [schemas.int(), -0],
    [schemas.date(), new Date(Date.UTC(9999, 11, 31))],
    [text(uuid), "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8"],
    [text(uuid), "{67e55044-10b1-426f-9247-bb680e5fe0c8}"],
    [text(uuid), "67E5504410B1426F9247BB680E5FE0C8"],
    [z.array(z.string()).check(items({ max: 1, distinct: true })), ["a", "a"]],
  ])("are absent for valid values (%#)", (schema, value) => {
    expect(said(schema, value)).toEqual([]);
  });

  it("are all reported, except for blank text, which is only required", () => {
    const schema = z.string().check(email(), characters({ min: 9 }));
    expect(said(schema, "a")).toEqual([
      "Enter a valid email address.",
      "Must have at least 9 characters.",
    ]);
    expect(said(z.string().check(notBlank, email()), "")).toEqual([
      "This field is required.",
    ]);
  });
});

it("counts the items of a list with an invalid item", () => {
  const schema = z.array(z.string().check(email())).check(items({ max: 1 }));
  expect(said(schema, ["a", 1])).toContain("Must have at most 1 item.");
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
      ["Choose a file of type image/png, .PDF, audio/*."],
    ],
    [made("a.png", "image/png", ""), ["The file is empty."]],
    [made("a.png", "image/png", "four"), ["The file must be at most 3 bytes."]],
  ])("returns the server's messages (%#)", (value, messages) => {
    expect(said(schema, value)).toEqual(messages);
  });
});

describe("messages of Zod's own checks", () => {
  it.each([
    [schemas.string(), undefined, "This field is required."],
    [schemas.enum(["a"]), undefined, "This field is required."],
    [schemas.string(), 1, "Must be text."],
    [schemas.int32(), 1.5, "Enter a whole number."],
    [schemas.uint32(), -1, "Must be at least 0 and at most 4294967295."],
    [schemas.array(schemas.enum(["a"])), "a", "Choose one of the options."],
    [schemas.string().check(date), 5, "Enter a date, such as 2026-01-31."],
    [schemas.int32(), "1", "Enter a whole number."],
    [schemas.string(), null, "This field is required."],
    [schemas.number(), "a", "Enter a number."],
    [schemas.boolean(), "on", "Must be true or false."],
    [schemas.array(schemas.string()), {}, "Must be a list."],
    [schemas.object({}), [], "Must be an object."],
    [schemas.enum(["a"]), "b", "Choose one of the options."],
    [
      schemas.union([schemas.string(), schemas.number()]),
      true,
      "This value is not valid.",
    ],
    [schemas.string().check(uuid), "a", "Must be a UUID."],
    [schemas.string().check(uuid), 5, "Must be a UUID."],
    [
      schemas.string().check(characters({ min: 9 })),
      "a\ud83d",
      "Contains an incomplete character.",
    ],
    [
      schemas.uint8().check(range({ min: 1, max: 9 })),
      300,
      "Must be at least 0 and at most 255.",
    ],
    [schemas.uint8().check(range({ min: 1 })), 0.5, "Enter a whole number."],
    [schemas.uint8(), 1e300, "Must be at least 0 and at most 255."],
    [
      schemas.int64(),
      2n ** 63n,
      "Must be at least -9223372036854775808 and at most 9223372036854775807.",
    ],
    [
      schemas.uint64(),
      -1n,
      "Must be at least 0 and at most 18446744073709551615.",
    ],
    [
      schemas.uint128("Must be at least 1 and at most 9."),
      10n ** 40n,
      "Must be at least 1 and at most 9.",
    ],
    [schemas.int64(), 1, "Enter a whole number."],
    [schemas.int64(), "1", "Enter a whole number."],
    [
      schemas.int64().check(range({ exclusiveMin: 1n, max: 9n })),
      1n,
      "Must be more than 1 and at most 9.",
    ],
    [schemas.number(), Infinity, "Too large or too small."],
    [schemas.number(), NaN, "Enter a number."],
    [schemas.date(), new Date(NaN), INSTANT],
    [schemas.date(), new Date(Date.UTC(10_000, 0)), INSTANT],
    [schemas.date(), new Date(Date.UTC(-1, 0)), INSTANT],
    [schemas.date(), "2026-01-31", INSTANT],
    [schemas.instanceof(Uint8Array), "AA==", "Must be base64."],
    [
      schemas.tuple([schemas.string(), schemas.string()]),
      ["a"],
      "Must have exactly 2 items.",
    ],
    [
      schemas.tuple([schemas.null()]),
      [null, null],
      "Must have exactly 1 item.",
    ],
    [
      schemas.number().check(schemas.multipleOf(2)),
      3,
      "Must be a multiple of 2.",
    ],
    [text(contains("@")), "a", "A required part is missing."],
    [text(doesNotContain("a")), "a", "Contains a part that is not allowed."],
    [schemas.strictObject({}), { a: 1 }, "Unknown field."],
    [schemas.instanceof(File), "a", "Choose a file."],
  ])("match the server's (%#)", (schema, value, message) => {
    expect(
      said(
        lazy(() => schema),
        value,
      ),
    ).toEqual([message]);
    const around = schemas.object({ inner: lazy(() => schema) });
    expect(
      said(
        lazy(() => around),
        { inner: value },
      ),
    ).toEqual([message]);
  });
});

describe("unknown fields", () => {
  it("are reported at their own paths, as on the server", () => {
    const schema = schemas.object({
      list: schemas.array(schemas.strictObject({ a: schemas.string() })),
    });
    const { error } = schema.safeParse({ list: [{ a: "x", b: 1, c: null }] });
    expect(error?.issues).toMatchObject([
      { path: ["list", 0, "b"], message: "Unknown field." },
      { path: ["list", 0, "c"], message: "Unknown field." },
    ]);
    expect(schema.parse({ list: [{ a: "x" }] })).toEqual({
      list: [{ a: "x" }],
    });
  });
});

describe("a value that must match another", () => {
  const schema = schemas
    .object({ a: schemas.string(), b: schemas.string() })
    .check(mustMatch("b", "a", "Differs."));

  it("is reported at its path", () => {
    const { error } = schema.safeParse({ a: "x", b: "y" });
    expect(error?.issues).toMatchObject([{ path: ["b"], message: "Differs." }]);
    expect(schema.safeParse({ a: "x", b: "x" }).success).toBe(true);
  });

  it("is not compared with an invalid value", () => {
    const { error } = schema.safeParse({ a: "x", b: 1 });
    expect(error?.issues).toMatchObject([
      { path: ["b"], message: "Must be text." },
    ]);
  });
});
