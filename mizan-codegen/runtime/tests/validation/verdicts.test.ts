import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeValue } from "../../forms/wire";
import { verdictsForm } from "../../../tests/cases/verdicts/expected/forms";
import { verdictsSubmitInputSchema } from "../../../tests/cases/verdicts/expected/schemas";

/** Result of the server for a value of one field, while the other fields are valid. */
interface Case {
  readonly field: string;
  readonly value: unknown;
  readonly accepted: boolean;
  /** Path of the message, if it is not that of the field. */
  readonly path?: string;
  readonly message?: string;
  /** True if a schema cannot express the check. */
  readonly server_only?: boolean;
}

/** Table of cases that the tests of mizan-forms check on the server. */
const { base, cases } = JSON.parse(
  readFileSync(
    new URL("../../../../mizan-forms/tests/verdicts.json", import.meta.url),
    "utf8",
  ),
) as { readonly base: object; readonly cases: readonly Case[] };

/** Returns the values of a form for JSON: moments are dates, and blank ones are null. */
function heldValues(values: object): object {
  const members = Object.entries(values as Record<string, unknown>);
  const held = members.map(([name, value]) => {
    const field = verdictsForm.fields.find((field) => field.name === name);
    if (field?.type !== "date") return [name, value] as const;
    return [name, value === "" ? null : decodeValue(field, value)] as const;
  });
  return Object.fromEntries(held);
}

/** Returns the messages of the client by path, in the form of the server. */
function said(values: object): Record<string, string> {
  const { error } = verdictsSubmitInputSchema.safeParse(heldValues(values));
  const messages: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? [])
    (messages[path.join(".")] ??= []).push(message);
  return Object.fromEntries(
    Object.entries(messages).map(([path, texts]) => [path, texts.join(" ")]),
  );
}

describe("validation in the client matches the server", () => {
  it("for valid values", () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(said(base)).toEqual({});
  });

  it.each(cases.filter((one) => !one.server_only))(
    "for $field $value",
    ({ field, value, path = field, message = "" }) => {
      expect(said({ ...base, [field]: value })).toEqual(
        message === "" ? {} : { [path]: message },
      );
    },
  );
});
