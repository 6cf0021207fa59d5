import { decodeWith, encodeWith } from "../transport/codec";

/** Converts a part of a channel from JSON, in place. */
export function decodePart(
  decode: ((json: unknown) => unknown) | undefined,
  json: unknown,
): unknown {
  return decode ? decodeWith(decode, json) : json;
}

/** Converts a part of a channel to JSON. The caller guarantees that `encode` accepts the value. */
export function encodePart(
  encode: ((value: never) => unknown) | undefined,
  value: unknown,
): unknown {
  return encodeWith(encode as ((value: unknown) => unknown) | undefined, value);
}
