import { instantMessage } from "../validation/messages";

/** Local date and time of `<input type="datetime-local">`, with optional seconds. */
const localText =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/;

/**
 * Parses a local date and time in the user's time zone. Returns `undefined` for text that is none, and for a
 * time that the clocks skipped in this zone. A time that occurred twice is the earlier one.
 */
export function parseMoment(text: string): Date | undefined {
  const match = localText.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute] = match.slice(1, 6).map(Number);
  const second = Number(match[6] ?? 0);
  const millisecond = Number((match[7] ?? "").padEnd(3, "0"));
  // The constructor would read the years 0 to 99 as 1900 to 1999.
  const date = new Date(2000, 0, 1);
  date.setFullYear(year ?? 0, (month ?? 0) - 1, day);
  date.setHours(hour ?? 0, minute, second, millisecond);
  return formatMoment(date) === withoutZeroSeconds(text) ? date : undefined;
}

/** Formats a moment as a local date and time in the user's time zone, for a control. */
export function formatMoment(date: Date): string {
  return format(
    date.getFullYear(),
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
    date.getMilliseconds(),
  );
}

/** Formats a moment as a date and time in UTC, for a page that the server renders. */
export function formatMomentInUtc(date: Date): string {
  return format(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  );
}

/** Returns the message for the text of a control that is not a moment. */
export function momentError(text: string): string {
  if (!localText.test(text)) return instantMessage;
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `This time does not exist in the time zone ${zone}, where the clocks were moved forward.`;
}

function format(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): string {
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const time = `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(millisecond, 3)}`;
  return Number.isNaN(year) ? "" : withoutZeroSeconds(`${date}T${time}`);
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}

/** Browsers leave out seconds and fractions that are zero. */
function withoutZeroSeconds(text: string): string {
  const [main = "", fraction = ""] = text.split(".");
  const digits = fraction.replace(/0+$/, "");
  if (digits !== "") return `${main}.${digits.padEnd(3, "0")}`;
  return main.replace(/(T\d{2}:\d{2}):00$/, "$1");
}
