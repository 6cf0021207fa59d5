import type { ReactNode } from "react";
import type { Connected } from "../transport/transport";
import type { FormDefinition, FormTypes } from "./definition";
import type { FormOptions } from "./options";
import { useFormOf } from "./useForm";

/** Props of `AutoForm`, with `params` if the form has params. */
export type AutoFormProps<T extends FormTypes> = AutoFormOptions<T> &
  (T["params"] extends object
    ? { readonly params: T["params"] }
    : { readonly params?: undefined });

interface AutoFormOptions<T extends FormTypes> extends FormOptions<T> {
  /** Definition of the form to render. */
  readonly of: FormDefinition<T>;
  /** Rendered instead of the form after a successful submission. */
  readonly sent?: ReactNode;
  /** Content of the submit button: `Submit` by default. */
  readonly children?: ReactNode;
}

/** Renders a form with all of its fields in the order of their definition. */
export function AutoFormOf<T extends FormTypes>({
  props,
  api,
}: {
  readonly props: AutoFormProps<T>;
  readonly api: Connected;
}): ReactNode {
  const { of, sent, children = "Submit", params } = props;
  const form = useFormOf(of, api, props, params);
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
