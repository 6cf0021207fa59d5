import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import type { ItemDefinition } from "../../forms/definition";
import { decodeValue } from "../../forms/wire";
import { parseJson } from "../../transport/json";
import { constrainedForm } from "../../../tests/cases/constraint_verdicts/expected/forms";
import {
  checkInputSchema,
  constrainedSubmitInputSchema,
} from "../../../tests/cases/constraint_verdicts/expected/schemas";

type Messages = Readonly<Record<string, readonly string[]>>;
/** Generated value, with the messages of the form and of the function. */
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

/** Fields whose texts the schemas of functions leave to the server, which parses more formats than HTML has. */
const leftToServer = ["clock", "day", "local", "moment", "price"];

type Values = Readonly<Record<string, unknown>>;

/** Returns the values that a client holds for JSON. */
function heldValues(values: Values): object {
  const fields = new Map(
    constrainedForm.fields.map((field) => [field.name, field]),
  );
  const held = Object.entries(values).map(([name, json]) => {
    const field = fields.get(name);
    // A blank moment is null.
    if (field?.type === "date" && json === "") return [name, null] as const;
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
    if (target === "function" && leftToServer.includes(field)) return;
    const differences = verdicts.flatMap((verdict) => {
      const expected = sorted(verdict[index]);
      const actual = messages(
        schema,
        heldValues({ ...base, [field]: verdict[0] }),
      );
      return JSON.stringify(actual) === JSON.stringify(expected)
        ? []
        : [{ value: verdict[0], expected, actual }];
    });
    expect(differences).toEqual([]);
  });
});
