import {
  useRef,
  type ButtonHTMLAttributes,
  type ComponentType,
  type FormHTMLAttributes,
  type HTMLAttributes,
  type ReactNode,
} from "react";
import { createList, type ListProps } from "./list";
import type { FieldDefinition, FormTypes } from "./definition";
import { FormField, type FieldOverrides } from "./field";
import { useFocusRequest } from "./focus";
import type { FormController } from "./controller";
import { Errors, OtherErrors } from "./errorSummary";
import { useStore } from "./status";

/** The parts that a form is put together from. They stay the same from one rendering to the next. */
export interface FormParts<T extends FormTypes> {
  /** The `<form>` itself. */
  readonly Form: ComponentType<FormProps>;
  /** A field with its label, its help and its errors; all of them for a group or a list. */
  readonly Field: ComponentType<{ readonly name: T["field"] } & FieldOverrides>;
  /** The rows of a list, with the buttons that add and remove one. */
  readonly Array: <L extends keyof T["rows"] & string>(
    props: ListProps<L, T["rows"][L] & string>,
  ) => ReactNode;
  /** The errors of the form as a whole, and of fields that are not on the page. */
  readonly Errors: ComponentType;
  /** The message after a success. It gets the focus if the submit button had it. */
  readonly Sent: ComponentType<HTMLAttributes<HTMLDivElement>>;
  /** The button that submits the form. */
  readonly Submit: ComponentType<ButtonHTMLAttributes<HTMLButtonElement>>;
}

/** Props of the `<form>`: all but how it is sent. */
export type FormProps = Omit<
  FormHTMLAttributes<HTMLFormElement>,
  "action" | "encType" | "method" | "noValidate" | "onSubmit"
>;

/** Makes the parts of a form. */
export function createParts<T extends FormTypes>(
  form: FormController,
): FormParts<T> {
  return {
    Form: (props) => <FormElement controller={form} {...props} />,
    Field: ({ name, ...overrides }) => (
      <FormField form={form} path={name} overrides={overrides} />
    ),
    Array: createList(form) as FormParts<T>["Array"],
    Errors: () => <Errors form={form} />,
    Sent: (props) => <Sent controller={form} {...props} />,
    Submit: (props) => <Submit controller={form} {...props} />,
  };
}

function FormElement({
  controller: form,
  children,
  onPointerDown,
  ...props
}: FormProps & { readonly controller: FormController }): ReactNode {
  const { definition, action } = form;
  const { state, token, isHydrated } = useStore(form.status);
  const element = useRef<HTMLFormElement>(null);
  useFocusRequest(form.focus, "errors", element, focusFirstError);
  return (
    <form
      aria-label={definition.title}
      {...props}
      ref={element}
      method="post"
      action={action}
      encType={hasFiles(definition.fields) ? "multipart/form-data" : undefined}
      noValidate={isHydrated}
      onPointerDown={(event) => {
        onPointerDown?.(event);
        form.pointer.onPointerDown();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void form.submit();
      }}
    >
      {/* The first button of a form is the one that Enter presses: not one that adds a row. */}
      {hasLists(definition.fields) && <button type="submit" hidden />}
      <input type="hidden" name="__token" value={token} />
      <input type="hidden" name="__page" value={state.page} />
      {form.next !== undefined && (
        <input type="hidden" name="__next" value={form.next} />
      )}
      {children}
      <OtherErrors form={form} />
    </form>
  );
}

/** Gets the focus as it appears, which has screen readers read it too. */
function Sent({
  controller,
  ...props
}: HTMLAttributes<HTMLDivElement> & {
  readonly controller: FormController;
}): ReactNode {
  const { sent } = useStore(controller.status);
  const element = useRef<HTMLDivElement>(null);
  useFocusRequest(controller.focus, "success", element, (it) => it.focus());
  if (!sent) return null;
  return <div role="status" tabIndex={-1} {...props} ref={element} />;
}

/** Stays enabled while the form is submitted, as a disabled button would lose the focus. */
function Submit({
  controller,
  ...props
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly controller: FormController;
}): ReactNode {
  const { isSubmitting } = useStore(controller.status);
  return (
    <button
      type="submit"
      aria-disabled={isSubmitting || undefined}
      {...props}
    />
  );
}

/** Focuses the first field that is wrong; where none is, what is wrong with the whole form. */
function focusFirstError(form: HTMLFormElement): void {
  const invalid =
    form.querySelector('[aria-invalid="true"], [data-invalid]') ??
    form.querySelector("[data-errors]:not(:empty)");
  const target = invalid?.matches("fieldset")
    ? invalid.querySelector("input, select, textarea, button")
    : invalid;
  (target as HTMLElement | null | undefined)?.focus();
}

function hasFiles(fields: readonly FieldDefinition[]): boolean {
  return fields.some(
    ({ widget, fields = [] }) =>
      widget === "file" || widget === "image" || hasFiles(fields),
  );
}

function hasLists(fields: readonly FieldDefinition[]): boolean {
  return fields.some(
    ({ list, fields = [] }) => list !== undefined || hasLists(fields),
  );
}
