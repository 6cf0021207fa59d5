import { createContext, type Context, type Provider } from "react";
import type { ItemDefinition } from "./definition";
import type { FieldComponents } from "./fieldProps";

/** Components that replace the default ones. */
export const FormComponentsContext: Context<Partial<FieldComponents>> =
  createContext({});

/**
 * Sets the components, by widget, of all forms below:
 * `<FormComponents.Provider value={{ text: MyInput }}>`. Define `value` outside of components.
 */
export const FormComponents: {
  readonly Provider: Provider<Partial<FieldComponents>>;
} = { Provider: FormComponentsContext.Provider };

/** Returns whether a field is invisible on the page and therefore has no place for its errors. */
export function isHiddenField(
  { widget }: ItemDefinition,
  components: Partial<FieldComponents>,
): boolean {
  return widget === "hidden" && components.hidden === undefined;
}
