/** Zod's constructors, with the server's messages in place of Zod's. */
import * as z from "zod";
import { errorMessage } from "./errorMessages";
import { integer, wellFormed } from "./formats";

export { intersection, unknown, type ZodType } from "zod";

const params = { error: errorMessage };

export const bigint = () => z.bigint(params);
export const boolean = () => z.boolean(params);
export const date = () => z.date(params);
export const int = integers(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const int8 = integers(-128, 127);
export const int16 = integers(-32_768, 32_767);
export const int32 = integers(-2_147_483_648, 2_147_483_647);
export const never = () => z.never(params);
export const number = () => z.number(params);
export const string = () => z.string(params).check(wellFormed);
export const uint8 = integers(0, 255);
export const uint16 = integers(0, 65_535);
export const uint32 = integers(0, 4_294_967_295);

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

/** Returns the constructor of the schemas for an integer type of Rust. */
function integers(min: number, max: number): () => z.ZodNumber {
  const check = integer(min, max);
  return () => z.number(params).check(check);
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
