import type * as z from "zod";

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
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.format === "guid" ? "must be a UUID" : "has the wrong form";
    case "unrecognized_keys":
      return `is not a known field: ${issue.keys.join(", ")}`;
    case "invalid_value":
      return issue.input === undefined
        ? "is required"
        : "is not one of the choices";
    case "invalid_union":
      return issue.input === undefined ? "is required" : "is not valid";
    default:
      return "is not valid";
  }
}
