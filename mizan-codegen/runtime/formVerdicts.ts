import { get } from "react-hook-form";
import type { Messages } from "./formDefinition";

/** What the server has said about values, which holds until they change. */
export class ServerVerdicts {
  readonly #said = new Map<
    string,
    { readonly value: unknown; readonly messages: readonly string[] }
  >();

  /** Keeps what was said about the value at `path`; without messages there is nothing to keep. */
  set(path: string, values: object, messages: readonly string[] = []): void {
    if (messages.length === 0) this.#said.delete(path);
    else this.#said.set(path, { value: get(values, path), messages });
  }

  clear(): void {
    this.#said.clear();
  }

  /** What was said about the values as they are now. */
  about(values: object): Messages {
    const held = [...this.#said].filter(([path, { value }]) =>
      isSame(value, get(values, path)),
    );
    return Object.fromEntries(
      held.map(([path, { messages }]) => [path, messages]),
    );
  }
}

/** Whether two values of a field are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return (
    Object.is(one, other) ||
    (!(one instanceof File) && JSON.stringify(one) === JSON.stringify(other))
  );
}
