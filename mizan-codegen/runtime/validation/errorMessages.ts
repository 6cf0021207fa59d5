import type * as z from "zod";
import { formatMessages } from "./formats";

/** An issue that Zod has found and not yet put into words. */
type RawIssue = z.core.$ZodRawIssue;

const types: Readonly<Record<string, string>> = {
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

/** Has `schema` say what Zod finds by itself in the words of the server. */
export function withServerMessages<S extends z.core.$ZodType>(schema: S): S {
  const { run } = schema._zod;
  // A check would not do: none runs after an issue that ends the validation of a value.
  schema._zod.run = (payload, context) => {
    const result = run(payload, context);
    return result instanceof Promise ? result.then(spoken) : spoken(result);
  };
  return schema;
}

function spoken(result: z.core.ParsePayload): z.core.ParsePayload {
  for (const issue of result.issues as (RawIssue & { message?: string })[])
    issue.message ??= words(issue);
  return result;
}

function words(issue: RawIssue): string {
  if (issue.input === undefined || issue.input === null)
    return "This field is required.";
  switch (issue.code) {
    case "invalid_type":
      return typeWords(issue);
    case "too_small":
      return rangeOf(issue.inst) ?? `Must be at least ${issue.minimum}.`;
    case "too_big":
      return rangeOf(issue.inst) ?? `Must be at most ${issue.maximum}.`;
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

/** What is looked at of a schema, or of a check, that has refused a value. */
interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly element?: Refusing;
  readonly checks?: readonly { readonly _zod: { readonly check: object } }[];
}

type Refusing = {
  readonly _zod: {
    readonly def: Definition;
    readonly innerType?: Refusing;
  };
};

function typeWords(issue: RawIssue & { readonly expected: string }): string {
  const { def } = (issue.inst as unknown as Refusing)._zod;
  if (issue.expected === "number" && def.format !== undefined)
    return "Enter a whole number.";
  // What a text must be is said of what is no text as well.
  for (const { _zod } of def.checks ?? []) {
    const wanted = formatMessages.get(_zod.check);
    if (wanted !== undefined) return wanted;
  }
  const item = def.element?._zod.innerType ?? def.element;
  if (item?._zod.def.type === "enum") return "Choose one of the options.";
  return types[issue.expected] ?? `Must be ${issue.expected}.`;
}

/** Between which numbers those of a type are. */
function rangeOf(inst: unknown): string | undefined {
  const format = (inst as Partial<Refusing> | undefined)?._zod?.def.format;
  switch (format) {
    case "int32":
      return "Must be at least -2147483648 and at most 2147483647.";
    case "uint32":
      return "Must be at least 0 and at most 4294967295.";
    default:
      return undefined;
  }
}
