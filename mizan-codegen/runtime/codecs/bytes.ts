import { CodecError, type Key } from "../transport/codec";

/** The methods of the proposal "Uint8Array to/from base64", which not every engine has. */
interface Base64Constructor {
  readonly fromBase64?: (text: string) => Uint8Array;
}
interface Base64Array extends Uint8Array {
  readonly toBase64?: () => string;
}

/** Converts bytes in base64, with padding and without white space, as the server does. */
export function decodeBytes(
  json: unknown,
  holder?: unknown,
  key?: Key,
): Uint8Array {
  try {
    if (typeof json === "string") {
      const bytes = fromBase64(json);
      if (isCanonical(json, bytes)) return bytes;
    }
  } catch {
    // Reported below.
  }
  throw new CodecError("is not base64", holder, key);
}

/** Converts bytes to base64. Other values pass through, because the server rejects them with the path. */
export function encodeBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? toBase64(value) : value;
}

/**
 * Returns whether a text is the only one for its bytes: engines ignore white space, missing padding, and the bits of
 * the last character that belong to no byte.
 */
function isCanonical(text: string, { length }: Uint8Array): boolean {
  if (text.length !== Math.ceil(length / 3) * 4) return false;
  switch (length % 3) {
    case 1:
      return (
        text.endsWith("==") && "AQgw".includes(text.charAt(text.length - 3))
      );
    case 2:
      return (
        text.endsWith("=") &&
        "AEIMQUYcgkosw048".includes(text.charAt(text.length - 2))
      );
    default:
      return true;
  }
}

function fromBase64(text: string): Uint8Array {
  const { fromBase64 } = Uint8Array as Base64Constructor;
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index += 1)
    bytes[index] = letters.charCodeAt(index);
  return bytes;
}

/** The number of bytes that become arguments of one call. */
const chunkSize = 8_192;

function toBase64(bytes: Base64Array): string {
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let start = 0; start < bytes.length; start += chunkSize)
    text += String.fromCharCode(...bytes.subarray(start, start + chunkSize));
  return btoa(text);
}
