import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verdictsSubmitInputSchema } from "../../../tests/cases/verdicts/expected/schemas";

/** What the server says to a value of a field, while the others hold what is right. */
interface Case {
  readonly field: string;
  readonly value: unknown;
  readonly accepted: boolean;
  /** Where it is said, if not of the field. */
  readonly path?: string;
  readonly message?: string;
  /** No schema can say it. */
  readonly server_only?: boolean;
}

/** The table that the tests of mizan-forms hold the server to. */
const { base, cases } = JSON.parse(
  readFileSync(
    new URL("../../../../mizan-forms/tests/verdicts.json", import.meta.url),
    "utf8",
  ),
) as { readonly base: object; readonly cases: readonly Case[] };

/** What the client says, by path, as the server would. */
function said(values: unknown): Record<string, string> {
  const { error } = verdictsSubmitInputSchema.safeParse(values);
  const messages: Record<string, string[]> = {};
  for (const issue of error?.issues ?? []) {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [];
    const paths = unknown.length > 0 ? unknown.map((key) => [key]) : [[]];
    for (const rest of paths) {
      const path = [...issue.path, ...rest].join(".");
      (messages[path] ??= []).push(issue.message.replace(/: .*/, "."));
    }
  }
  return Object.fromEntries(
    Object.entries(messages).map(([path, texts]) => [path, texts.join(" ")]),
  );
}

describe("the client's verdict is the server's", () => {
  it("on what is right", () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(said(base)).toEqual({});
  });

  it.each(cases.filter((one) => !one.server_only))(
    "on $field $value",
    ({ field, value, path = field, message = "" }) => {
      expect(said({ ...base, [field]: value })).toEqual(
        message === "" ? {} : { [path]: message },
      );
    },
  );
});
