import { readdirSync, readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { patternsInputSchema } from "../../../tests/cases/patterns/expected/schemas";

const cases = new URL("../../../tests/cases/", import.meta.url);

/** Pattern with texts, by the verdict of Rust's `regex` crate. */
interface Verdicts {
  readonly pattern: string;
  readonly matching: readonly string[];
  readonly other: readonly string[];
}

/** Table that a test of mizan-codegen checks with the `regex` crate. */
const table = JSON.parse(
  readFileSync(new URL("patterns.json", import.meta.url), "utf8"),
) as readonly Verdicts[];

/** Names of the fields whose patterns are left to the server. */
const untranslated = new Set(
  [
    ...readFileSync(
      new URL("patterns/expected/schemas.ts", cases),
      "utf8",
    ).matchAll(/Only the server checks the pattern\.\s+(p[0-9]+):/g),
  ].map(([, name]) => name),
);

/** Regular expressions in the generated clients of the cases, except for the case `patterns`. */
const emitted = new Set(
  readdirSync(cases).flatMap((name) => {
    if (name.endsWith(".json") || name === "patterns") return [];
    const file = new URL(`${name}/expected/schemas.ts`, cases);
    const found = readFileSync(file, "utf8").matchAll(
      /(?:pattern|regex)\(\/((?:[^/[\\\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/u/g,
    );
    return [...found].map(([, source]) => source ?? "");
  }),
);

/** Texts that match a pattern partially at many positions, and do not match as a whole. */
function* attacks(length: number): Generator<string> {
  const parts = [
    "a",
    "0",
    "-",
    ".",
    "@",
    " ",
    "_",
    "a.",
    "a-",
    "0.",
    "a ",
    "a@",
  ];
  for (const start of ["", "a", "+", "#", "-1", "a@a.", "0e"])
    for (const part of parts)
      for (const end of ["", "!", "\n", "@"])
        yield start + part.repeat(length / part.length) + end;
}

/** Tests all texts. Throws if that takes longer than `timeout` milliseconds. */
function test(source: string, length: number, timeout: number): void {
  const pattern = new RegExp(source, "u");
  runInNewContext(
    "for (const text of texts) pattern.test(text);",
    { pattern, texts: [...attacks(length)] },
    { timeout },
  );
}

describe("patterns in browsers", () => {
  it("exist in the generated clients", () => {
    expect(emitted.size).toBeGreaterThan(8);
  });

  // A quadratic pattern would take a minute for a single text.
  it.each([...emitted])(
    "reject long texts in linear time: %s",
    (source) => test(source, 100_000, 30_000),
    60_000,
  );

  it.each([
    ["^(\\p{L}+)+$", 40],
    ["^[^@\\p{Z}]+@[^@\\p{Z}]+\\.[^@\\p{Z}]+$", 100_000],
  ])(
    "are tested with texts for which other patterns exceed the timeout: %s",
    (source, length) =>
      expect(() => test(source, length, 500)).toThrow("timed out"),
  );
});

describe("patterns in browsers and on the server", () => {
  const accepts = (name: string, text: string): boolean =>
    patternsInputSchema.safeParse({ [name]: text }).success;

  it("are translated for the most part", () => {
    expect(table.length).toBe(400);
    expect(untranslated.size).toBeLessThan(100);
  });

  it.each(table.map((verdicts, index) => ({ name: `p${index}`, ...verdicts })))(
    "have the same verdicts: $name $pattern",
    ({ name, matching, other }) => {
      expect(matching.filter((text) => !accepts(name, text))).toEqual([]);
      const accepted = other.filter((text) => accepts(name, text));
      expect(accepted).toEqual(untranslated.has(name) ? other : []);
    },
  );
});
