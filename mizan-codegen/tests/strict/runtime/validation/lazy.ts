import * as z from "zod";

/** Stands in for the `lazy` of the runtime, and has TypeScript compare schemas and types. */
export function lazy<T>(
  build: () => { readonly _zod: { readonly output: T } },
): z.ZodType<T> {
  return z.lazy(build as () => z.ZodType<T>);
}
