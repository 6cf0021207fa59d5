import type { ReactNode } from "react";
import type { FormDefinition, FormTypes } from "./definition";
import { useFormOf } from "./useForm";
import type { FormOptions } from "./submit";
import type { Connected } from "../transport/transport";

/** Props of a form that is rendered from its definition alone. */
export interface AutoFormProps<T extends FormTypes> extends FormOptions<T> {
  readonly of: FormDefinition<T>;
  /** Shown in place of the form after a success. */
  readonly sent?: ReactNode;
  /** What the button says: `Submit` when left out. */
  readonly children?: ReactNode;
}

/** Renders a form with all of its fields in their order. */
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
