import { NumberDraft, isList, isObject, type Draft } from "../schema/draft";
import { shapeOf, type Definitions, type Schema } from "../schema/schema";

/** A call of a function of the generated client. */
export interface TypeScriptCall {
  /** The member of `api`. */
  readonly name: string;
  /** The schema of the input; `undefined` without arguments. */
  readonly schema: Schema | undefined;
  readonly definitions: Definitions;
  readonly input: Draft;
  readonly returns: string;
}

/** Returns the statement that makes a call with the generated client. */
export function typeScriptCall(call: TypeScriptCall): string {
  const { name, schema, definitions, input } = call;
  const argument = schema ? literal(input, schema, definitions) : "";
  switch (call.returns) {
    case "stream":
      return `for await (const part of api.${name}(${argument})) {\n  console.log(part);\n}`;
    case "file":
      return `const file = await api.${name}(${argument});\nawait file.save();`;
    default:
      return `const result = await api.${name}(${argument});`;
  }
}

const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** Writes a value as the client takes it: large integers are `bigint`, and instants are `Date`. */
function literal(
  draft: Draft,
  schema: Schema,
  definitions: Definitions,
  indent = "",
): string {
  const shape = shapeOf(schema, definitions);
  const inner = `${indent}  `;
  if (draft instanceof NumberDraft) {
    const isBigInt = shape.kind === "number" && shape.isBigInt;
    return isBigInt && /^-?\d+$/.test(draft.text)
      ? `${draft.text}n`
      : draft.text;
  }
  if (isList(draft)) {
    if (draft.length === 0) return "[]";
    const item = shape.kind === "list" ? shape.item : {};
    const items = draft.map(
      (it) => inner + literal(it, item, definitions, inner),
    );
    return `[\n${items.join(",\n")},\n${indent}]`;
  }
  if (isObject(draft)) {
    const entries = Object.entries(draft);
    if (entries.length === 0) return "{}";
    const members = shape.kind === "object" ? shape.members : [];
    const written = entries.map(([name, value]) => {
      const member = members.find((it) => it.name === name)?.schema ?? {};
      const key = identifier.test(name) ? name : JSON.stringify(name);
      return `${key}: ${literal(value, member, definitions, inner)}`;
    });
    const line = `{ ${written.join(", ")} }`;
    if (line.length <= 60 && !line.includes("\n")) return line;
    return `{\n${written.map((it) => `${inner}${it},\n`).join("")}${indent}}`;
  }
  if (
    typeof draft === "string" &&
    shape.kind === "text" &&
    shape.format === "date-time"
  )
    return `new Date(${JSON.stringify(draft)})`;
  return JSON.stringify(draft);
}
