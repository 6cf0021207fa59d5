import type { FormSchema, StandardSchema } from "./definition";

/** The schema with the same type that is loaded on its first use. */
type Lazy<S> = S extends StandardSchema<infer T> ? FormSchema<T> : never;

/**
 * Returns the schema `name` of a module that is loaded on the first use, so that pages with a form do not contain
 * the validation library.
 *
 * If the module cannot be loaded, the browser finds no problems: the server validates all values anyway.
 */
export function lazySchema<Module, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
): Lazy<Module[Name]>;
export function lazySchema(
  load: () => Promise<Readonly<Record<string, StandardSchema<unknown>>>>,
  name: string,
): FormSchema<unknown> {
  let loading: Promise<StandardSchema<unknown> | undefined> | undefined;

  function schema(): Promise<StandardSchema<unknown> | undefined> {
    loading ??= load().then(
      (schemas) => schemas[name],
      (error: unknown) => {
        loading = undefined;
        console.warn("cannot load the schema of a form", error);
        return undefined;
      },
    );
    return loading;
  }

  return {
    preload: () => void schema(),
    "~standard": {
      async validate(value) {
        const loaded = await schema();
        return loaded ? loaded["~standard"].validate(value) : { value };
      },
    },
  };
}
