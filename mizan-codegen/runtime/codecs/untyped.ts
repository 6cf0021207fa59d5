import { CodecError } from "../transport/codec";
import { markInteger } from "../transport/json";
import { encodeBytes } from "./bytes";

/**
 * Converts a value of the client to JSON without the schema of its type: integers, dates and bytes. Files stay as
 * they are.
 *
 * The functions of `codecs.ts` are faster, and check the limits of integers.
 */
export function encodeUntyped(value: unknown): unknown {
  if (typeof value === "bigint") return markInteger(value);
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (Array.isArray(value)) return value.map(encodeUntyped);
  if (typeof value !== "object" || value === null) return value;
  // Dates and the classes of `Temporal`.
  if ("toJSON" in value && typeof value.toJSON === "function")
    return (value as { toJSON(): unknown }).toJSON();
  const prototype: unknown = Object.getPrototypeOf(value);
  // Files. Engines on the server may not have the global `Blob`.
  if (prototype !== Object.prototype && prototype !== null) return value;
  const members = Object.entries(value).map(
    ([name, member]) => [name, encodeUntyped(member)] as const,
  );
  return Object.fromEntries(members);
}

/** Converts a value from JSON. Returns the value itself if it has no conversion. */
export function decodeOr(
  decode: (json: unknown) => unknown,
  json: unknown,
): unknown {
  try {
    return decode(json);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    return json;
  }
}
