import { useContext, useEffect, useRef, type ReactNode } from "react";
import { get, useController, useFormState } from "react-hook-form";
import { FormComponentsContext, isHiddenField } from "./components";
import { dynamicChoices, elementId, type FormController } from "./controller";
import { defaultComponents } from "./controls";
import { fieldAt, valuePath, type ItemDefinition } from "./definition";
import { messagesOf, root } from "./errors";
import type { FieldComponents, FieldProps } from "./fieldProps";
import { getInputProps, getOptionProps } from "./inputProps";
import { FormList } from "./list";
import { useRenderedField } from "./renderedFields";
import { useStore } from "./store";
import { fieldText, parseControlValue } from "./values";
import { decodeChoices } from "./wire";

/** Texts of a field that replace the server's. */
export interface FieldOverrides {
  readonly label?: ReactNode;
  readonly help?: ReactNode;
  readonly placeholder?: string;
}

interface FormFieldProps {
  readonly form: FormController;
  readonly path: string;
  readonly overrides?: FieldOverrides;
}

/** Renders the field at a path with the component for its widget. */
export function FormField({
  form,
  path,
  overrides = {},
}: FormFieldProps): ReactNode {
  const field = fieldAt(form.definition.fields, path);
  if (!field)
    throw new Error(`the form ${form.definition.name} has no field ${path}`);
  const props = { form, path, field, overrides };
  if (field.list) return <FormList {...props} />;
  return field.fields ? <Group {...props} /> : <Control {...props} />;
}

type ResolvedProps = Required<FormFieldProps> & {
  readonly field: ItemDefinition;
};

function Control({ form, path, field, overrides }: ResolvedProps): ReactNode {
  const components = useContext(FormComponentsContext);
  const status = useStore(form.status);
  const name = valuePath(form.definition.fields, path);
  const { field: held, fieldState } = useController({
    name,
    control: form.control,
  });
  const value: unknown = held.value;
  useRenderedField(
    form.rendered,
    isHiddenField(field, components) ? undefined : name,
  );
  const element = useRef<HTMLElement>(null);
  usePreHydrationInput(element, fieldText(field, value, true), (text) =>
    onChange(parseControlValue(field, text)),
  );

  function onChange(changed: unknown): void {
    held.onChange(changed);
    form.live.onFieldEvent(path, "change");
  }

  const { label = field.label, help = field.help, placeholder } = overrides;
  const errors = messagesOf(fieldState.error);
  const id = (part?: "error" | "help" | "label"): string =>
    elementId(form, path, part);
  const describedBy = [help && id("help"), errors.length > 0 && id("error")];
  const bound = {
    field: placeholder === undefined ? field : { ...field, placeholder },
    id: id(),
    path,
    value,
    text: fieldText(field, value, !status.isHydrated),
    describedBy: describedBy.filter(Boolean).join(" ") || undefined,
    isInvalid: errors.length > 0,
    onChange,
    onBlur() {
      form.pointer.deferWhilePointerDown(() => {
        held.onBlur();
        form.live.onFieldEvent(path, "blur");
      });
    },
    ref(node: HTMLElement | null) {
      element.current = node;
      held.ref(node);
    },
  };
  const props: FieldProps = {
    field: bound.field,
    path,
    label,
    help,
    errors,
    error: errors[0],
    choices: decodeChoices(
      field,
      dynamicChoices(status, path) ?? field.choices ?? [],
    ),
    labelProps: { id: id("label"), htmlFor: id() },
    helpProps: { id: id("help") },
    errorProps: { id: id("error") },
    inputProps: getInputProps(bound),
    optionProps: (choice) => getOptionProps(bound, choice),
    value,
    setValue: onChange,
  };
  const widget = field.widget as keyof FieldComponents;
  const Component = components[widget] ?? defaultComponents[widget];
  return <Component {...props} />;
}

function Group({ form, path, field, overrides }: ResolvedProps): ReactNode {
  const { errors } = useFormState({ control: form.control });
  const { label = field.label, help = field.help } = overrides;
  const messages = messagesOf(get(errors, `${path}.${root}`));
  const isInvalid = messages.length > 0;
  const id = elementId(form, path, "error");
  useRenderedField(form.rendered, `${path}.${root}`);
  return (
    <fieldset
      data-field={path}
      data-widget="group"
      data-invalid={isInvalid ? "" : undefined}
      aria-describedby={isInvalid ? id : undefined}
    >
      <legend>{label}</legend>
      {help && <p>{help}</p>}
      {isInvalid && (
        <div id={id}>
          {messages.map((message) => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
      {field.fields?.map(({ name }) => (
        <FormField key={name} form={form} path={`${path}.${name}`} />
      ))}
    </fieldset>
  );
}

/** Keeps text that the user entered into the server's HTML before the page was hydrated. */
function usePreHydrationInput(
  element: { readonly current: HTMLElement | null },
  value: string,
  keep: (text: string) => void,
): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current) return;
    isDone.current = true;
    const { current } = element;
    const isText =
      current instanceof HTMLTextAreaElement ||
      (current instanceof HTMLInputElement &&
        !["checkbox", "file", "hidden", "radio"].includes(current.type));
    if (!isText) return;
    // Browsers normalize values, for example line breaks. The copy has the normalized value without user input.
    const untouched = current.cloneNode() as typeof current;
    untouched.value = value;
    if (current.value !== untouched.value) keep(current.value);
  }, [element, value, keep]);
}
