import { get } from "react-hook-form";
import type { Messages } from "./definition";

/**
 * Errors that the server reported about the values of a form.
 *
 * An error belongs to one value of a field and applies while the field has that value. The result of a
 * submission takes precedence: a later check of a submitted value does not replace it.
 */
export class ServerErrors {
  readonly #checks = new Map<string, CheckedValue>();
  #submission: { readonly values: object; messages: Messages } | undefined;

  /** Stores the errors that a check found in the value at `path`, if any. */
  recordCheck(
    path: string,
    values: object,
    messages: readonly string[] = [],
  ): void {
    if (this.#isSubmitted(path, values)) return;
    const value: unknown = get(values, path);
    this.#checks.set(path, { value, messages });
  }

  /** Starts a submission of `values`, and discards the errors of earlier checks. */
  beginSubmission(values: object): void {
    this.#checks.clear();
    this.#submission = { values: cloneValues(values), messages: {} };
  }

  /** Stores the errors of the submitted values. */
  recordRejection(messages: Messages): void {
    if (this.#submission) this.#submission.messages = messages;
  }

  /** Discards all errors, for example after a submission that failed for another reason. */
  clear(): void {
    this.#checks.clear();
    this.#submission = undefined;
  }

  /** Returns whether the server has checked the value at `path`, or receives it in a submission. */
  isValidated(path: string, values: object): boolean {
    const check = this.#checks.get(path);
    return (
      (check !== undefined && isEqual(check.value, get(values, path))) ||
      this.#isSubmitted(path, values)
    );
  }

  /** Returns the errors that apply to `values`. */
  messagesFor(values: object): Messages {
    const result = Object.create(null) as Record<string, readonly string[]>;
    for (const [path, { value, messages }] of this.#checks)
      if (messages.length > 0 && isEqual(value, get(values, path)))
        result[path] = messages;
    for (const [path, messages] of Object.entries(
      this.#submission?.messages ?? {},
    ))
      if (this.#isSubmitted(path, values)) result[path] = messages;
    return result;
  }

  #isSubmitted(path: string, values: object): boolean {
    const submitted = this.#submission?.values;
    return (
      submitted !== undefined &&
      isEqual(get(submitted, path), get(values, path))
    );
  }
}

interface CheckedValue {
  readonly value: unknown;
  readonly messages: readonly string[];
}

/** Returns whether two values of a field are equal. A file is equal only to itself. */
export function isEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (left instanceof Date && right instanceof Date)
    return left.getTime() === right.getTime();
  if (!isPlain(left) || !isPlain(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isEqual(left[key], right[key]));
}

/** Copies values deeply, so that later changes do not affect the copy. Files are shared. */
export function cloneValues<T extends object>(values: T): T {
  return clone(values) as T;
}

function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clone);
  if (!isPlain(value)) return value;
  const members = Object.entries(value).map(
    ([key, member]) => [key, clone(member)] as const,
  );
  return Object.fromEntries(members);
}

/** Returns whether a value is a list or a group, as opposed to a file or another object of the browser. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    Array.isArray(value) ||
    Object.getPrototypeOf(value ?? 0) === Object.prototype
  );
}
