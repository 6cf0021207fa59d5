import { get, type UseFormReturn } from "react-hook-form";
import type { FormDefinition, Messages } from "./definition";
import { errorName, validateSchema } from "./errors";
import type { Query } from "../transport/functions";
import { wireValues, type FieldValues } from "./values";
import { cloneValues, isEqual, type ServerErrors } from "./serverErrors";
import { extractFiles } from "../transport/multipart";

/** How long a field must rest before the server is asked about it, in milliseconds. */
const rest = 300;

/** The `validate` function of a form. */
export type ValidateQuery = Query<
  { readonly values: unknown; readonly fields: readonly string[] },
  { readonly errors: Messages },
  Error
>;

/** Asks the server about fields while they are filled in. */
export interface LiveValidation {
  /** The field was left, or has changed. */
  onFieldEvent(path: string, event: "blur" | "change"): void;
  /** Gives up what is asked, as a submission or a reset makes it pointless. */
  stop(): void;
}

/**
 * Validates fields on the server as soon as they were left once, changed, and rest.
 *
 * A newer question gives up the one that is still open and takes its fields along. An answer about a
 * value that is no longer there is dropped, and a value that was submitted is not asked about.
 */
export function createLiveValidation(
  definition: FormDefinition,
  ask: ValidateQuery,
  serverErrors: ServerErrors,
  form: () => Pick<
    UseFormReturn<FieldValues>,
    "getFieldState" | "getValues" | "trigger"
  >,
): LiveValidation {
  const left = new Set<string>();
  const open = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = new AbortController();

  async function validate(signal: AbortSignal): Promise<void> {
    const held = cloneValues(form().getValues());
    const values = wireValues(definition.fields, held);
    const refused = await validateSchema(definition, values);
    if (signal.aborted) return;
    // A field may have got back the value that the server knows, or it was submitted meanwhile.
    for (const path of open)
      if (serverErrors.isValidated(path, held)) open.delete(path);
    const fields = [...open].filter((path) => !(path in refused));
    if (fields.length === 0) return;
    const input = { values: extractFiles(values, "", []), fields };
    const answer = await ask.safe(input, { signal });
    if (signal.aborted) return;
    for (const path of fields) {
      open.delete(path);
      if (answer.ok)
        serverErrors.recordCheck(path, held, answer.value.errors[path]);
    }
    // Fields that have changed since are in the next question; their errors are left as they are.
    const now = form().getValues();
    const current = fields.filter((path) =>
      isEqual(get(held, path), get(now, path)),
    );
    if (answer.ok && current.length > 0)
      await form().trigger(current.map((path) => errorName(definition, path)));
  }

  return {
    onFieldEvent(path, event) {
      if (event === "blur") left.add(path);
      const isKnown = serverErrors.isValidated(path, form().getValues());
      const isChanged =
        event === "change" || form().getFieldState(path).isDirty;
      if (!left.has(path) || !isChanged || (isKnown && !open.has(path))) return;
      open.add(path);
      clearTimeout(timer);
      request.abort();
      request = new AbortController();
      const { signal } = request;
      timer = setTimeout(() => void validate(signal), rest);
    },
    stop() {
      clearTimeout(timer);
      request.abort();
      open.clear();
    },
  };
}
