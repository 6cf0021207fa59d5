import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import {
  checkInputSchema,
  constrainedSubmitInputSchema,
} from "../../../tests/cases/constraint_verdicts/expected/schemas";

type Messages = Readonly<Record<string, readonly string[]>>;
/** Generated value, with the messages of the form and of the function. */
type Verdict = readonly [value: unknown, form: Messages, call: Messages];

/** Table that a test of mizan-forms writes. */
const { base, ...fields } = JSON.parse(
  readFileSync(
    new URL(
      "../../../../mizan-forms/tests/constraint_verdicts.json",
      import.meta.url,
    ),
    "utf8",
  ),
) as { readonly base: object } & Readonly<Record<string, readonly Verdict[]>>;

/** Returns messages with those of each path in alphabetical order. */
function sorted(messages: Messages): Messages {
  return Object.fromEntries(
    Object.entries(messages).map(([path, texts]) => [path, [...texts].sort()]),
  );
}

/** Returns the messages of the client by path. */
function messages(schema: ZodType, values: unknown): Messages {
  const { error } = schema.safeParse(values);
  const found: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? [])
    (found[path.join(".")] ??= []).push(message);
  return sorted(found);
}

describe.each(Object.entries(fields))("constraint of %s", (field, verdicts) => {
  it.each([
    ["form", 1, constrainedSubmitInputSchema],
    ["function", 2, checkInputSchema],
  ] as const)("has the verdicts and messages of the %s", (_, index, schema) => {
    const differences = verdicts.flatMap((verdict) => {
      const expected = sorted(verdict[index]);
      const actual = messages(schema, { ...base, [field]: verdict[0] });
      return JSON.stringify(actual) === JSON.stringify(expected)
        ? []
        : [{ value: verdict[0], expected, actual }];
    });
    expect(differences).toEqual([]);
  });
});
