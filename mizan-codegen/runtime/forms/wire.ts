import { isInstant } from "../validation/formats";
import { decodeDate } from "../codecs/dates";
import { decodeBigInt } from "../codecs/integers";
import { decodeOr } from "../codecs/untyped";
import { integerOf } from "../transport/json";
import type { Choice, ItemDefinition } from "./definition";

/** Returns whether fields contain integers that a number cannot hold. */
export function hasBigInts(fields: readonly ItemDefinition[]): boolean {
  return fields.some(
    ({ type, fields: inner = [], item }) =>
      type === "bigint" || hasBigInts(inner) || (item && hasBigInts([item])),
  );
}

/** Converts the value of a control from JSON. Values of other types, such as posted text, stay as they are. */
export function decodeValue(field: ItemDefinition, json: unknown): unknown {
  const digits = integerOf(json);
  if (Array.isArray(json)) return json.map((item) => decodeValue(field, item));
  switch (field.type) {
    case "bigint":
      return decodeOr(decodeBigInt, json);
    case "date":
      return typeof json === "string" && isInstant(json)
        ? decodeOr(decodeDate, json)
        : json;
    case "temporal":
      return typeof json === "string" ? parseTemporal(field, json) : json;
    default:
      return digits === undefined ? json : Number(digits);
  }
}

/** Converts the values of choices from JSON. */
export function decodeChoices(
  field: ItemDefinition,
  choices: readonly Choice[],
): readonly Choice[] {
  if (field.type !== "bigint") return choices;
  return choices.map((choice) => ({
    ...choice,
    value: decodeValue(field, choice.value),
  }));
}

/** A class of `Temporal` that parses texts. */
export interface TemporalClass {
  from(text: string): object;
}

/** Parses the text of a value of `Temporal`. Returns the text itself if it is not valid. */
export function parseTemporal(
  { temporal }: ItemDefinition,
  text: string,
): unknown {
  try {
    return temporal?.from(text) ?? text;
  } catch {
    return text;
  }
}

/** Returns whether a field holds a moment, whose control has the local time of the user. */
export function isMomentField({ type, temporal }: ItemDefinition): boolean {
  // Of the classes of `Temporal`, only `Instant` has this method.
  const isInstant =
    temporal !== undefined && "fromEpochMilliseconds" in temporal;
  return type === "date" || isInstant;
}
