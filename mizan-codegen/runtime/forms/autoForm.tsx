import type { ReactNode } from "react";
import type { Connected } from "../transport/transport";
import type { FormDefinition, FormTypes } from "./definition";
import type { FormOptions } from "./options";
import { useFormOf } from "./useForm";

/** Props of `AutoForm`. */
export interface AutoFormProps<T extends FormTypes> extends FormOptions<T> {
  /** Definition of the form to render. */
  readonly of: FormDefinition<T>;
  /** Rendered instead of the form after a successful submission. */
  readonly sent?: ReactNode;
  /** Content of the submit button: `Submit` by default. */
  readonly children?: ReactNode;
}

/** Renders a form with all of its fields in the order of their definition. */
export function AutoFormOf<T extends FormTypes>({
  of,
  api,
  sent,
  children = "Submit",
  ...options
}: AutoFormProps<T> & { readonly api: Connected }): ReactNode {
  const form = useFormOf(of, api, options);
  if (form.sent && sent !== undefined) return <form.Sent>{sent}</form.Sent>;
  return (
    <form.Form>
      <form.Errors />
      {of.fields.map(({ name }) => (
        <form.Field key={name} name={name} />
      ))}
      <form.Submit>{children}</form.Submit>
    </form.Form>
  );
}
