import type * as z from "zod";

/** Checks for a date as HTML writes it. */
export const date = format("a date, as in 2026-01-31", isDate);

/** Checks for a time of day as HTML writes it. */
export const time = format("a time, as in 09:30", isTime);

/** Checks for a date and a time without a zone as HTML writes them. */
export const dateTime = format(
  "a date and a time, as in 2026-01-31T09:30",
  (text) => {
    const [day = "", ...rest] = text.split("T");
    return isDate(day) && isTime(rest.join("T"));
  },
);

/** Checks for a colour as HTML writes it. */
export const color = format("a color, as in #1a2b3c", (text) =>
  /^#[0-9a-f]{6}$/i.test(text),
);

/** Checks for a number in decimal digits. */
export const decimal = format("a decimal number, as in 12.50", (text) =>
  /^-?[0-9]+(\.[0-9]+)?$/.test(text),
);

function format(
  wanted: string,
  matches: (text: string) => boolean,
): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    if (matches(value)) return;
    const message = `must be ${wanted}`;
    issues.push({ code: "custom", message, input: value, continue: true });
  };
}

function isDate(text: string): boolean {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (!parts) return false;
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day >= 1 && day <= (days[month - 1] ?? 0);
}

function isTime(text: string): boolean {
  return /^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$/.test(text);
}
