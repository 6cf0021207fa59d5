import { CodecError, type Key } from "../transport/codec";

/** Converts a moment in the format of RFC 3339. A `Date` has milliseconds. */
export function decodeDate(json: unknown, holder?: unknown, key?: Key): Date {
  if (typeof json === "string") {
    let date = new Date(json);
    if (Number.isNaN(date.getTime())) date = parseUnusualDate(json);
    if (!Number.isNaN(date.getTime())) return date;
  }
  throw new CodecError("is not a date and a time", holder, key);
}

/** Converts a `Date` to a moment. Other values pass through, because the server rejects them with the path. */
export function encodeDate(
  value: unknown,
  holder?: unknown,
  key?: Key,
): unknown {
  if (!(value instanceof Date)) return value;
  if (Number.isNaN(value.getTime()))
    throw new CodecError("must be a valid date", holder, key);
  return value.toISOString();
}

const unusualDate = /^([+-]?)(\d{4,6})(-\d{2}-\d{2}T\d{2}:\d{2}:)(\d{2})(.*)$/i;

/** Parses years of more than four digits, and leap seconds, which a `Date` counts to the next minute. */
function parseUnusualDate(text: string): Date {
  const [, sign = "", year = "", middle = "", second = "", rest = ""] =
    unusualDate.exec(text) ?? [];
  const isLeapSecond = second === "60";
  const fullYear = sign === "" ? year : sign + year.padStart(6, "0");
  const date = new Date(
    fullYear + middle + (isLeapSecond ? "59" : second) + rest,
  );
  return isLeapSecond ? new Date(date.getTime() + 1_000) : date;
}
