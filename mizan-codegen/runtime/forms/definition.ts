import type { Codec } from "../transport/codec";
import type { TemporalClass } from "./wire";

/** Types of a form. A generated interface extends this for each form. */
export interface FormTypes {
  /** Values that are submitted. */
  input: object;
  /** Output of a successful submission. */
  output: unknown;
  /** Error of a failed submission. */
  error: Error;
  /** Params that identify the object which the form edits; `void` without params. */
  params: object | void;
  /** Union of the fields' paths. */
  field: string;
  /** Names of the fields in a row, by the path of the list. */
  rows: object;
}

/** Description of a form. Its name is the prefix of its functions, such as `contact.submit`. */
export interface FormDefinition<T extends FormTypes = FormTypes> {
  readonly name: string;
  readonly title?: string;
  /** Page that the browser opens after a successful submission. */
  readonly redirect?: string;
  /** True if a successful submission returns a redirect, which decides the page that the browser opens. */
  readonly returnsRedirect?: boolean;
  readonly fields: readonly FieldDefinition[];
  /** Validates the values in the browser, with the server's messages. */
  readonly schema: FormSchema<T["input"]>;
  /** Conversions of the reply to a submission from JSON. */
  readonly reply?: Omit<Codec, "encode">;
  /** Carries the form's types. Never set. */
  readonly types?: T;
}

/** Kind of control that a field is rendered with. */
export type Widget =
  | "text"
  | "email"
  | "password"
  | "url"
  | "tel"
  | "search"
  | "number"
  | "range"
  | "decimal"
  | "checkbox"
  | "date"
  | "time"
  | "datetime-local"
  | "select"
  | "radio"
  | "multi-select"
  | "checkboxes"
  | "textarea"
  | "color"
  | "file"
  | "image"
  | "hidden"
  | "group"
  | "list";

/** Description of a field. */
export interface FieldDefinition extends ItemDefinition {
  readonly name: string;
  readonly label: string;
}

/** Description of a field, or of the only field of a row, which has no name and no label. */
export interface ItemDefinition {
  readonly name?: string;
  readonly label?: string;
  readonly widget: Widget;
  readonly help?: string;
  readonly placeholder?: string;
  /** True if a value is required. */
  readonly required?: boolean;
  /** True if an empty field is sent as `null`. Other empty fields are left out. */
  readonly nullable?: boolean;
  /** Type of the value: text by default. `date` is a moment, as a `Date`. */
  readonly type?: "bigint" | "boolean" | "date" | "number" | "temporal";
  /** Class of a value of the type `temporal`. */
  readonly temporal?: TemporalClass;
  /** Value in a new row. */
  readonly initial?: unknown;
  readonly choices?: readonly Choice[];
  readonly autocomplete?: string;
  readonly rows?: number;
  readonly min?: number | string;
  readonly max?: number | string;
  readonly step?: number | string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly accept?: string;
  readonly maxBytes?: number;
  /** True if the field is shown and cannot be changed. */
  readonly disabled?: boolean;
  readonly multiple?: boolean;
  /** Fields of a group, or of each row of a list. */
  readonly fields?: readonly FieldDefinition[];
  /** Only field of each row of a list, if the rows are not groups. */
  readonly item?: ItemDefinition;
  /** Limits on the number of rows. Present only on lists. */
  readonly list?: { readonly min?: number; readonly max?: number };
}

/** Value that a field accepts. */
export interface Choice {
  /** Value on the wire. HTML contains its text. */
  readonly value: unknown;
  readonly label: string;
}

/** Messages by the path of their field. */
export type Messages = Readonly<Record<string, readonly string[]>>;

/** State that a form starts with: the output of its `state` function. */
export interface FormState {
  readonly values: object;
  /** Choices by the path of the field, with `*` for the index of a row. */
  readonly choices?: Readonly<Record<string, readonly Choice[]>>;
  /** Idempotency key of the submission: the server runs it once, even if the client retries. */
  readonly token: string;
  /** Path of the page, for a post without JavaScript. */
  readonly page: string;
  readonly errors?: Messages;
  /** True if a successful submission led to this page. */
  readonly sent?: boolean;
}

/** Part of the Standard Schema interface (https://standardschema.dev) that forms use. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly validate: (
      value: unknown,
    ) => ValidationResult<T> | Promise<ValidationResult<T>>;
  };
}

/** Schema of a form, which may be loaded on its first use. */
export interface FormSchema<T> extends StandardSchema<T> {
  /** Starts to load the schema, so that it is there when the first field is validated. */
  readonly preload?: () => void;
}

type ValidationResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** Problem that a schema found in a value. */
export interface Issue {
  readonly message: string;
  readonly path?:
    readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Returns the field at a path such as `phones.1.number`, or `undefined` if the path names no field or a row
 * with several fields.
 */
export function fieldAt(
  fields: readonly FieldDefinition[],
  path: string,
): ItemDefinition | undefined {
  const [name, ...rest] = path.split(".");
  const field = fields.find((candidate) => candidate.name === name);
  if (!field || rest.length === 0) return field;
  if (field.list) rest.shift();
  if (rest.length === 0) return field.item;
  return field.fields && fieldAt(field.fields, rest.join("."));
}

/** Returns the path of a field's value in the form's values, in which every row is an object. */
export function valuePath(
  fields: readonly FieldDefinition[],
  path: string,
): string {
  return fieldAt(fields, path)?.name === undefined ? `${path}.item` : path;
}
