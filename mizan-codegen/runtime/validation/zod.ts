/** Zod's constructors, with the server's messages in place of Zod's. */
import * as z from "zod";
import { errorMessage } from "./errorMessages";
import { integer, rfc3339, wellFormed } from "./formats";
import { requiredMessage, unknownFieldMessage } from "./messages";

export { intersection, unknown, type ZodType } from "zod";

const params = { error: errorMessage };

/** Constructor of the schemas for an integer type of Rust. */
type Integers<T> = (message?: string) => T;

export const boolean = (): z.ZodBoolean => z.boolean(params);
export const date = (): z.ZodDate => z.date(params).check(rfc3339);
export const int: Integers<z.ZodNumber> = /* @__PURE__ */ integers(
  Number.MIN_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
);
export const int8: Integers<z.ZodNumber> = /* @__PURE__ */ integers(-128, 127);
export const int16: Integers<z.ZodNumber> = /* @__PURE__ */ integers(
  -32_768,
  32_767,
);
export const int32: Integers<z.ZodNumber> = /* @__PURE__ */ integers(
  -2_147_483_648,
  2_147_483_647,
);
export const int64: Integers<z.ZodBigInt> = /* @__PURE__ */ bigIntegers(
  64,
  true,
);
export const int128: Integers<z.ZodBigInt> = /* @__PURE__ */ bigIntegers(
  128,
  true,
);
export const never = (): z.ZodNever => z.never(params);
export const number = (): z.ZodNumber => z.number(params);
export const string = (): z.ZodString => z.string(params).check(wellFormed);
export const uint8: Integers<z.ZodNumber> = /* @__PURE__ */ integers(0, 255);
export const uint16: Integers<z.ZodNumber> = /* @__PURE__ */ integers(
  0,
  65_535,
);
export const uint32: Integers<z.ZodNumber> = /* @__PURE__ */ integers(
  0,
  4_294_967_295,
);
export const uint64: Integers<z.ZodBigInt> = /* @__PURE__ */ bigIntegers(
  64,
  false,
);
export const uint128: Integers<z.ZodBigInt> = /* @__PURE__ */ bigIntegers(
  128,
  false,
);

export const multipleOf = (
  step: number | bigint,
): z.core.$ZodCheck<number | bigint> => z.multipleOf(step, params);

export function array<T extends z.core.SomeType>(element: T): z.ZodArray<T> {
  return z.array(element, params);
}

export function discriminatedUnion<
  const Options extends readonly [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ],
  Tag extends string,
>(tag: Tag, options: Options): z.ZodDiscriminatedUnion<Options, Tag> {
  return z.discriminatedUnion(tag, options, params);
}

export function literal<const T extends z.core.util.Literal>(
  value: T | readonly T[],
): z.ZodLiteral<T> {
  return z.literal(value as T, params);
}

export function object<T extends z.core.$ZodLooseShape>(
  shape: T,
): z.ZodObject<T> {
  return z.object(shape, params);
}

export function record<
  Key extends z.core.$ZodRecordKey,
  Value extends z.core.SomeType,
>(key: Key, value: Value): z.ZodRecord<Key, Value> {
  return z.record(key, value, params);
}

/** The schema of a member that an object does not have. The issue is at the member, as on the server. */
const unknownField = /* @__PURE__ */ z.custom(() => false, unknownFieldMessage);

export function strictObject<T extends z.core.$ZodLooseShape>(
  shape: T,
): z.ZodObject<T, z.core.$catchall<z.ZodCustom>> {
  return z.object(shape, params).catchall(unknownField);
}

function integers(min: number, max: number): Integers<z.ZodNumber> {
  return (message) => z.number(params).check(integer(min, max, message));
}

function bigIntegers(bits: number, isSigned: boolean): Integers<z.ZodBigInt> {
  return (message) => {
    const count = 2n ** BigInt(bits);
    const min = isSigned ? -count / 2n : 0n;
    return z.bigint(params).check(integer(min, min + count - 1n, message));
  };
}

type Items = readonly [z.core.SomeType, ...z.core.SomeType[]];

export function tuple(items: readonly []): z.ZodTuple<[], null>;
export function tuple<const T extends Items>(items: T): z.ZodTuple<T, null>;
export function tuple(items: readonly [] | Items): unknown {
  return z.tuple(items as Items, params);
}

/** `message` is for a value that matches none of the options. */
export function union<const T extends readonly z.core.SomeType[]>(
  options: T,
  message?: string,
): z.ZodUnion<T> {
  if (message === undefined) return z.union(options, params);
  return z.union(options, { error: (issue) => unionMessage(issue, message) });
}

/** Returns the message of a check of the options, such as that of blank text, or `message`. */
function unionMessage(issue: z.core.$ZodRawIssue, message: string): string {
  if (issue.input === undefined || issue.input === null) return requiredMessage;
  const issues = issue.code === "invalid_union" ? issue.errors.flat() : [];
  return issues.find(({ code }) => code === "custom")?.message ?? message;
}

const enumSchema = <const T extends readonly string[]>(
  values: T,
): z.ZodEnum<z.core.util.ToEnum<T[number]>> => z.enum(values, params);

const instanceOf = <T extends typeof z.core.util.Class>(
  type: T,
): z.ZodCustom<InstanceType<T>, InstanceType<T>> => z.instanceof(type, params);

const nullSchema = (): z.ZodNull => z.null(params);

export { enumSchema as enum, instanceOf as instanceof, nullSchema as null };
