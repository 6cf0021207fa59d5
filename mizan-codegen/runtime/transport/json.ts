/**
 * The start of a string that stands for an integer that a number cannot hold, in parsed JSON and in values
 * that become JSON. Strings of users never start like this, because it is different in each page.
 */
const mark = `integer:${Math.random().toString(36).slice(2)}:`;
const markedIntegers = new RegExp(`"${mark}(-?\\d+)"`, "g");

/** The number of digits of the smallest integers that a number may not be able to hold. */
const manyDigits = 16;

const quote = '"';
const backslash = 92;

/**
 * Parses JSON without rounding integers: those that a number cannot hold become marked strings, which
 * {@link integerOf} reads.
 *
 * Marking the integers in the text takes a fraction of the time of `JSON.parse` with a reviver, and every
 * engine supports it.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(markIntegers(text));
}

/**
 * Replaces integers that a number cannot hold by marked strings.
 *
 * A run of many digits contains each `manyDigits`th character, so that the search reads few of the others.
 */
export function markIntegers(text: string): string {
  let result = "";
  let copied = 0;
  let end = 0;
  const strings = new StringFinder(text);
  for (let probe = manyDigits - 1; probe < text.length;) {
    if (!isDigit(text, probe)) {
      probe += manyDigits;
      continue;
    }
    let start = probe;
    while (start > end && isDigit(text, start - 1)) start -= 1;
    end = probe + 1;
    while (isDigit(text, end)) end += 1;
    probe = end + manyDigits;
    if (end - start < manyDigits) continue;
    const index = start - (text[start - 1] === "-" ? 1 : 0);
    if (!startsValue(text, index) || !endsValue(text, end)) continue;
    // JSON has no leading zeros.
    if (text[start] === "0" || strings.contains(index)) continue;
    const digits = text.slice(index, end);
    if (Number.isSafeInteger(Number(digits))) continue;
    result += `${text.slice(copied, index)}"${mark}${digits}"`;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** Finds whether positions in JSON are inside of strings, which may contain digits. */
class StringFinder {
  private readonly text: string;
  private scanned = 0;
  private isInString = false;

  constructor(text: string) {
    this.text = text;
  }

  /** Returns whether a position is inside of a string. Positions ascend. */
  contains(index: number): boolean {
    return !followsKey(this.text, index) && this.isWithinQuotes(index);
  }

  /** Counts the quotes before the position. */
  private isWithinQuotes(index: number): boolean {
    const { text } = this;
    while (this.scanned < index) {
      const next = text.indexOf(quote, this.scanned);
      if (next === -1 || next >= index) {
        this.scanned = index;
        break;
      }
      if (!this.isInString || !isEscaped(text, next))
        this.isInString = !this.isInString;
      this.scanned = next + 1;
    }
    return this.isInString;
  }
}

/** Returns whether a position certainly follows a key: before it are a colon and a quote that ends a string. */
function followsKey(text: string, index: number): boolean {
  return (
    text[index - 1] === ":" &&
    text[index - 2] === quote &&
    // A quote that begins a string follows one of these, and one inside of a string follows a backslash.
    !/[[\]{},:\s\\]/.test(text.charAt(index - 3))
  );
}

/** Converts a value to JSON, with marked strings as integers. */
export function stringifyJson(value: unknown): string | undefined {
  const json = JSON.stringify(value) as string | undefined;
  return json && unmarkIntegers(json);
}

/** Converts an encoded input to a value that `JSON.stringify` accepts and that is the same in every page. */
export function toJsonKey(encoded: unknown): unknown {
  const json = JSON.stringify(encoded) as string | undefined;
  if (!json?.includes(mark)) return encoded;
  return JSON.parse(unmarkIntegers(json, '"$1n"'));
}

/** Returns a number, or a marked string if a number cannot hold the integer. */
export function markInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : mark + String(value);
}

/** Returns the digits of a marked string. */
export function integerOf(json: unknown): string | undefined {
  return typeof json === "string" && json.startsWith(mark)
    ? json.slice(mark.length)
    : undefined;
}

/** Replaces marked strings in parsed JSON by rounded numbers, as `JSON.parse` does. */
export function decodeIntegers(json: unknown): unknown {
  const digits = integerOf(json);
  if (digits !== undefined) return Number(digits);
  if (typeof json !== "object" || json === null) return json;
  const members = json as Record<string, unknown>;
  for (const key of Object.keys(members))
    members[key] = decodeIntegers(members[key]);
  return json;
}

/** Replaces marked strings in JSON by integers. */
export function unmarkIntegers(json: string, replacement = "$1"): string {
  return json.includes(mark) ? json.replace(markedIntegers, replacement) : json;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** Returns whether a number can start here: after a colon, a bracket, a comma or white space. */
function startsValue(text: string, index: number): boolean {
  return index === 0 || /[:[,\s]/.test(text.charAt(index - 1));
}

/** Returns whether a value can end here: before a comma, a bracket, white space or the end of the text. */
function endsValue(text: string, index: number): boolean {
  return index === text.length || /[\],}\s]/.test(text.charAt(index));
}

/** Returns whether an odd number of backslashes precedes a quote. */
function isEscaped(text: string, index: number): boolean {
  let start = index;
  while (text.charCodeAt(start - 1) === backslash) start -= 1;
  return (index - start) % 2 === 1;
}
