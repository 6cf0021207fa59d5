import {
  isNullable,
  resolve,
  shapeOf,
  type Definitions,
  type Schema,
} from "./schema";

/** A number as the developer typed it, so that no digit is lost. */
export class NumberDraft {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value of an input that is being edited. */
export type Draft =
  | null
  | boolean
  | string
  | NumberDraft
  | readonly Draft[]
  | { readonly [name: string]: Draft };

/** An object that is being edited. */
export type ObjectDraft = Readonly<Record<string, Draft>>;

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Returns whether a draft is an object. */
export function isObject(draft: Draft | undefined): draft is ObjectDraft {
  return (
    typeof draft === "object" &&
    draft !== null &&
    !Array.isArray(draft) &&
    !(draft instanceof NumberDraft)
  );
}

/** Converts a draft to JSON. A number that is not one becomes a string, which the server refuses. */
export function toJson(draft: Draft, indent = ""): string {
  if (draft instanceof NumberDraft)
    return jsonNumber.test(draft.text)
      ? draft.text
      : JSON.stringify(draft.text);
  const inner = `${indent}  `;
  if (isList(draft)) {
    if (draft.length === 0) return "[]";
    const items = draft.map((item) => `${inner}${toJson(item, inner)}`);
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (isObject(draft)) {
    const members = Object.entries(draft).map(
      ([name, member]) =>
        `${inner}${JSON.stringify(name)}: ${toJson(member, inner)}`,
    );
    return members.length === 0
      ? "{}"
      : `{\n${members.join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(draft);
}

/** Returns whether a draft is a list. */
export function isList(draft: Draft | undefined): draft is readonly Draft[] {
  return Array.isArray(draft);
}

/** Parses JSON without rounding numbers, where the engine can. Throws a `SyntaxError`. */
export function parseDraft(json: string): Draft {
  const revive = (
    _: string,
    value: unknown,
    context?: { readonly source?: string },
  ): unknown =>
    typeof value === "number"
      ? new NumberDraft(context?.source ?? String(value))
      : value;
  return JSON.parse(json, revive) as Draft;
}

/** The maximum number of nested objects with which a value begins. */
const maxDepth = 8;

/** Returns the value with which the form of a schema begins: defaults, and empty values of required members. */
export function initialDraft(
  schema: Schema,
  definitions: Definitions,
  depth = 0,
): Draft {
  const given = resolve(schema, definitions).default;
  if (given !== undefined) return parseDraft(JSON.stringify(given));
  if (isNullable(schema, definitions) || depth > maxDepth) return null;
  const shape = shapeOf(schema, definitions);
  switch (shape.kind) {
    case "text":
      return "";
    case "number":
      return new NumberDraft("0");
    case "boolean":
      return false;
    case "choice":
      return (shape.values[0] ?? null) as Draft;
    case "list":
      return [];
    case "union": {
      const [first] = shape.options;
      return first ? initialDraft(first, definitions, depth + 1) : null;
    }
    case "object": {
      const required = shape.members.filter((member) => member.isRequired);
      const members = required.map(
        ({ name, schema: member }): [string, Draft] => [
          name,
          initialDraft(member, definitions, depth + 1),
        ],
      );
      return Object.fromEntries(members);
    }
    default:
      return null;
  }
}
