import { get } from "react-hook-form";
import type { Messages } from "./definition";

/**
 * What the server has said about the values of a form.
 *
 * A verdict is about one value of a field, and holds as long as the field has that value. A submission
 * has the last word on the values that it sent: no check of one of them replaces what it said.
 */
export class ServerErrors {
  readonly #checked = new Map<string, Verdict>();
  #submission: { readonly values: object; messages: Messages } | undefined;

  /** Keeps what a check found wrong with the value at `path`, which may be nothing. */
  recordCheck(
    path: string,
    values: object,
    messages: readonly string[] = [],
  ): void {
    if (!this.#isSubmitted(path, values))
      this.#checked.set(path, { value: get(values, path), messages });
  }

  /** `values` are sent: what was said before counts no more. */
  beginSubmission(values: object): void {
    this.#checked.clear();
    this.#submission = { values: cloneValues(values), messages: {} };
  }

  /** Keeps what is wrong with the values that were sent. */
  recordRejection(messages: Messages): void {
    if (this.#submission) this.#submission.messages = messages;
  }

  /** Forgets everything, as after a submission that came to no verdict about its values. */
  clear(): void {
    this.#checked.clear();
    this.#submission = undefined;
  }

  /** Returns whether the server has checked the value at `path`, or is checking it in a submission. */
  isValidated(path: string, values: object): boolean {
    const checked = this.#checked.get(path);
    return (
      (checked !== undefined && isEqual(checked.value, get(values, path))) ||
      this.#isSubmitted(path, values)
    );
  }

  /** What was said about the values as they are now. */
  messagesFor(values: object): Messages {
    const said: Record<string, readonly string[]> = Object.create(null);
    for (const [path, { value, messages }] of this.#checked)
      if (messages.length > 0 && isEqual(value, get(values, path)))
        said[path] = messages;
    for (const [path, messages] of Object.entries(
      this.#submission?.messages ?? {},
    ))
      if (this.#isSubmitted(path, values)) said[path] = messages;
    return said;
  }

  #isSubmitted(path: string, values: object): boolean {
    const sent = this.#submission?.values;
    return sent !== undefined && isEqual(get(sent, path), get(values, path));
  }
}

interface Verdict {
  readonly value: unknown;
  readonly messages: readonly string[];
}

/** Returns whether two values of a field are equal. A file is equal only to itself. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isPlain(one) || !isPlain(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isEqual(one[key], other[key]));
}

/** A copy of values that later changes do not reach; files stay what they are. */
export function cloneValues<T extends object>(values: T): T {
  return copy(values) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isPlain(value)) return value;
  const members = Object.entries(value).map(
    ([key, member]) => [key, copy(member)] as const,
  );
  return Object.fromEntries(members);
}

/** Returns whether a value is a list or a group, and not a file or another object of the browser. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    Array.isArray(value) ||
    Object.getPrototypeOf(value ?? 0) === Object.prototype
  );
}
