import type * as z from "zod";
import { formatWords } from "./wireFormats";

/** An issue that Zod has found and not yet put into words. */
type RawIssue = z.core.$ZodRawIssue;

const types: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  never: "absent",
  File: "a file",
};

/** Has `schema` say what Zod finds by itself in the words of the server. */
export function inServersWords<S extends z.core.$ZodType>(schema: S): S {
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
  if (issue.input === undefined || issue.input === null) return "is required";
  switch (issue.code) {
    case "invalid_type":
      return typeWords(issue);
    case "too_small":
      return rangeOf(issue.inst) ?? `must be at least ${issue.minimum}`;
    case "too_big":
      return rangeOf(issue.inst) ?? `must be at most ${issue.maximum}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.format === "guid" ? "must be a UUID" : "has the wrong form";
    case "unrecognized_keys":
      return `is not a known field: ${issue.keys.join(", ")}`;
    case "invalid_value":
      return "is not one of the choices";
    default:
      return "is not valid";
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
    return `must be ${types["int"]}`;
  // What a text must be is said of what is no text as well.
  for (const { _zod } of def.checks ?? []) {
    const wanted = formatWords.get(_zod.check);
    if (wanted !== undefined) return wanted;
  }
  const item = def.element?._zod.innerType ?? def.element;
  if (item?._zod.def.type === "enum") return "is not one of the choices";
  return `must be ${types[issue.expected] ?? issue.expected}`;
}

/** Between which numbers those of a type are. */
function rangeOf(inst: unknown): string | undefined {
  const format = (inst as Partial<Refusing> | undefined)?._zod?.def.format;
  switch (format) {
    case "int32":
      return "must be at least -2147483648 and at most 2147483647";
    case "uint32":
      return "must be at least 0 and at most 4294967295";
    default:
      return undefined;
  }
}
