import type * as z from "zod";
import { isEmail } from "./email";

export { color, date, dateTime, decimal, instant, time } from "./formats";

/** A check of a Zod schema, which adds what is wrong to the issues. */
type Check<T> = z.core.CheckFn<T>;

/** How many characters or items there may be. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** Between which numbers a number may be. */
export interface Bounds {
  readonly min?: number;
  readonly exclusiveMin?: number;
  readonly max?: number;
  readonly exclusiveMax?: number;
}

/** Which files a field takes. */
export interface FileLimits {
  /** Types and endings with commas between them, as HTML's `accept` has them. */
  readonly accept?: string;
  readonly maxBytes?: number;
}

/**
 * Checks how many characters a text has, counted as Rust counts them: code points, where `length`
 * counts UTF-16 units.
 */
export function characters(limits: Limits, message?: string): Check<string> {
  return counted("character", limits, (text) => [...text].length, message);
}

/** Checks how many items a list has. */
export function items(
  limits: Limits,
  message?: string,
): z.core.$ZodCheck<readonly unknown[]> {
  return ofLists(counted("item", limits, (list) => list.length, message));
}

/** Checks how many rows a list of a form has; too many are counted before anything else is looked at. */
export function rows(
  limits: Limits,
  message?: string,
): z.core.$ZodCheck<readonly unknown[]> {
  const { min = 0, max = Infinity } = limits;
  const few = counted<readonly unknown[]>(
    "item",
    { min },
    (list) => list.length,
    message ?? countWords("item", min, max),
  );
  const many = counted<readonly unknown[]>(
    "item",
    { max },
    (list) => list.length,
    message,
  );
  return ofLists((payload) => {
    void few(payload);
    void many(payload);
  });
}

/** Checks between which numbers a number is. */
export function range(bounds: Bounds, message?: string): Check<number> {
  const {
    min = -Infinity,
    exclusiveMin = -Infinity,
    max = Infinity,
    exclusiveMax = Infinity,
  } = bounds;
  return check(
    message ?? rangeWords(bounds),
    (value) =>
      value >= min &&
      value > exclusiveMin &&
      value <= max &&
      value < exclusiveMax,
  );
}

/** Checks that a text is an email address. */
export function email(message = "Enter a valid email address."): Check<string> {
  return check(message, isEmail);
}

/** Checks that a text is a URL. */
export function url(message = "Enter a valid URL."): Check<string> {
  return check(message, (text) => {
    try {
      return Boolean(new URL(text));
    } catch {
      return false;
    }
  });
}

/** Checks that a text matches a pattern somewhere. */
export function pattern(
  pattern: RegExp,
  message = "Does not have the expected format.",
): Check<string> {
  return check(message, (text) => pattern.test(text));
}

/** Checks that a text is not made of white space alone. Nothing else is said of one that is. */
export const notBlank: Check<string> = ({ value, issues }) => {
  if (isBlank(value))
    issues.push({
      code: "custom",
      message: "This field is required.",
      input: value,
    });
};

/** As `notBlank` and `characters`: what `message` says of the length is said of a blank text too. */
export function filled(limits: Limits, message: string): Check<string> {
  const hasLength = characters(limits, message);
  return (payload) => {
    const { value, issues } = payload;
    const before = issues.length;
    void hasLength(payload);
    if (!isBlank(value)) return;
    const said = issues.length > before ? message : "This field is required.";
    issues.splice(before);
    issues.push({ code: "custom", message: said, input: value });
  };
}

/** Checks that a text has no control characters, which line breaks are too. */
export const singleLine: Check<string> = check(
  "Must be one line without control characters.",
  (text) => !/\p{Cc}/u.test(text),
);

/** Checks how many bytes a text has in UTF-8. */
export function maxBytes(max: number): Check<string> {
  return check(
    `Must have at most ${counts(max, "byte")}.`,
    (text) => new TextEncoder().encode(text).length <= max,
  );
}

/** Checks a file. What a browser does not know of it is left to the server. */
export function file({ accept, maxBytes = Infinity }: FileLimits): Check<File> {
  return ({ value, issues }) => {
    const issue = { code: "custom", input: value, continue: true } as const;
    if (value.size === 0)
      issues.push({ ...issue, message: "The file is empty." });
    if (value.size > maxBytes)
      issues.push({
        ...issue,
        message: `The file must be at most ${sizeWords(maxBytes)}.`,
      });
    if (accept !== undefined && !isAccepted(value, accept))
      issues.push({ ...issue, message: `Choose a file of type ${accept}.` });
  };
}

/** Checks that no two items of a list are the same JSON. */
export const unique: z.core.$ZodCheck<readonly unknown[]> = ofLists(
  check(
    "Must not contain the same item twice.",
    (list) =>
      new Set(list.map((item) => JSON.stringify(item))).size === list.length,
  ),
);

/** A list is checked whatever is wrong with its items. */
function ofLists(
  check: Check<readonly unknown[]>,
): z.core.$ZodCheck<readonly unknown[]> {
  const when = ({ value }: z.core.ParsePayload): boolean =>
    Array.isArray(value);
  return {
    _zod: { def: { check: "custom", when }, onattach: [], check },
  };
}

/** Further checks run after a broken one, as the server tells all that is wrong with a field. */
function check<T>(message: string, isRight: (value: T) => boolean): Check<T> {
  return ({ value, issues }) => {
    if (!isRight(value))
      issues.push({ code: "custom", message, input: value, continue: true });
  };
}

function counted<T>(
  unit: string,
  { min = 0, max = Infinity }: Limits,
  count: (value: T) => number,
  message = countWords(unit, min, max),
): Check<T> {
  return check(message, (value) => {
    const length = count(value);
    return length >= min && length <= max;
  });
}

function countWords(unit: string, min: number, max: number): string {
  if (min === max) return `Must have exactly ${counts(min, unit)}.`;
  if (max === Infinity) return `Must have at least ${counts(min, unit)}.`;
  if (min === 0) return `Must have at most ${counts(max, unit)}.`;
  return `Must have ${min} to ${counts(max, unit)}.`;
}

function counts(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** A number of bytes in the largest unit that takes it whole, as the server writes it. */
function sizeWords(bytes: number): string {
  if (bytes > 0 && bytes % 1_000_000 === 0) return `${bytes / 1_000_000} MB`;
  if (bytes > 0 && bytes % 1_000 === 0) return `${bytes / 1_000} kB`;
  return counts(bytes, "byte");
}

function isBlank(text: string): boolean {
  return /^\p{White_Space}*$/u.test(text);
}

function rangeWords(bounds: Bounds): string {
  const words = [
    ["at least", bounds.min],
    ["more than", bounds.exclusiveMin],
    ["at most", bounds.max],
    ["less than", bounds.exclusiveMax],
  ] as const;
  const said = words.flatMap(([words, bound]) =>
    bound === undefined ? [] : `${words} ${bound}`,
  );
  return `Must be ${said.join(" and ")}.`;
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
