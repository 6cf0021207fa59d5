import { Temporal } from "temporal-polyfill";
import { CodecError, type Key } from "../transport/codec";

type Decode<T> = (json: unknown, holder?: unknown, key?: Key) => T;

/** The class is looked up in each call, because a global `Temporal` may be installed later. */
function decoder<T>(name: string, parse: (text: string) => T): Decode<T> {
  return (json, holder, key) => {
    try {
      if (typeof json === "string") return parse(json);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
    throw new CodecError(`is not a Temporal.${name}`, holder, key);
  };
}

export const decodeInstant: Decode<Temporal.Instant> = /* @__PURE__ */ decoder(
  "Instant",
  (text) => Temporal.Instant.from(text),
);
export const decodePlainDate: Decode<Temporal.PlainDate> =
  /* @__PURE__ */ decoder("PlainDate", (text) => Temporal.PlainDate.from(text));
export const decodePlainTime: Decode<Temporal.PlainTime> =
  /* @__PURE__ */ decoder("PlainTime", (text) => Temporal.PlainTime.from(text));
export const decodePlainDateTime: Decode<Temporal.PlainDateTime> =
  /* @__PURE__ */ decoder("PlainDateTime", (text) =>
    Temporal.PlainDateTime.from(text),
  );
/**
 * Keeps the moment if the rules of the zone have changed since the server wrote the offset.
 *
 * Offsets in the text are rounded to minutes, which only `reject` takes into account: those before standard time have
 * seconds, such as the +00:09:21 of Paris.
 */
export const decodeZonedDateTime: Decode<Temporal.ZonedDateTime> =
  /* @__PURE__ */ decoder("ZonedDateTime", (text) => {
    try {
      return Temporal.ZonedDateTime.from(text, { offset: "reject" });
    } catch {
      return Temporal.ZonedDateTime.from(text, { offset: "use" });
    }
  });
export const decodeDuration: Decode<Temporal.Duration> =
  /* @__PURE__ */ decoder("Duration", (text) => Temporal.Duration.from(text));

/** Converts a value to its string. Other values pass through, because the server rejects them with the path. */
export function encodeTemporal(value: unknown): unknown {
  return isTemporal(value) ? value.toJSON() : value;
}

/** Returns whether a value is an instance of one of the classes of `Temporal`. */
export function isTemporal(
  value: unknown,
): value is { readonly toJSON: () => string } {
  return Object.prototype.toString.call(value).startsWith("[object Temporal.");
}
