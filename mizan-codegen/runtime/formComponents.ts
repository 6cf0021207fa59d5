import { createContext, type Provider } from "react";
import type { ItemDefinition } from "./formDefinition";
import type { FieldComponents } from "./formFieldProps";

/** The components to use in place of mizan's own. */
export const FormComponentsContext = createContext<Partial<FieldComponents>>(
  {},
);

/**
 * Has the forms below use components of one's own, by widget:
 * `<FormComponents.Provider value={{ text: MyInput }}>`. Keep `value` outside of components.
 */
export const FormComponents: {
  readonly Provider: Provider<Partial<FieldComponents>>;
} = { Provider: FormComponentsContext.Provider };

/** Returns whether a field is invisible on the page, and so has no place for its errors. */
export function isUnseen(
  { widget }: ItemDefinition,
  components: Partial<FieldComponents>,
): boolean {
  return widget === "hidden" && components.hidden === undefined;
}
