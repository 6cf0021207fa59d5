import type * as z from "zod";
import {
  colorMessage,
  dateMessage,
  dateTimeMessage,
  decimalMessage,
  instantMessage,
  integerMessage,
  timeMessage,
  uuidMessage,
} from "./messages";

/** Messages for values of another type, by the checks of the schema. */
export const typeMessages: WeakMap<object, string> = new WeakMap();

/** Checks for a date in the format of HTML. */
export const date: z.core.CheckFn<string> = format(dateMessage, isDate);

/** Checks for a time of day in the format of HTML. */
export const time: z.core.CheckFn<string> = format(timeMessage, isTime);

/** Checks for a local date and time in the format of HTML. */
export const dateTime: z.core.CheckFn<string> = format(
  dateTimeMessage,
  (text) => {
    const [day = "", ...rest] = text.split("T");
    return isDate(day) && isTime(rest.join("T"));
  },
);

/**
 * Checks that a text can be a date. The type of Rust decides which spellings of a date are valid, so the check
 * rejects only what no type accepts: other texts than of ASCII with a digit at the beginning, years of more than four
 * digits without a sign, and days that do not exist.
 */
export const plausibleDate: z.core.CheckFn<string> = format(
  dateMessage,
  isPlausibleDate,
);

/** Checks that a text can be a time of day, as {@link plausibleDate} does. A leap second is plausible. */
export const plausibleTime: z.core.CheckFn<string> = format(
  timeMessage,
  isPlausibleTime,
);

/** Checks that a text can be a local date and time, as {@link plausibleDate} does. */
export const plausibleDateTime: z.core.CheckFn<string> = format(
  dateTimeMessage,
  (text) => {
    const [day = "", ...rest] = text.split("T");
    return (
      isPlausibleDate(day) &&
      (rest.length === 0 || isPlausibleTime(rest.join("T")))
    );
  },
);

/** Checks that a text can be a decimal number: digits with signs, points, exponents and separators. */
export const plausibleDecimal: z.core.CheckFn<string> = format(
  decimalMessage,
  (text) => /^[-+._e]*[0-9][-+._e0-9]*$/i.test(text),
);

/** Checks for a colour in the format of HTML. */
export const color: z.core.CheckFn<string> = format(colorMessage, (text) =>
  /^#[0-9a-f]{6}$/i.test(text),
);

/** Checks for a number in decimal digits. */
export const decimal: z.core.CheckFn<string> = format(decimalMessage, (text) =>
  /^-?[0-9]+(\.[0-9]+)?$/.test(text),
);

/** Checks for a date and time with an offset from UTC (RFC 3339). */
export const instant: z.core.CheckFn<string> = format(
  instantMessage,
  isInstant,
);

/** Returns whether a text is a date and time with an offset from UTC (RFC 3339). */
export function isInstant(text: string): boolean {
  const [, day = "", time = "", offset = ""] =
    /^(.{10})T(.{8})(?:\.[0-9]+)?(Z|[+-].{5})$/.exec(text) ?? [];
  return (
    isDate(day) &&
    isTime(time) &&
    (offset === "Z" || (offset.length === 6 && isTime(offset.slice(1))))
  );
}

/** Checks for a UUID in one of the forms that the crate `uuid` parses. */
export const uuid: z.core.CheckFn<string> = format(uuidMessage, (text) => {
  const hyphenated = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  return (
    hyphenated.test(text.replace(/^urn:uuid:|^\{(.*)\}$/, "$1")) ||
    /^[0-9a-f]{32}$/i.test(text)
  );
});

/** Checks that a text has no half of a surrogate pair, which JSON allows and Rust does not. */
export const wellFormed: z.core.CheckFn<string> = ({ value, issues }) => {
  if (/\p{Surrogate}/u.test(value))
    issues.push({
      code: "custom",
      message: "Contains an incomplete character.",
      input: value,
    });
};

/** Checks for an integer within the limits of a Rust type. Other values get no further messages. */
export function integer<T extends number | bigint>(
  min: T,
  max: T,
  outside = `Must be at least ${min} and at most ${max}.`,
): z.core.CheckFn<T> {
  const check: z.core.CheckFn<T> = ({ value, issues }) => {
    const isWhole = typeof value === "bigint" || Number.isInteger(value);
    if (isWhole && value >= min && value <= max) return;
    const message = isWhole ? outside : integerMessage;
    issues.push({ code: "custom", message, input: value });
  };
  typeMessages.set(check, integerMessage);
  return check;
}

/** Checks that a date has a year of four digits, as RFC 3339 requires. */
export const rfc3339: z.core.CheckFn<Date> = ({ value, issues }) => {
  const year = value.getUTCFullYear();
  if (year < 0 || year > 9999)
    issues.push({ code: "custom", message: instantMessage, input: value });
};

function format(
  message: string,
  matches: (text: string) => boolean,
): z.core.CheckFn<string> {
  const check: z.core.CheckFn<string> = ({ value, issues }) => {
    if (!matches(value))
      issues.push({ code: "custom", message, input: value, continue: true });
  };
  typeMessages.set(check, message);
  return check;
}

function isDate(text: string): boolean {
  const parts = dateParts(text);
  return parts !== undefined && parts[0] > 0 && dayExists(...parts);
}

function isPlausibleDate(text: string): boolean {
  if (!/^\s*[-+]?[0-9][\x20-\x7e]*$/.test(text) || /^[0-9]{5,}-/.test(text))
    return false;
  const parts = dateParts(text);
  return parts === undefined || dayExists(...parts);
}

function isPlausibleTime(text: string): boolean {
  if (!/^\s*T?[0-9][\x20-\x7e]*$/i.test(text) || /z$/i.test(text)) return false;
  const [, clock, seconds = "0"] =
    /^([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?$/.exec(text) ?? [];
  return clock === undefined || (isTime(clock) && Number(seconds) <= 60);
}

/** Returns the year, the month and the day of a text such as `2026-01-31`. */
function dateParts(
  text: string,
): [year: number, month: number, day: number] | undefined {
  const [, year, month, day] =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text) ?? [];
  return day === undefined
    ? undefined
    : [Number(year), Number(month), Number(day)];
}

function dayExists(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day >= 1 && day <= (days[month - 1] ?? 0);
}

function isTime(text: string): boolean {
  return /^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$/.test(text);
}
