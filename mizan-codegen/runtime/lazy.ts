import * as z from "zod";

/**
 * A schema for `T` that is built when it is first used.
 *
 * That `build` returns such a schema is left to the generator: to have TypeScript compare the two
 * would take it ten times as long.
 */
export function lazy<T>(build: () => unknown): z.ZodType<T> {
  return z.lazy(build as () => z.ZodType<T>);
}
