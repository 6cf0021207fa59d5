export { AutoFormOf, type AutoFormProps } from "./autoForm";
export { FormComponents } from "./components";
export type {
  Choice,
  FieldDefinition,
  FormDefinition,
  FormTypes,
  ItemDefinition,
} from "./definition";
export type { FieldComponent, FieldProps, InputProps } from "./fieldProps";
export { lazySchema } from "./lazySchema";
export { useFormOf, type Form } from "./useForm";
export type { Row } from "./list";
export type { FormOptions } from "./options";
export type { Redirect } from "../transport/redirect";
