import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import { decodeBytes } from "../../codecs/bytes";
import type { ItemDefinition } from "../../forms/definition";
import { decodeOr } from "../../codecs/untyped";
import { decodeValue } from "../../forms/wire";
import { integerOf, parseJson } from "../../transport/json";
import { constrainedForm } from "../../../tests/cases/constraint_verdicts/expected/forms";
import {
  checkInputSchema,
  constrainedSubmitInputSchema,
} from "../../../tests/cases/constraint_verdicts/expected/schemas";

type Messages = Readonly<Record<string, readonly string[]>>;
/** Value, with the messages of the form and of the function. */
type Verdict = readonly [value: unknown, form: Messages, call: Messages];

/** Table that a test of mizan-forms writes. */
const { base, ...fields } = parseJson(
  readFileSync(
    new URL(
      "../../../../mizan-forms/tests/constraint_verdicts.json",
      import.meta.url,
    ),
    "utf8",
  ),
) as { readonly base: object } & Readonly<Record<string, readonly Verdict[]>>;

/**
 * Values that the client leaves to the server, because the schema does not tell which crate parses them: `chrono`
 * parses other dates than `jiff`, and `bigdecimal` has no limit of 96 bits.
 */
const leftToServer: Readonly<Record<string, readonly unknown[]>> = {
  clock: ["1:30"],
  day: ["+010000-01-01", "2026-1-1"],
  local: ["2"],
  price: [
    "79228162514264337593543950335.5",
    "79228162514264337593543950336",
    "-79228162514264337593543950336",
    "1234567890123456789012345678901234567890",
  ],
};

/** Texts of moments that a client never has, because it holds a `Date`. */
const unheldMoments = [
  "0000-01-01T00:00:00Z",
  "2016-12-31T23:59:60Z",
  "2026-01-31T18:30:00+24:00",
  "2026-01-31T18:30Z",
  "2026-01-31t18:30:00z",
];

type Values = Readonly<Record<string, unknown>>;

/** Returns the values that a client holds for JSON. */
function heldValues(values: Values, inForm: boolean): object {
  const fields = new Map(
    constrainedForm.fields.map((field) => [field.name, field]),
  );
  const held = Object.entries(values).map(([name, json]) => {
    if (name === "bytes") return [name, decodeOr(decodeBytes, json)] as const;
    const field = fields.get(name);
    // A blank moment of a form is null.
    if (inForm && field?.type === "date" && json === "")
      return [name, null] as const;
    return [
      name,
      field ? decodeValue(field, integerFrom(field, json)) : json,
    ] as const;
  });
  return Object.fromEntries(held);
}

/** Returns a `bigint` for a number without a fraction, as the control of a `bigint` does. */
function integerFrom({ type }: ItemDefinition, json: unknown): unknown {
  return type === "bigint" && typeof json === "number" && Number.isInteger(json)
    ? BigInt(json)
    : json;
}

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
  ] as const)("has those of the %s", (target, index, schema) => {
    // No control of a form holds bytes.
    if (target === "form" && field === "bytes") return;
    const inForm = target === "form";
    const others = inForm ? base : { ...base, bytes: "AQI=" };
    const unheld = inForm || field !== "moment" ? [] : unheldMoments;
    const differences = verdicts.flatMap((verdict) => {
      const [value] = verdict;
      const expected = sorted(verdict[index]);
      const held = heldValues({ ...others, [field]: value }, inForm);
      const actual = messages(schema, held);
      if (unheld.includes(String(value))) return [];
      const isLeft = leftToServer[field]?.includes(integerOf(value) ?? value);
      const isEqual = JSON.stringify(actual) === JSON.stringify(expected);
      const isAsExpected =
        isEqual || (isLeft && Object.keys(actual).length === 0);
      return isAsExpected ? [] : [{ value, expected, actual }];
    });
    expect(differences).toEqual([]);
  });
});
