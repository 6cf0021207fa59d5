/** The types of one form: a generated interface extends this. */
export interface FormTypes {
  /** What is submitted. */
  input: object;
  /** What the server answers to a success. */
  output: unknown;
  /** How a submission fails. */
  error: Error;
  /** The paths of the fields. */
  field: string;
  /** The names of the fields in a row, by the paths of the lists. */
  rows: object;
}

/** A form as the server describes it. Its name is that of its functions too: `contact.submit`. */
export interface FormDefinition<T extends FormTypes = FormTypes> {
  readonly name: string;
  readonly title?: string;
  /** Where the browser goes after a success. */
  readonly redirect?: string;
  readonly fields: readonly FieldDefinition[];
  /** What the client can check by itself, with the server's words. */
  readonly schema: StandardSchema<T["input"]>;
  /** Never set: from here TypeScript has the types of the form. */
  readonly types?: T;
}

/** How a field is shown. */
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

/** A field as the server describes it. */
export interface FieldDefinition extends ItemDefinition {
  readonly name: string;
  readonly label: string;
}

/** A field that may be the only one of a row, which then has no name or label of its own. */
export interface ItemDefinition {
  readonly name?: string;
  readonly label?: string;
  readonly widget: Widget;
  readonly help?: string;
  readonly placeholder?: string;
  /** It must be filled in. */
  readonly required?: boolean;
  /** It is `null` on the wire when it is empty; otherwise an empty field is left out. */
  readonly nullable?: boolean;
  /** What its value is on the wire; a text when left out. */
  readonly type?: "boolean" | "number";
  /** What it holds in a new row. */
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
  /** It is shown, and cannot be changed. */
  readonly disabled?: boolean;
  readonly multiple?: boolean;
  /** The fields of a group, or of each row of a list. */
  readonly fields?: readonly FieldDefinition[];
  /** The only field of each row of a list, where the rows are no groups. */
  readonly item?: ItemDefinition;
  /** How many rows there may be; only a list has it. */
  readonly list?: { readonly min?: number; readonly max?: number };
}

/** One of the values that a field takes. */
export interface Choice {
  /** As it is sent; HTML has its text. */
  readonly value: unknown;
  readonly label: string;
}

/** Messages by the path of the field that they are about. */
export type Messages = Readonly<Record<string, readonly string[]>>;

/** What a form starts with: the answer of its `state` function. */
export interface FormState {
  readonly values: object;
  /** By the paths of the fields, where `*` stands for the index of a row. */
  readonly choices?: Readonly<Record<string, readonly Choice[]>>;
  /** Has a submission run once, though it may be sent again. */
  readonly token: string;
  /** Where the page is, for a post without JavaScript. */
  readonly page: string;
  readonly errors?: Messages;
  /** The page was reached by a submission that succeeded. */
  readonly sent?: boolean;
}

/** The part of Standard Schema (https://standardschema.dev) that a form needs. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly validate: (value: unknown) => Verdict<T> | Promise<Verdict<T>>;
  };
}

type Verdict<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** Something that is wrong with a value. */
export interface Issue {
  readonly message: string;
  readonly path?:
    readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The field at a path such as `phones.1.number`; nothing where the form has none, nor for a row of
 * several fields.
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

/** Where the values of a form hold the field at a path: rows are objects, of one field too. */
export function valuePath(
  fields: readonly FieldDefinition[],
  path: string,
): string {
  return fieldAt(fields, path)?.name === undefined ? `${path}.item` : path;
}
