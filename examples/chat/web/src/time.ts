const units = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** Formats a date and time in UTC to the minute, identically on the server and in every browser. */
export function inUtc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Formats a date and time in the time zone and locale of the visitor. */
export function inLocalZone(at: Date): string {
  return at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Formats the time since a date, such as "5 minutes ago". */
export function ago(at: Date, now = new Date()): string {
  // Not a constant of the module, because QuickJS on the server does not have `Intl`.
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const seconds = (at.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length)
      return relative.format(Math.round(seconds / length), unit);
  return "just now";
}
