import * as z from "zod";
import { formatMessages } from "./formats";

/** Issue that Zod has found, before it has a message. */
type RawIssue = z.core.$ZodRawIssue;

interface AnyCheck {
  readonly _zod: { readonly check: unknown };
}

const typeMessages: Readonly<Record<string, string>> = {
  string: "Must be text.",
  number: "Enter a number.",
  int: "Enter a whole number.",
  boolean: "Must be true or false.",
  array: "Must be a list.",
  tuple: "Must be a list.",
  object: "Must be an object.",
  record: "Must be an object.",
  never: "Must be absent.",
  File: "Choose a file.",
};

/** Ranges of the integer formats. */
const formatRanges: Readonly<Record<string, string>> = {
  int32: "Must be at least -2147483648 and at most 2147483647.",
  uint32: "Must be at least 0 and at most 4294967295.",
};

/** Returns the message that the server has for an issue. */
export function errorMessage(issue: RawIssue): string {
  if (issue.input === undefined || issue.input === null)
    return "This field is required.";
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue.expected, issue.inst);
    case "too_small":
      return rangeMessage(issue.inst) ?? `Must be at least ${issue.minimum}.`;
    case "too_big":
      return rangeMessage(issue.inst) ?? `Must be at most ${issue.maximum}.`;
    case "not_multiple_of":
      return `Must be a multiple of ${issue.divisor}.`;
    case "invalid_format":
      return issue.format === "guid"
        ? "Must be a UUID."
        : "Does not have the expected format.";
    case "unrecognized_keys":
      return `Unknown field: ${issue.keys.join(", ")}.`;
    case "invalid_value":
      return "Choose one of the options.";
    default:
      return "This value is not valid.";
  }
}

function typeMessage(expected: string, schema: RawIssue["inst"]): string {
  if (expected === "number" && schema instanceof z.ZodNumberFormat)
    return "Enter a whole number.";
  if (schema instanceof z.ZodString) {
    // The message of a format applies to values of other types too.
    const checks: readonly AnyCheck[] = schema.def.checks ?? [];
    for (const { _zod: internals } of checks) {
      const message = formatMessages.get(internals.check);
      if (message !== undefined) return message;
    }
  }
  if (schema instanceof z.ZodArray && isEnum(schema.element))
    return "Choose one of the options.";
  return typeMessages[expected] ?? `Must be ${expected}.`;
}

function isEnum(schema: unknown): boolean {
  return schema instanceof z.ZodLazy
    ? isEnum(schema.unwrap())
    : schema instanceof z.ZodEnum;
}

function rangeMessage(schema: RawIssue["inst"]): string | undefined {
  return schema instanceof z.ZodNumberFormat
    ? formatRanges[schema.format ?? ""]
    : undefined;
}
