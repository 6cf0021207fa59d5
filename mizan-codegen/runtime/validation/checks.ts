import type * as z from "zod";
import { isEmail } from "./email";
import {
  emailMessage,
  patternMessage,
  pluralize,
  requiredMessage,
  urlMessage,
} from "./messages";

export {
  color,
  date,
  dateTime,
  decimal,
  instant,
  plausibleDate,
  plausibleDateTime,
  plausibleDecimal,
  plausibleTime,
  time,
  uuid,
} from "./formats";

/** Check of a Zod schema that adds its findings to the issues. */
type Check<T> = z.core.CheckFn<T>;

/** Limits on the number of characters or items. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** Limits on the number of items. */
export interface ItemLimits extends Limits {
  /** True if equal items count once, as in a set. */
  readonly distinct?: boolean;
}

/** Bounds of a number. */
export interface Bounds<T extends number | bigint> {
  readonly min?: T;
  readonly exclusiveMin?: T;
  readonly max?: T;
  readonly exclusiveMax?: T;
}

/** Limits on the type and size of a file. */
export interface FileLimits {
  /** Comma-separated types and file extensions, as in HTML's `accept`. */
  readonly accept?: string;
  readonly maxBytes?: number;
}

/**
 * Checks the number of characters of a text. It counts code points, as Rust does, whereas `length` counts
 * UTF-16 units.
 */
export function characters(limits: Limits, message?: string): Check<string> {
  return counted(
    "character",
    limits,
    (text) => Array.from(text).length,
    message,
  );
}

/** Checks the number of items of a list. */
export function items(
  limits: ItemLimits,
  message?: string,
): z.core.$ZodCheck<readonly unknown[]> {
  return forLists(counted("item", limits, itemCounter(limits), message));
}

/** Checks the number of rows of a form's list. Too many rows are reported before other errors. */
export function rows(
  limits: ItemLimits,
  message?: string,
): z.core.$ZodCheck<readonly unknown[]> {
  const { min = 0, max = Infinity } = limits;
  const count = itemCounter(limits);
  const few = counted(
    "item",
    { min },
    count,
    message ?? countMessage("item", min, max),
  );
  const many = counted("item", { max }, count, message);
  return forLists((payload) => {
    void few(payload);
    void many(payload);
  });
}

/** Checks that a number is within bounds. */
export function range<T extends number | bigint>(
  bounds: Bounds<T>,
  message?: string,
): Check<T> {
  const { min, exclusiveMin, max, exclusiveMax } = bounds;
  return check(
    message ?? rangeMessage(bounds),
    (value) =>
      (min === undefined || value >= min) &&
      (exclusiveMin === undefined || value > exclusiveMin) &&
      (max === undefined || value <= max) &&
      (exclusiveMax === undefined || value < exclusiveMax),
  );
}

/** Checks that a text is an email address. */
export function email(message: string = emailMessage): Check<string> {
  return check(message, isEmail);
}

/** Checks that a text is a URL. */
export function url(message: string = urlMessage): Check<string> {
  return check(message, (text) => {
    try {
      return Boolean(new URL(text));
    } catch {
      return false;
    }
  });
}

/** Checks that a part of a text matches a pattern. */
export function pattern(
  pattern: RegExp,
  message: string = patternMessage,
): Check<string> {
  return check(message, (text) => pattern.test(text));
}

/** Checks that a text contains another one. */
export function contains(
  part: string,
  message = "A required part is missing.",
): Check<string> {
  return check(message, (text) => text.includes(part));
}

/** Checks that a text does not contain another one. */
export function doesNotContain(
  part: string,
  message = "Contains a part that is not allowed.",
): Check<string> {
  return check(message, (text) => !text.includes(part));
}

/** Checks that a property of an object has the same value as another property, if both are valid. */
export function mustMatch(
  name: string,
  other: string,
  message = "Does not match.",
): z.core.$ZodCheck<object> {
  const matches: Check<object> = ({ value, issues }) => {
    const values = new Map<string, unknown>(Object.entries(value));
    const isInvalid = issues.some(
      ({ path: [start] = [] }) => start === name || start === other,
    );
    if (isInvalid || jsonOf(values.get(name)) === jsonOf(values.get(other)))
      return;
    issues.push({
      code: "custom",
      message,
      input: value,
      path: [name],
      continue: true,
    });
  };
  return always(
    matches,
    (value) => typeof value === "object" && value !== null,
  );
}

/** Checks that a text contains more than white space. Blank text gets no other message. */
export const notBlank: Check<string> = ({ value, issues }) => {
  if (isBlank(value))
    issues.push({ code: "custom", message: requiredMessage, input: value });
};

/** Combines `notBlank` and `characters`. Blank text of the wrong length gets `message` too. */
export function filled(limits: Limits, message: string): Check<string> {
  const hasLength = characters(limits, message);
  return (payload) => {
    const { value, issues } = payload;
    const before = issues.length;
    void hasLength(payload);
    if (!isBlank(value)) return;
    const text = issues.length > before ? message : requiredMessage;
    issues.splice(before);
    issues.push({ code: "custom", message: text, input: value });
  };
}

/** Checks that a text has no control characters, such as line breaks. */
export const singleLine: Check<string> = check(
  "Must be one line without control characters.",
  (text) => !/\p{Cc}/u.test(text),
);

/** Checks the number of bytes of a text in UTF-8. */
export function maxBytes(max: number): Check<string> {
  return check(
    `Must have at most ${pluralize(max, "byte")}.`,
    (text) => new TextEncoder().encode(text).length <= max,
  );
}

/** Checks the size and the type of a file. The server checks a type that the browser does not know. */
export function file({ accept, maxBytes = Infinity }: FileLimits): Check<File> {
  return ({ value, issues }) => {
    const issue = { code: "custom", input: value, continue: true } as const;
    if (value.size === 0)
      issues.push({ ...issue, message: "The file is empty." });
    if (value.size > maxBytes)
      issues.push({
        ...issue,
        message: `The file must be at most ${formatSize(maxBytes)}.`,
      });
    if (accept !== undefined && !isAccepted(value, accept))
      issues.push({ ...issue, message: `Choose a file of type ${accept}.` });
  };
}

/** Makes a check of a list run even if some items are invalid. */
function forLists(
  check: Check<readonly unknown[]>,
): z.core.$ZodCheck<readonly unknown[]> {
  return always(check, Array.isArray);
}

/** Makes a check run for certain values even if some of their parts are invalid. */
function always<T>(
  check: Check<T>,
  isChecked: (value: unknown) => boolean,
): z.core.$ZodCheck<T> {
  const when = ({ value }: z.core.ParsePayload): boolean => isChecked(value);
  return {
    _zod: { def: { check: "custom", when }, onattach: [], check },
  };
}

/** Creates a check that does not stop later checks, because the server reports all errors of a field. */
function check<T>(message: string, isValid: (value: T) => boolean): Check<T> {
  return ({ value, issues }) => {
    if (!isValid(value))
      issues.push({ code: "custom", message, input: value, continue: true });
  };
}

function counted<T>(
  unit: string,
  { min = 0, max = Infinity }: Limits,
  count: (value: T) => number,
  message = countMessage(unit, min, max),
): Check<T> {
  return check(message, (value) => {
    const length = count(value);
    return length >= min && length <= max;
  });
}

/** Returns the function that counts items. Two items are equal if they are equal as JSON. */
function itemCounter({
  distinct = false,
}: ItemLimits): (list: readonly unknown[]) => number {
  if (!distinct) return (list) => list.length;
  return (list) => new Set(list.map(jsonOf)).size;
}

/** Returns a value as JSON, with `null` for an absent one. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) =>
    typeof part === "bigint" ? String(part) : part,
  );
}

function countMessage(unit: string, min: number, max: number): string {
  if (min === max) return `Must have exactly ${pluralize(min, unit)}.`;
  if (max === Infinity) return `Must have at least ${pluralize(min, unit)}.`;
  if (min === 0) return `Must have at most ${pluralize(max, unit)}.`;
  return `Must have ${min} to ${pluralize(max, unit)}.`;
}

/** Formats a number of bytes in the largest unit without a fraction, as the server does. */
function formatSize(bytes: number): string {
  if (bytes > 0 && bytes % 1_000_000 === 0) return `${bytes / 1_000_000} MB`;
  if (bytes > 0 && bytes % 1_000 === 0) return `${bytes / 1_000} kB`;
  return pluralize(bytes, "byte");
}

function isBlank(text: string): boolean {
  return /^\p{White_Space}*$/u.test(text);
}

function rangeMessage(bounds: Bounds<number | bigint>): string {
  const descriptions = [
    ["at least", bounds.min],
    ["more than", bounds.exclusiveMin],
    ["at most", bounds.max],
    ["less than", bounds.exclusiveMax],
  ] as const;
  const parts = descriptions.flatMap(([description, bound]) =>
    bound === undefined ? [] : `${description} ${bound}`,
  );
  return `Must be ${parts.join(" and ")}.`;
}

function isAccepted({ name, type }: File, accept: string): boolean {
  if (type === "") return true;
  return accept.split(",").some((part) => {
    const wanted = part.trim().toLowerCase();
    if (wanted.startsWith(".")) return name.toLowerCase().endsWith(wanted);
    if (wanted.endsWith("/*")) return type.startsWith(wanted.slice(0, -1));
    return wanted === "*/*" || type === wanted;
  });
}
