import type { FormSchema, StandardSchema } from "./definition";

/**
 * Returns the schema `name` of a module that is loaded on the first use, so that pages with a form do not contain
 * the validation library.
 *
 * If the module cannot be loaded, the browser finds no problems: the server validates all values anyway.
 */
export function lazySchema<T, const Name extends string>(
  load: () => Promise<Readonly<Record<Name, StandardSchema<T>>>>,
  name: Name,
): FormSchema<T> {
  let loading: Promise<StandardSchema<T> | undefined> | undefined;

  function schema(): Promise<StandardSchema<T> | undefined> {
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
        return loaded
          ? loaded["~standard"].validate(value)
          : { value: value as T };
      },
    },
  };
}
