import * as z from "zod";
import { withServerMessages } from "./errorMessages";

/**
 * A schema for `T` that is built when it is first used, and that speaks as the server does.
 *
 * That `build` returns such a schema is left to the generator: to have TypeScript compare the two
 * would take it ten times as long.
 */
export function lazy<T>(build: () => unknown): z.ZodType<T> {
  return z.lazy(() => withServerMessages(build() as z.ZodType<T>));
}
