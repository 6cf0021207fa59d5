import { createContext, type Provider } from "react";
import type { ItemDefinition } from "./definition";
import type { FieldComponents } from "./fieldProps";

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
export function isHiddenField(
  { widget }: ItemDefinition,
  components: Partial<FieldComponents>,
): boolean {
  return widget === "hidden" && components.hidden === undefined;
}
