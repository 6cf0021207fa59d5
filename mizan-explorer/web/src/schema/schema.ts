/** The members of a JSON Schema that the explorer reads. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: boolean | Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The named schemas to which others refer. */
export type Definitions = Readonly<Record<string, unknown>>;

/** A schema without references and `null`, in the form in which a control shows it. */
export type Shape =
  | { readonly kind: "text"; readonly format?: string; readonly long: boolean }
  | {
      readonly kind: "number";
      readonly isInteger: boolean;
      readonly isBigInt: boolean;
    }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly values: readonly unknown[] }
  | { readonly kind: "object"; readonly members: readonly Member[] }
  | { readonly kind: "list"; readonly item: Schema }
  | { readonly kind: "union"; readonly options: readonly Schema[] }
  | { readonly kind: "null" }
  | { readonly kind: "file" }
  /** Any JSON, or a schema for which there is no control. */
  | { readonly kind: "json" };

/** A member of an object. */
export interface Member {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** The maximum number of references that lead to a schema. */
const maxReferences = 32;

/** Follows the references of a schema. */
export function resolve(schema: Schema, definitions: Definitions): Schema {
  let resolved = schema;
  for (let depth = 0; resolved.$ref && depth < maxReferences; depth += 1) {
    const name = resolved.$ref.replace("#/$defs/", "");
    const { description } = resolved;
    const target = (definitions[name] ?? {}) as Schema;
    resolved = description ? { ...target, description } : target;
  }
  return resolved;
}

/** Returns whether a schema allows `null`, besides other values. */
export function isNullable(schema: Schema, definitions: Definitions): boolean {
  const { type, anyOf } = resolve(schema, definitions);
  if (Array.isArray(type)) return type.length > 1 && type.includes("null");
  return anyOf !== undefined && anyOf.length > 1 && anyOf.some(isNull);
}

function isNull(schema: Schema): boolean {
  return schema.type === "null";
}

/** Returns the form in which a control shows the values of a schema other than `null`. */
export function shapeOf(schema: Schema, definitions: Definitions): Shape {
  const resolved = resolve(schema, definitions);
  if (resolved.enum)
    return {
      kind: "choice",
      values: resolved.enum.filter((it) => it !== null),
    };
  if (resolved.const !== undefined)
    return { kind: "choice", values: [resolved.const] };
  const options = (resolved.anyOf ?? resolved.oneOf)?.filter(
    (it) => !isNull(it),
  );
  const [only] = options ?? [];
  if (options && only)
    return options.length === 1
      ? shapeOf(only, definitions)
      : unionOf(options, definitions);
  const types = [resolved.type ?? []].flat().filter((type) => type !== "null");
  if (types.length > 1) return { kind: "json" };
  switch (types[0]) {
    case "string":
      if (resolved.format === "binary") return { kind: "file" };
      return {
        kind: "text",
        ...(resolved.format && { format: resolved.format }),
        long: (resolved.maxLength ?? 0) > 200,
      };
    case "integer":
    case "number":
      return {
        kind: "number",
        isInteger: types[0] === "integer",
        isBigInt: isBigInt(resolved),
      };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return typeof resolved.items === "object"
        ? { kind: "list", item: resolved.items }
        : { kind: "json" };
    case "object":
      return objectOf(resolved);
    case undefined:
      return resolved.type === "null" ? { kind: "null" } : { kind: "json" };
    default:
      return { kind: "json" };
  }
}

/** Returns the union, or the choice of which each option has one value. */
function unionOf(options: readonly Schema[], definitions: Definitions): Shape {
  const shapes = options.map((option) => shapeOf(option, definitions));
  const values = shapes.flatMap((shape) =>
    shape.kind === "choice" ? shape.values : [],
  );
  return shapes.every((shape) => shape.kind === "choice")
    ? { kind: "choice", values }
    : { kind: "union", options };
}

function objectOf(schema: Schema): Shape {
  if (schema.allOf || typeof schema.additionalProperties === "object")
    return { kind: "json" };
  const required = new Set(schema.required);
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, member]) => ({
      name,
      schema: member,
      isRequired: required.has(name),
    }),
  );
  return { kind: "object", members };
}

/** Returns whether the client has a `bigint` for an integer: if a number may not be able to hold it. */
function isBigInt({ format, minimum, maximum }: Schema): boolean {
  const isLong = /^u?int(64|128)$/.test(format ?? "");
  const isSafe = Number.isSafeInteger(maximum) && Number.isSafeInteger(minimum);
  return isLong && !isSafe;
}

/** Describes the values of a schema in a few words. */
export function typeName(schema: Schema, definitions: Definitions): string {
  const name = schema.$ref?.replace("#/$defs/", "");
  const text = name ?? shapeName(schema, definitions);
  return isNullable(schema, definitions) ? `${text} or null` : text;
}

function shapeName(schema: Schema, definitions: Definitions): string {
  const shape = shapeOf(schema, definitions);
  switch (shape.kind) {
    case "text":
      return shape.format ?? "text";
    case "number":
      return shape.isInteger ? "integer" : "number";
    case "list":
      return `list of ${typeName(shape.item, definitions)}`;
    case "union":
      return shape.options.map((it) => typeName(it, definitions)).join(" or ");
    case "choice":
      return shape.values.map((value) => JSON.stringify(value)).join(" or ");
    case "json":
      return "JSON";
    default:
      return shape.kind;
  }
}
