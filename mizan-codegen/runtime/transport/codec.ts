import { CallError } from "./error";

/** The place of a value in an object or a list. */
export type Key = string | number;

/** The conversions between the JSON of a function and the types of the client. */
export interface Codec<I = never> {
  /** Converts the input to JSON. */
  readonly encode?: ((input: I) => unknown) | undefined;
  /** Converts the output from JSON, in place. */
  readonly decode?: ((json: unknown) => unknown) | undefined;
  /** Converts the data of an error from JSON, in place. */
  readonly decodeError?: ((code: string, data: object) => void) | undefined;
  /** Set if the output or the data of an error contain integers that a number cannot hold. */
  readonly exact?: boolean | undefined;
}

/** An error of a conversion, with the place of the value. */
export class CodecError extends Error {
  readonly holder: unknown;
  readonly key: Key | undefined;

  constructor(reason: string, holder: unknown, key: Key | undefined) {
    super(reason);
    this.holder = holder;
    this.key = key;
  }
}

/** Converts an input to JSON. Throws an error with the path of a value that is out of range. */
export function encodeWith<I>(
  encode: ((input: I) => unknown) | undefined,
  input: I,
): unknown {
  // The encoders of functions expect an object.
  if (!encode || input === undefined) return input;
  try {
    return encode(input);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    const path = pathOf(input, cause) ?? "";
    throw new CallError({
      code: "invalid",
      message: `invalid input: \`${path}\` ${cause.message}`,
      fields: { [path]: [cause.message] },
      cause,
    });
  }
}

/** Converts a value from JSON, in place. Throws an error with the path of a value that has no conversion. */
export function decodeWith(
  decode: (json: unknown) => unknown,
  json: unknown,
  status = 0,
): unknown {
  try {
    return decode(json);
  } catch (cause) {
    const path = cause instanceof CodecError ? pathOf(json, cause) : undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CallError({
      code: "unreadable_reply",
      message: path
        ? `unreadable response: \`${path}\` ${reason}`
        : `unreadable response: ${reason}`,
      status,
      cause,
    });
  }
}

/** Searches the value that the error is about. Only the failure of a conversion needs its path. */
function pathOf(
  root: unknown,
  { holder, key }: CodecError,
): string | undefined {
  if (key === undefined) return "";
  const open: (readonly [value: unknown, path: string])[] = [[root, ""]];
  const seen = new Set<unknown>();
  for (const [value, path] of open) {
    if (value === holder) return join(path, key);
    if (typeof value !== "object" || value === null || seen.has(value))
      continue;
    seen.add(value);
    for (const [name, member] of Object.entries(value))
      open.push([member, join(path, name)]);
  }
  return String(key);
}

function join(path: string, key: Key): string {
  return path === "" ? String(key) : `${path}.${key}`;
}
