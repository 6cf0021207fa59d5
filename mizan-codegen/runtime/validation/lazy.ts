import * as z from "zod";

/**
 * Creates a schema for `T` that is built when it is first used.
 *
 * The generator guarantees that `build` returns a schema for `T`: comparing the two types would make type
 * checking ten times as slow.
 */
export function lazy<T>(build: () => unknown): z.ZodType<T> {
  return z.lazy(build as () => z.ZodType<T>);
}
