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
import { useStore } from "./store";
import { controlText } from "./values";

/** Components of a form. They are created once, so that React keeps their state. */
export interface FormParts<T extends FormTypes> {
  /** The `<form>` element. */
  readonly Form: ComponentType<FormProps>;
  /** A field with its label, help text and errors. For a group or a list, all of its fields. */
  readonly Field: ComponentType<{ readonly name: T["field"] } & FieldOverrides>;
  /** The rows of a list, with buttons to add and remove rows. */
  readonly Array: <L extends keyof T["rows"] & string>(
    props: ListProps<L, T["rows"][L] & string>,
  ) => ReactNode;
  /** Errors of the form as a whole, and of fields that are not rendered. */
  readonly Errors: ComponentType;
  /** Message after a successful submission. It receives the focus if the submit button had it. */
  readonly Sent: ComponentType<HTMLAttributes<HTMLDivElement>>;
  /** The button that submits the form. */
  readonly Submit: ComponentType<ButtonHTMLAttributes<HTMLButtonElement>>;
}

/** Props of the `<form>` element, except for those that determine how it is sent. */
export type FormProps = Omit<
  FormHTMLAttributes<HTMLFormElement>,
  "action" | "encType" | "method" | "noValidate" | "onSubmit"
>;

/** Creates the components of a form. */
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
  onFocus,
  onPointerDown,
  ...props
}: FormProps & { readonly controller: FormController }): ReactNode {
  const { definition, action } = form;
  const { state, params, token, next, isHydrated } = useStore(form.status);
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
      onFocus={(event) => {
        onFocus?.(event);
        definition.schema.preload?.();
      }}
      onPointerDown={(event) => {
        onPointerDown?.(event);
        form.pointer.onPointerDown();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void form.submit();
      }}
    >
      {/* Enter activates the first submit button of a form, which must not be one that adds a row. */}
      {hasLists(definition.fields) && <button type="submit" hidden />}
      <input type="hidden" name="__token" value={token} />
      <input type="hidden" name="__page" value={state.page} />
      {next !== undefined && <input type="hidden" name="__next" value={next} />}
      {Object.entries(params).map(([name, value]) => (
        <input
          key={name}
          type="hidden"
          name={name}
          value={controlText(value)}
        />
      ))}
      {children}
      <OtherErrors form={form} />
    </form>
  );
}

/** Receives the focus when it appears, so that screen readers announce it. */
function Sent({
  controller,
  ...props
}: HTMLAttributes<HTMLDivElement> & {
  readonly controller: FormController;
}): ReactNode {
  const { submission } = useStore(controller.status);
  const element = useRef<HTMLDivElement>(null);
  useFocusRequest(controller.focus, "success", element, (node) => node.focus());
  if (submission.phase !== "succeeded") return null;
  return <div role="status" tabIndex={-1} {...props} ref={element} />;
}

/** Remains enabled during a submission, because a disabled button would lose the focus. */
function Submit({
  controller,
  ...props
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly controller: FormController;
}): ReactNode {
  const { submission } = useStore(controller.status);
  return (
    <button
      type="submit"
      aria-disabled={submission.phase === "submitting" || undefined}
      {...props}
    />
  );
}

/** Focuses the first invalid field, or the errors of the form as a whole. */
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
