import * as z from "zod";
import { instantMessage, typeMessages } from "./formats";

/** Issue that Zod has found, before it has a message. */
type RawIssue = z.core.$ZodRawIssue;

interface AnyCheck {
  readonly _zod: { readonly check: object };
}

const messages: Readonly<Record<string, string>> = {
  string: "Must be text.",
  number: "Enter a number.",
  boolean: "Must be true or false.",
  array: "Must be a list.",
  tuple: "Must be a list.",
  object: "Must be an object.",
  record: "Must be an object.",
  never: "Must be absent.",
  bigint: "Enter a whole number.",
  date: instantMessage,
  Duration: "Enter a duration, such as PT1H30M.",
  File: "Choose a file.",
  Instant: instantMessage,
  PlainDate: "Enter a date, such as 2026-01-31.",
  PlainDateTime: "Enter a date and a time, such as 2026-01-31T18:30.",
  PlainTime: "Enter a time, such as 18:30.",
  Uint8Array: "Must be base64.",
  ZonedDateTime:
    "Enter a date and a time with a time zone, such as 2026-01-31T18:30:00+01:00[Europe/Berlin].",
};

/** Returns the message that the server has for an issue. */
export function errorMessage(issue: RawIssue): string {
  if (issue.input === undefined || issue.input === null)
    return "This field is required.";
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue.expected, issue.inst);
    case "too_small":
      return lengthMessage(issue.inst) ?? `Must be at least ${issue.minimum}.`;
    case "too_big":
      return lengthMessage(issue.inst) ?? `Must be at most ${issue.maximum}.`;
    case "not_multiple_of":
      return `Must be a multiple of ${issue.divisor}.`;
    case "invalid_format":
      return "Does not have the expected format.";
    case "unrecognized_keys":
      return `Unknown field: ${issue.keys.join(", ")}.`;
    case "invalid_value":
      return "Choose one of the options.";
    default:
      return "This value is not valid.";
  }
}

function typeMessage(expected: string, schema: RawIssue["inst"]): string {
  if (schema instanceof z.ZodString || schema instanceof z.ZodNumber) {
    // The message of a format applies to values of other types too.
    const checks: readonly AnyCheck[] = schema.def.checks ?? [];
    for (const { _zod: internals } of checks) {
      const message = typeMessages.get(internals.check);
      if (message !== undefined) return message;
    }
  }
  if (schema instanceof z.ZodArray && isEnum(schema.element))
    return "Choose one of the options.";
  return messages[expected] ?? `Must be ${expected}.`;
}

function isEnum(schema: unknown): boolean {
  return schema instanceof z.ZodLazy
    ? isEnum(schema.unwrap())
    : schema instanceof z.ZodEnum;
}

/** Returns the message for a tuple of the wrong length. */
function lengthMessage(schema: RawIssue["inst"]): string | undefined {
  if (!(schema instanceof z.ZodTuple)) return undefined;
  const { length } = schema.def.items;
  return `Must have exactly ${length} item${length === 1 ? "" : "s"}.`;
}
