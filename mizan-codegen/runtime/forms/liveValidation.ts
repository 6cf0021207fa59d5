import { get, type UseFormReturn } from "react-hook-form";
import type { Query } from "../transport/functions";
import { extractFiles } from "../transport/multipart";
import { valuesToSend, type FormController } from "./controller";
import type { Messages } from "./definition";
import { errorName, messagesAt, validateSchema } from "./errors";
import { cloneValues, isEqual, type ServerErrors } from "./serverErrors";
import type { FieldValues } from "./values";
import { encodeUntyped } from "../codecs/untyped";

/** Time in milliseconds between the last change of a field and its validation by the server. */
const debounceDelay = 300;

/** The `validate` function of a form. */
export type ValidateQuery = Query<
  { readonly values: unknown; readonly fields: readonly string[] },
  { readonly errors: Messages },
  Error
>;

/** Validation by the server while the user fills in the form. */
export interface LiveValidation {
  /** Schedules a validation if necessary, after the field at `path` lost the focus or changed. */
  onFieldEvent(path: string, event: "blur" | "change"): void;
  /** Cancels pending validation. Submissions and resets make it obsolete. */
  stop(): void;
}

/**
 * Validates a field on the server once it has lost the focus, was changed, and has not changed for 300 ms.
 *
 * A newer request cancels the pending one and includes its fields. The client ignores the
 * reply for a value that has changed since, and does not validate submitted values again.
 */
export function createLiveValidation(
  form: Pick<FormController, "definition" | "status">,
  validateQuery: ValidateQuery,
  serverErrors: ServerErrors,
  rhf: Pick<
    UseFormReturn<FieldValues>,
    "getFieldState" | "getValues" | "trigger"
  >,
): LiveValidation {
  const { definition } = form;
  const blurred = new Set<string>();
  const pending = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = new AbortController();

  async function validate(signal: AbortSignal): Promise<void> {
    const held = cloneValues(rhf.getValues());
    const values = valuesToSend(form, held);
    const schemaErrors = await validateSchema(definition, values);
    if (isAborted(signal)) return;
    // The user may have restored a validated value, or submitted the form in the meantime.
    for (const path of pending)
      if (serverErrors.isValidated(path, held)) pending.delete(path);
    const fields = [...pending].filter((path) => !(path in schemaErrors));
    if (fields.length === 0) return;
    const input = {
      values: extractFiles(encodeUntyped(values), "", []),
      fields,
    };
    const result = await validateQuery.safe(input, { signal });
    if (isAborted(signal)) return;
    for (const path of fields) {
      pending.delete(path);
      if (result.ok)
        serverErrors.recordCheck(
          path,
          held,
          messagesAt(definition, path, result.value.errors),
        );
    }
    // Fields that have changed since are part of the next request, which updates their errors.
    const current = rhf.getValues();
    const unchanged = fields.filter((path) =>
      isEqual(get(held, path), get(current, path)),
    );
    if (result.ok && unchanged.length > 0)
      await rhf.trigger(unchanged.map((path) => errorName(definition, path)));
  }

  return {
    onFieldEvent(path, event) {
      if (event === "blur") blurred.add(path);
      const isValidated = serverErrors.isValidated(path, rhf.getValues());
      const isChanged = event === "change" || rhf.getFieldState(path).isDirty;
      if (!blurred.has(path) || !isChanged) return;
      if (isValidated && !pending.has(path)) return;
      pending.add(path);
      clearTimeout(timer);
      request.abort();
      request = new AbortController();
      const { signal } = request;
      timer = setTimeout(() => void validate(signal), debounceDelay);
    },
    stop() {
      clearTimeout(timer);
      request.abort();
      pending.clear();
    },
  };
}

/** Reads `aborted` in a function, because TypeScript assumes that it does not change across an `await`. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}
