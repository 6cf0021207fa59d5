import { get, set, type FieldErrors } from "react-hook-form";
import {
  fieldAt,
  valuePath,
  type FieldDefinition,
  type FormDefinition,
  type Issue,
  type Messages,
} from "./definition";
import { invalidMessage, requiredMessage } from "../validation/messages";
import { momentError } from "./moments";
import { isMomentField } from "./wire";

/** Path under which the server reports errors of the form as a whole. */
export const formErrorsPath = "__all__";

/** Name under which react-hook-form stores errors of the form as a whole. */
export const root = "root";

/** Validates values against the form's schema. Returns the messages by path. */
export async function validateSchema(
  { schema, fields }: FormDefinition,
  values: unknown,
): Promise<Record<string, string[]>> {
  const { issues = [] } = await schema["~standard"].validate(values);
  const byPath = Object.create(null) as Record<string, string[]>;
  for (const issue of issues) {
    const messages = (byPath[pathOf(issue)] ??= []);
    if (!messages.includes(issue.message)) messages.push(issue.message);
  }
  for (const [path, messages] of Object.entries(byPath))
    byPath[path] = fieldMessages(fields, path, get(values, path), messages);
  return byPath;
}

/** Returns the messages of a value: a single one if it is missing, or is a text in place of a moment. */
function fieldMessages(
  fields: readonly FieldDefinition[],
  path: string,
  value: unknown,
  messages: string[],
): string[] {
  if (messages.includes(requiredMessage)) return [requiredMessage];
  const field = fieldAt(fields, path);
  return field && isMomentField(field) && typeof value === "string"
    ? [momentError(value)]
    : messages;
}

/** Converts messages to errors of react-hook-form, each at the field that shows it. */
export function fieldErrors(
  definition: FormDefinition,
  byPath: Messages,
): FieldErrors {
  const errors: FieldErrors = {};
  // Errors of rows come before the error of their list, which is a property of the array of row errors.
  const paths = Object.keys(byPath).sort((a, b) => b.length - a.length);
  for (const path of paths) {
    const name = errorName(definition, path);
    const messages = byPath[path] ?? [];
    const shown =
      name === root && path !== formErrorsPath
        ? withFieldLabel(definition, path, messages)
        : messages;
    const earlier = messagesOf(get(errors, name));
    set(errors, name, toFieldError([...new Set([...earlier, ...shown])]));
  }
  return errors;
}

/** Returns the name under which react-hook-form stores the error of a path. */
export function errorName({ fields }: FormDefinition, path: string): string {
  const field = fieldAt(fields, path);
  const name = valuePath(fields, path);
  if (field) return field.fields || field.list ? `${name}.${root}` : name;
  // The field has no place for the errors of single values, such as one of several choices.
  const parent = path.slice(0, path.lastIndexOf("."));
  const outer = parent === "" ? undefined : fieldAt(fields, parent);
  return outer && !outer.fields && !outer.list ? parent : root;
}

/** Returns the messages that the field at a path shows, including those of its single values. */
export function messagesAt(
  definition: FormDefinition,
  path: string,
  messages: Messages,
): string[] {
  const name = errorName(definition, path);
  const shown = Object.entries(messages)
    .filter(([other]) => errorName(definition, other) === name)
    .flatMap(([, texts]) => texts);
  return [...new Set(shown)];
}

/** Returns the path of the error that react-hook-form stores under `name`. The inverse of {@link errorName}. */
export function errorPath({ fields }: FormDefinition, name: string): string {
  const path = name.replace(/(^|\.)root$/, "");
  const item = path.replace(/\.item$/, "");
  return item !== path && fieldAt(fields, item)?.name === undefined
    ? item
    : path;
}

/** Creates an error of react-hook-form with all `messages`. */
export function toFieldError(messages: readonly string[]): {
  type: string;
  message: string;
  types: { all: string[] };
} {
  return {
    type: "invalid",
    message: messages[0] ?? invalidMessage,
    types: { all: [...messages] },
  };
}

/** Returns all messages of an error of react-hook-form. */
export function messagesOf(error: unknown): readonly string[] {
  const { message, types } = (error ?? {}) as {
    readonly message?: unknown;
    readonly types?: { readonly all?: readonly string[] };
  };
  if (types?.all) return types.all;
  return typeof message === "string" && message !== "" ? [message] : [];
}

/** Prefixes messages with the label of their field, for a place away from the field. */
export function withFieldLabel(
  { fields }: FormDefinition,
  path: string,
  messages: readonly string[],
): string[] {
  const label = labelAt(fields, path);
  return messages.map((message) => `${label}: ${message}`);
}

/** Calls `visit` with the name and the error of each leaf in the errors of react-hook-form. */
export function forEachError(
  errors: object,
  visit: (name: string, error: unknown) => void,
  prefix = "",
): void {
  for (const [key, inner] of Object.entries(errors) as [string, unknown][]) {
    const name = prefix + key;
    if (messagesOf(inner).length > 0) visit(name, inner);
    else if (inner && typeof inner === "object")
      forEachError(inner, visit, `${name}.`);
  }
}

/** Returns the label of the field at a path, as the server's own pages show it. */
function labelAt(fields: readonly FieldDefinition[], path: string): string {
  const names = path.split(".");
  return names
    .map((name, index) => {
      const field = fieldAt(fields, names.slice(0, index + 1).join("."));
      if (field?.label !== undefined) return field.label;
      return /^[0-9]+$/.test(name) ? `row ${Number(name) + 1}` : name;
    })
    .join(", ");
}

/** Returns a message with a capital letter and a full stop, for display. */
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
