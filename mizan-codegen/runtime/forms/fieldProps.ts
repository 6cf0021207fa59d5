import type {
  ChangeEvent,
  ComponentType,
  HTMLAttributes,
  ReactNode,
  RefCallback,
} from "react";
import type { Choice, ItemDefinition, Widget } from "./definition";

/** What the component of a field gets. */
export interface FieldProps {
  /** The field as the server describes it. */
  readonly field: ItemDefinition;
  readonly label: ReactNode;
  readonly help: ReactNode;
  /** All that is wrong with the value, and the first of it. */
  readonly errors: readonly string[];
  readonly error: string | undefined;
  readonly choices: readonly Choice[];
  /** For the `<label>`, and for the elements with the help and with the errors. */
  readonly labelProps: { readonly id: string; readonly htmlFor: string };
  readonly helpProps: { readonly id: string };
  readonly errorProps: { readonly id: string };
  /** For the `<input>`, `<select>` or `<textarea>`: spread them onto it. */
  readonly inputProps: InputProps;
  /** For the `<input>` of one of several choices. */
  readonly optionProps: (choice: Choice) => InputProps;
  /** For a control that is no element of HTML: its value, and how to change it. */
  readonly value: unknown;
  readonly setValue: (value: unknown) => void;
}

/** The component of a field. */
export type FieldComponent = ComponentType<FieldProps>;

/** The components of fields by their widgets. Groups and lists are made of their fields. */
export type FieldComponents = {
  readonly [W in Exclude<Widget, "group" | "list">]: FieldComponent;
};

/** An element that a field is filled in with. */
export type ControlElement =
  HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Props of an element that a field is filled in with. */
export interface InputProps extends Pick<
  HTMLAttributes<ControlElement>,
  "aria-describedby" | "aria-invalid" | "aria-required" | "onBlur"
> {
  readonly id: string;
  readonly name: string;
  readonly ref: RefCallback<ControlElement>;
  readonly onChange: (event: ChangeEvent<ControlElement>) => void;
  readonly type?: string | undefined;
  readonly value?: string | readonly string[] | undefined;
  readonly checked?: boolean | undefined;
  readonly placeholder?: string | undefined;
  readonly autoComplete?: string | undefined;
  readonly inputMode?: "decimal" | undefined;
  readonly rows?: number | undefined;
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly step?: number | string | undefined;
  readonly accept?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly multiple?: boolean | undefined;
}
