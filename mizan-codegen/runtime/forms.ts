export { AutoFormOf, type AutoFormProps } from "./autoForm";
export { FormComponents } from "./formComponents";
export type {
  Choice,
  FieldDefinition,
  FormDefinition,
  FormTypes,
  ItemDefinition,
} from "./formDefinition";
export type { FieldComponent, FieldProps, InputProps } from "./formFieldProps";
export { useFormOf, type Form } from "./formHook";
export type { Row } from "./formList";
export type { FormOptions } from "./formSubmit";
