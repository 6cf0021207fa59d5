/** Zod's constructors, with the server's messages in place of Zod's. */
import * as z from "zod";
import { errorMessage } from "./errorMessages";

export { intersection, unknown, type ZodType } from "zod";

const params = { error: errorMessage };

export const bigint = () => z.bigint(params);
export const boolean = () => z.boolean(params);
export const date = () => z.date(params);
export const guid = () => z.guid(params);
export const int = () => z.int(params);
export const int32 = () => z.int32(params);
export const never = () => z.never(params);
export const number = () => z.number(params);
export const string = () => z.string(params);
export const uint32 = () => z.uint32(params);

export const gte = (min: number | bigint) => z.gte(min, params);
export const lte = (max: number | bigint) => z.lte(max, params);
export const multipleOf = (step: number) => z.multipleOf(step, params);

export function array<T extends z.core.SomeType>(element: T) {
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

export function literal<const T extends z.core.util.Literal>(
  value: T | readonly T[],
) {
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

type Items = readonly [z.core.SomeType, ...z.core.SomeType[]];

export function tuple(items: readonly []): z.ZodTuple<[], null>;
export function tuple<const T extends Items>(items: T): z.ZodTuple<T, null>;
export function tuple(items: readonly [] | Items): unknown {
  return z.tuple(items as Items, params);
}

export function union<const T extends readonly z.core.SomeType[]>(options: T) {
  return z.union(options, params);
}

const enumSchema = <const T extends readonly string[]>(values: T) =>
  z.enum(values, params);

const instanceOf = <T extends typeof z.core.util.Class>(type: T) =>
  z.instanceof(type, params);

const nullSchema = () => z.null(params);

export { enumSchema as enum, instanceOf as instanceof, nullSchema as null };
