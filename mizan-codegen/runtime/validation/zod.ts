import * as z from "zod";
import { errorMessage } from "./errorMessages";

export { intersection, unknown, type ZodType } from "zod";

/** Parameters of every schema: messages in the words of the server. */
const params = { error: errorMessage };

export const boolean = (): z.ZodBoolean => z.boolean(params);
export const guid = (): z.ZodGUID => z.guid(params);
export const int = (): z.ZodInt => z.int(params);
export const int32 = (): z.ZodInt32 => z.int32(params);
export const never = (): z.ZodNever => z.never(params);
export const number = (): z.ZodNumber => z.number(params);
export const string = (): z.ZodString => z.string(params);
export const uint32 = (): z.ZodUInt32 => z.uint32(params);

function nullSchema(): z.ZodNull {
  return z.null(params);
}

export function array<T extends z.core.SomeType>(element: T): z.ZodArray<T> {
  return z.array(element, params);
}

export function discriminatedUnion<
  const Options extends readonly [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ],
  Tag extends string,
>(tag: Tag, options: Options) {
  return z.discriminatedUnion(tag, options, params);
}

function enumSchema<const T extends readonly string[]>(values: T) {
  return z.enum(values, params);
}

function instanceOf<T extends typeof z.core.util.Class>(type: T) {
  return z.instanceof(type, params);
}

export function literal<const T extends z.core.util.Literal>(
  value: T | readonly T[],
): z.ZodLiteral<T> {
  return z.literal(value as T, params);
}

export function object<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.object(shape, params);
}

export function record<
  Key extends z.core.$ZodRecordKey,
  Value extends z.core.SomeType,
>(key: Key, value: Value) {
  return z.record(key, value, params);
}

export function strictObject<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, params);
}

export function tuple<
  const T extends readonly [z.core.SomeType, ...z.core.SomeType[]],
>(items: T) {
  return z.tuple(items, params);
}

export function union<const T extends readonly z.core.SomeType[]>(options: T) {
  return z.union(options, params);
}

export { enumSchema as enum, instanceOf as instanceof, nullSchema as null };
