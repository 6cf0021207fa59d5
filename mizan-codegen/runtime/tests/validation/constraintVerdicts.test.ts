import { describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import { decodeBytes } from "../../codecs/bytes";
import type { ItemDefinition } from "../../forms/definition";
import { decodeOr } from "../../codecs/untyped";
import { decodeValue } from "../../forms/wire";
import { parseJson } from "../../transport/json";
import { constrainedForm } from "../../../tests/cases/constraint_verdicts/expected/forms";
import {
  checkInputSchema,
  constrainedSubmitInputSchema,
} from "../../../tests/cases/constraint_verdicts/expected/schemas";
import { program, verdictsOfServer } from "../support/constraintVerdicts.mjs";

type Messages = Readonly<Record<string, readonly string[]>>;
/** Value, with the messages of the form and of the function. */
type Verdict = readonly [value: unknown, form: Messages, call: Messages];

type Table = { readonly base: object } & Readonly<
  Record<string, readonly Verdict[]>
>;

/** The number of values for each field. */
const count = 1000;

const { base, ...fields } = (
  program ? parseJson(verdictsOfServer(count)) : { base: {} }
) as Table;

const date = /^\d{4}-\d{2}-\d{2}$/;
const time = /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/**
 * Texts that the client leaves to the server, because the schema does not tell which crate parses them: `chrono`
 * parses other dates than `jiff`, and `bigdecimal` has no limit of 96 bits.
 */
const isLeftToServer: Readonly<Record<string, (text: string) => boolean>> = {
  clock: (text) => !time.test(text),
  day: (text) => !date.test(text),
  local: (text) => {
    const [day = "", ...rest] = text.split("T");
    return !date.test(day) || !time.test(rest.join("T"));
  },
  // `jiff` has no later moment, because its zoned times have offsets of up to 26 hours.
  moment: (text) => Date.parse(text) > Date.parse("9999-12-30T22:00:00Z"),
  price: (text) => !/^-?\d{1,28}(\.\d+)?$/.test(text),
};

/** Moments as a client sends them. It holds a `Date`, and never the other texts that the server accepts. */
const moment =
  /^(?!0000)[\d-]{10}T\d{2}:\d{2}:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

type Values = Readonly<Record<string, unknown>>;

/** Returns the values that a client holds for JSON. */
function heldValues(values: Values, inForm: boolean): Values {
  const fields = new Map(
    constrainedForm.fields.map((field) => [field.name, field]),
  );
  const held = Object.entries(values).map(([name, json]) => {
    if (name === "bytes") return [name, decodeOr(decodeBytes, json)] as const;
    const field = fields.get(name);
    // A blank moment of a form is null.
    if (
      inForm &&
      field?.type === "date" &&
      typeof json === "string" &&
      json.trim() === ""
    )
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
    const differences = verdicts.flatMap((verdict) => {
      const [value] = verdict;
      const expected = sorted(verdict[index]);
      const held = heldValues({ ...others, [field]: value }, inForm);
      const actual = messages(schema, held);
      const isEqual = JSON.stringify(actual) === JSON.stringify(expected);
      const text = typeof value === "string" ? value : undefined;
      const isLeft =
        text !== undefined &&
        isLeftToServer[field]?.(text) &&
        Object.keys(actual).length === 0;
      const isNeverSent =
        !inForm &&
        field === "moment" &&
        !moment.test(text ?? "") &&
        Object.keys(expected).length === 0;
      const isAsExpected = isEqual || isLeft || isNeverSent;
      return isAsExpected ? [] : [{ value, expected, actual }];
    });
    expect(differences).toEqual([]);
  });
});
