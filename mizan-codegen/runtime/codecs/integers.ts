import { CodecError, type Key } from "../transport/codec";
import { integerOf, markInteger } from "../transport/json";

/** Converts an integer of JSON that was parsed by `parseJson`. */
export function decodeBigInt(
  json: unknown,
  holder?: unknown,
  key?: Key,
): bigint {
  if (typeof json === "number" && Number.isSafeInteger(json))
    return BigInt(json);
  const digits = integerOf(json);
  if (digits !== undefined) return BigInt(digits);
  throw new CodecError("is not an exact integer", holder, key);
}

/** Returns whether a value of parsed JSON is a number. */
export function isNumber(json: unknown): boolean {
  return typeof json === "number" || integerOf(json) !== undefined;
}

type Encode = (value: unknown, holder?: unknown, key?: Key) => unknown;

/** Other values pass through, because the server rejects them with the path. */
function encodeWithin(min: bigint, max: bigint): Encode {
  return (value, holder, key) => {
    if (typeof value !== "bigint") return value;
    if (value < min)
      throw new CodecError(`must be at least ${min}`, holder, key);
    if (value > max)
      throw new CodecError(`must be at most ${max}`, holder, key);
    return markInteger(value);
  };
}

export const encodeInt64: Encode = /* @__PURE__ */ encodeWithin(
  -9_223_372_036_854_775_808n,
  9_223_372_036_854_775_807n,
);
export const encodeUint64: Encode = /* @__PURE__ */ encodeWithin(
  0n,
  18_446_744_073_709_551_615n,
);
export const encodeInt128: Encode = /* @__PURE__ */ encodeWithin(
  -170_141_183_460_469_231_731_687_303_715_884_105_728n,
  170_141_183_460_469_231_731_687_303_715_884_105_727n,
);
export const encodeUint128: Encode = /* @__PURE__ */ encodeWithin(
  0n,
  340_282_366_920_938_463_463_374_607_431_768_211_455n,
);
