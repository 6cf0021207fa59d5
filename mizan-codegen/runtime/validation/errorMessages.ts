import * as z from "zod";
import { typeMessages } from "./formats";
import {
  choiceMessage,
  dateMessage,
  dateTimeMessage,
  exactItemsMessage,
  instantMessage,
  integerMessage,
  invalidMessage,
  outOfRangeMessage,
  patternMessage,
  requiredMessage,
  timeMessage,
} from "./messages";

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
  bigint: integerMessage,
  date: instantMessage,
  Duration: "Enter a duration, such as PT1H30M.",
  File: "Choose a file.",
  Instant: instantMessage,
  PlainDate: dateMessage,
  PlainDateTime: dateTimeMessage,
  PlainTime: timeMessage,
  Uint8Array: "Must be base64.",
  ZonedDateTime:
    "Enter a date and a time with a time zone, such as 2026-01-31T18:30:00+01:00[Europe/Berlin].",
};

/** Returns the message that the server has for an issue. */
export function errorMessage(issue: RawIssue): string {
  if (issue.input === undefined || issue.input === null) return requiredMessage;
  // What JavaScript parses `1e400` as.
  if (issue.input === Infinity || issue.input === -Infinity)
    return outOfRangeMessage;
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
      return patternMessage;
    case "invalid_value":
      return choiceMessage;
    default:
      return invalidMessage;
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
    return choiceMessage;
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
  return exactItemsMessage(schema.def.items.length);
}
