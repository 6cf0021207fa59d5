import type { FieldDefinition, ItemDefinition } from "./definition";
import { formatMoment, formatMomentInUtc, parseMoment } from "./moments";
import { decodeValue, isMomentField, parseTemporal } from "./wire";

/** Values of a form's fields. Empty fields hold `null`, except for empty text. */
export type FieldValues = Record<string, unknown>;

/** Returns the initial values of all fields, given the server's `values`. */
export function initialValues(
  fields: readonly FieldDefinition[],
  values: object = {},
): FieldValues {
  const given = values as FieldValues;
  return Object.fromEntries(
    fields.map((field) => [field.name, initialValue(field, given[field.name])]),
  );
}

/** Returns the values to send: without disabled fields, and without empty fields that are not nullable. */
export function wireValues(
  fields: readonly FieldDefinition[],
  values: object,
): FieldValues {
  const held = values as FieldValues;
  const sent = fields
    .filter((field) => !field.disabled)
    .map((field) => [field.name, wireValue(field, held[field.name])] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent);
}

/** Returns the values of a row: the server's, or those of a new row. Rows with a single field are objects too. */
export function rowValues(list: ItemDefinition, given?: unknown): FieldValues {
  return list.item
    ? { item: initialValue(list.item, given) }
    : initialValues(list.fields ?? [], given as object | undefined);
}

/** Parses the text of a control. Text that is not a number remains text, which the schema rejects. */
export function parseControlValue(
  field: ItemDefinition,
  text: string,
): unknown {
  if (text === "") return isText(field) && !field.nullable ? "" : null;
  if (field.type === "boolean")
    return text === "true" ? true : text === "false" ? false : text;
  switch (field.type) {
    case "number":
      return parseNumber(text);
    case "bigint":
      return parseBigInt(text);
    case "date":
      return parseMoment(text) ?? text;
    case "temporal": {
      if (!isMomentField(field)) return parseTemporal(field, text);
      const date = parseMoment(text);
      return date ? parseTemporal(field, date.toISOString()) : text;
    }
    default:
      return text;
  }
}

/**
 * Returns the text of the control of a field. Moments are in the time zone of the user. The server does not
 * know the zone, so its markup has them in UTC.
 */
export function fieldText(
  field: ItemDefinition,
  value: unknown,
  isServerMarkup: boolean,
): string {
  if (typeof value !== "object" || value === null || !("toJSON" in value))
    return controlText(value);
  const text = JSON.stringify(value).slice(1, -1);
  if (!isMomentField(field)) return text;
  const date = new Date(text);
  return isServerMarkup ? formatMomentInUtc(date) : formatMoment(date);
}

/** A valid floating-point number of HTML. Scripts accept more, such as `0x10` and blanks. */
const numberText = /^-?(?:\d+|\d*\.\d+)(?:e[-+]?\d+)?$/i;

/** Parses an integer exactly. Text that is no integer remains text. */
function parseBigInt(text: string): bigint | string {
  const [, digits] = /^(-?\d+)(?:\.0+)?$/.exec(text.trim()) ?? [];
  if (digits !== undefined) return BigInt(digits);
  const number = parseNumber(text);
  return Number.isInteger(number) ? BigInt(number) : text;
}

function parseNumber(text: string): number | string {
  const number = numberText.test(text.trim()) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : text;
}

/** Returns the text of a control that holds `value`: empty for lists, files and empty values. */
export function controlText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
    case "number":
    case "boolean":
      return String(value);
    default:
      return "";
  }
}

/** Returns whether a field holds a list of choices or files. */
export function isMultiple(field: ItemDefinition): boolean {
  return (
    field.widget === "multi-select" ||
    field.widget === "checkboxes" ||
    field.multiple === true
  );
}

/** Returns the number of rows that a list has at least. An optional list can be left out. */
export function minRows({ list, nullable }: ItemDefinition): number {
  return nullable ? 0 : (list?.min ?? 0);
}

function initialValue(field: ItemDefinition, given: unknown): unknown {
  const value = given ?? field.initial;
  if (field.list) {
    const rows: unknown[] = Array.isArray(value) ? value : [];
    const missing = Math.max(0, minRows(field) - rows.length);
    return [...rows, ...Array.from({ length: missing })].map((row) =>
      rowValues(field, row),
    );
  }
  if (field.fields) return initialValues(field.fields, value as object);
  if (isMultiple(field))
    return Array.isArray(value) ? decodeValue(field, value) : [];
  return decodeValue(field, value ?? undefined) ?? emptyValue(field);
}

/** Returns the value that a browser sends for an untouched control. */
function emptyValue(field: ItemDefinition): unknown {
  switch (field.widget) {
    case "checkbox":
      return false;
    case "color":
      return "#000000";
    case "range":
      return rangeMidpoint(field);
    default:
      return parseControlValue(field, "");
  }
}

/** Returns the initial position of a range's handle. */
function rangeMidpoint({
  min = 0,
  max = 100,
  step = 1,
}: ItemDefinition): number {
  const half = Math.max(0, Number(max) - Number(min)) / 2;
  const size = step === "any" ? 0 : Number(step);
  return Number(min) + (size > 0 ? Math.round(half / size) * size : half);
}

function isText(field: ItemDefinition): boolean {
  const others = ["date", "time", "datetime-local", "select", "radio"];
  return (
    field.type === undefined &&
    !["file", "image", ...others].includes(field.widget)
  );
}

function wireValue(field: ItemDefinition, held: unknown): unknown {
  if (field.list) {
    const rows = (held ?? []) as FieldValues[];
    if (field.nullable && rows.length === 0) return null;
    return rows.map((row) =>
      field.item
        ? (wireValue(field.item, row["item"]) ?? null)
        : wireValues(field.fields ?? [], row),
    );
  }
  if (field.fields) {
    const values = wireValues(field.fields, held ?? {});
    return field.nullable && Object.values(values).every(isEmpty)
      ? null
      : values;
  }
  if (field.nullable && (held === undefined || held === "")) return null;
  if (field.nullable && Array.isArray(held) && held.length === 0) return null;
  return held === null && !field.nullable ? undefined : held;
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
