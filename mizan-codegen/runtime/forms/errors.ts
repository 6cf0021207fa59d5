import { get, set, type FieldErrors } from "react-hook-form";
import {
  fieldAt,
  valuePath,
  type FieldDefinition,
  type FormDefinition,
  type Issue,
  type Messages,
} from "./definition";

/** The path under which the server says what is about the form as a whole. */
export const formErrorsPath = "__all__";

/** Where react-hook-form keeps what is about the form as a whole. */
export const root = "root";

/** What the form's schema says of values that are about to be sent, by path. */
export async function validateSchema(
  { schema }: FormDefinition,
  values: unknown,
): Promise<Record<string, string[]>> {
  const { issues = [] } = await schema["~standard"].validate(values);
  const messages: Record<string, string[]> = Object.create(null);
  for (const issue of issues) {
    const said = (messages[pathOf(issue)] ??= []);
    if (!said.includes(issue.message)) said.push(issue.message);
  }
  return messages;
}

/** Messages as react-hook-form keeps them, each at the field that shows it. */
export function fieldErrors(
  definition: FormDefinition,
  messages: Messages,
): FieldErrors {
  const errors: FieldErrors = {};
  // Rows come before what is said of their list, which is kept on the array of their errors.
  const paths = Object.keys(messages).sort((a, b) => b.length - a.length);
  for (const path of paths) {
    const name = errorName(definition, path);
    const said = messages[path] ?? [];
    const shown =
      name === root && path !== formErrorsPath
        ? withFieldLabel(definition, path, said)
        : said;
    set(errors, name, errorOf([...messagesOf(get(errors, name)), ...shown]));
  }
  return errors;
}

/** The name under which react-hook-form keeps what is said about a path. */
export function errorName({ fields }: FormDefinition, path: string): string {
  const field = fieldAt(fields, path);
  if (!field) return root;
  const name = valuePath(fields, path);
  return field.fields || field.list ? `${name}.${root}` : name;
}

/** The path that react-hook-form keeps an error about under `name`; the reverse of {@link errorName}. */
export function errorPath({ fields }: FormDefinition, name: string): string {
  const path = name.replace(/(^|\.)root$/, "");
  const item = path.replace(/\.item$/, "");
  return item !== path && fieldAt(fields, item)?.name === undefined
    ? item
    : path;
}

/** An error of react-hook-form that says all of `messages`. */
export function errorOf(messages: readonly string[]): {
  type: string;
  message: string;
  types: { all: string[] };
} {
  return {
    type: "invalid",
    message: messages[0] ?? "This value is not valid.",
    types: { all: [...messages] },
  };
}

/** All that an error of react-hook-form says. */
export function messagesOf(error: unknown): readonly string[] {
  const { message, types } = (error ?? {}) as {
    readonly message?: unknown;
    readonly types?: { readonly all?: readonly string[] };
  };
  if (types?.all) return types.all;
  return typeof message === "string" && message !== "" ? [message] : [];
}

/** Messages that name the field that they are about, for a place away from it. */
export function withFieldLabel(
  { fields }: FormDefinition,
  path: string,
  messages: readonly string[],
): string[] {
  const label = labelOf(fields, path);
  return messages.map((message) => `${label}: ${message}`);
}

/** Calls `visit` with each error in the tree of react-hook-form, and with its name. */
export function forEachError(
  errors: object,
  visit: (name: string, error: unknown) => void,
  prefix = "",
): void {
  for (const [key, inner] of Object.entries(errors)) {
    const name = prefix + key;
    if (messagesOf(inner).length > 0) visit(name, inner);
    else if (inner && typeof inner === "object")
      forEachError(inner as object, visit, `${name}.`);
  }
}

/** The words for the field at a path, as the server has them on pages of its own. */
function labelOf(fields: readonly FieldDefinition[], path: string): string {
  const names = path.split(".");
  return names
    .map((name, index) => {
      const field = fieldAt(fields, names.slice(0, index + 1).join("."));
      if (field?.label !== undefined) return field.label;
      return /^[0-9]+$/.test(name) ? `row ${Number(name) + 1}` : name;
    })
    .join(", ");
}

/** A message with a capital letter and a full stop, for people to read. */
export function toSentence(message: string): string {
  const text = message.trim();
  const stop = text === "" || /[.!?…:]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + stop;
}

function pathOf({ path = [] }: Issue): string {
  const names = path.map((part) =>
    String(typeof part === "object" ? part.key : part),
  );
  return names.join(".") || formErrorsPath;
}
