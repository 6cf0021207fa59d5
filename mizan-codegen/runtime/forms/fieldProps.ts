import type {
  ChangeEvent,
  ComponentType,
  HTMLAttributes,
  ReactNode,
  RefCallback,
} from "react";
import type { Choice, ItemDefinition, Widget } from "./definition";

/** Props of the component of a field. */
export interface FieldProps {
  /** Description of the field. */
  readonly field: ItemDefinition;
  readonly label: ReactNode;
  readonly help: ReactNode;
  /** Path of the field, such as `phones.1.number`. */
  readonly path: string;
  /** All error messages of the value. */
  readonly errors: readonly string[];
  /** First error message. */
  readonly error: string | undefined;
  readonly choices: readonly Choice[];
  /** Props of the `<label>`. */
  readonly labelProps: { readonly id: string; readonly htmlFor: string };
  /** Props of the element that contains the help text. */
  readonly helpProps: { readonly id: string };
  /** Props of the element that contains the errors. */
  readonly errorProps: { readonly id: string };
  /** Props to spread onto the `<input>`, `<select>` or `<textarea>`. */
  readonly inputProps: InputProps;
  /** Returns the props of the `<input>` for one choice. */
  readonly optionProps: (choice: Choice) => InputProps;
  /** Current value, for controls that are not HTML elements. */
  readonly value: unknown;
  /** Changes the value, for controls that are not HTML elements. */
  readonly setValue: (value: unknown) => void;
}

/** Component that renders a field. */
export type FieldComponent = ComponentType<FieldProps>;

/** Components by widget. Groups and lists consist of other fields. */
export type FieldComponents = {
  readonly [W in Exclude<Widget, "group" | "list">]: FieldComponent;
};

/** HTML element that the user enters a value into. */
export type ControlElement =
  HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Props of an HTML element that the user enters a value into. */
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
