import type { ChangeEvent } from "react";
import type { Choice, ItemDefinition } from "./definition";
import type { ControlElement, InputProps } from "./fieldProps";
import { controlText, isMultiple, parseControlValue } from "./values";

/** A field with its value and its event handlers. */
export interface BoundField {
  readonly field: ItemDefinition;
  readonly id: string;
  readonly path: string;
  readonly value: unknown;
  /** Text of the control, for controls with text. */
  readonly text: string;
  readonly describedBy: string | undefined;
  readonly isInvalid: boolean;
  readonly onChange: (value: unknown) => void;
  readonly onBlur: () => void;
  readonly ref: (element: HTMLElement | null) => void;
}

/** Returns the props of the element of a field. */
export function getInputProps(bound: BoundField): InputProps {
  const { field, value } = bound;
  const text: InputProps = {
    ...shared(bound),
    id: bound.id,
    "aria-describedby": bound.describedBy,
    "aria-invalid": bound.isInvalid || undefined,
    "aria-required": canBeRequired(field) || undefined,
    autoComplete: field.autocomplete,
    placeholder: field.placeholder,
    value: bound.text,
    onChange: ({ target }) =>
      bound.onChange(parseControlValue(field, target.value)),
  };
  const { placeholder, value: content, ...other } = text;
  switch (field.widget) {
    case "textarea":
      return { ...text, rows: field.rows };
    case "select":
      return { ...other, value: content };
    case "multi-select":
      return {
        ...other,
        multiple: true,
        value: texts(value),
        onChange: ({ target }) => bound.onChange(selected(field, target)),
      };
    case "checkbox":
      return {
        ...other,
        type: "checkbox",
        checked: value === true,
        onChange: ({ target }) => bound.onChange(isChecked(target)),
      };
    case "file":
    case "image":
      return { ...other, ...fileProps(bound) };
    case "decimal":
      return { ...text, type: "text", inputMode: "decimal" };
    case "number":
    case "range":
    case "date":
    case "time":
    case "datetime-local": {
      const { min, max, step, widget } = field;
      return { ...text, type: widget, min, max, step };
    }
    default:
      return { ...text, type: field.widget };
  }
}

/** Returns the props of the element for one of several choices. */
export function getOptionProps(bound: BoundField, choice: Choice): InputProps {
  const { field, value } = bound;
  const text = controlText(choice.value);
  const several = isMultiple(field);
  return {
    ...shared(bound),
    id: `${bound.id}-${text}`,
    type: several ? "checkbox" : "radio",
    value: text,
    checked: several
      ? texts(value).includes(text)
      : value !== null && controlText(value) === text,
    "aria-invalid": (several && bound.isInvalid) || undefined,
    onChange: ({ target }) => {
      if (!several) {
        bound.onChange(choice.value);
        return;
      }
      const others = (value as unknown[]).filter(
        (item) => controlText(item) !== text,
      );
      bound.onChange(isChecked(target) ? [...others, choice.value] : others);
    },
  };
}

function shared({ field, path, onBlur, ref }: BoundField) {
  return { name: path, onBlur, ref, disabled: field.disabled } as const;
}

/** Browsers only allow scripts to clear the value of a file input, not to set it. */
function fileProps({ field, value, onChange, ref }: BoundField) {
  const isNothing = value === null || (Array.isArray(value) && !value.length);
  return {
    type: "file",
    accept: field.accept,
    multiple: field.multiple,
    ref(element: ControlElement | null) {
      if (isNothing && element?.value) element.value = "";
      ref(element);
    },
    onChange({ target }: ChangeEvent<ControlElement>) {
      const files = Array.from((target as HTMLInputElement).files ?? []);
      onChange(field.multiple ? files : (files[0] ?? null));
    },
  };
}

function selected(field: ItemDefinition, element: ControlElement): unknown[] {
  const { selectedOptions } = element as HTMLSelectElement;
  return Array.from(selectedOptions, ({ value }) =>
    parseControlValue(field, value),
  );
}

/** Returns whether the control of a required field supports `aria-required`. */
function canBeRequired({ required, widget }: ItemDefinition): boolean {
  return (
    required === true &&
    !["color", "file", "hidden", "image", "range"].includes(widget)
  );
}

function isChecked(element: ControlElement): boolean {
  return (element as HTMLInputElement).checked;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(controlText) : [];
}
