import type { QueryClient } from "@tanstack/react-query";
import { get } from "react-hook-form";
import { CallError } from "../transport/error";
import type { FormState, FormTypes, Messages } from "./definition";
import {
  forEachError,
  errorOf,
  fieldErrors,
  withFieldLabel,
  messagesOf,
  toSentence,
  formErrorsPath,
} from "./errors";
import type { FormController } from "./controller";
import { claimToken, newToken } from "./submissionToken";
import { fetchWithProgress } from "./uploadProgress";
import { initialValues, type FieldValues } from "./values";
import { cloneValues, isEqual, type ServerErrors } from "./serverErrors";
import type { Query } from "../transport/functions";
import { encodeBody } from "../transport/multipart";
import type { Transport } from "../transport/transport";

/** What an application wants of a form. */
export interface FormOptions<T extends FormTypes> {
  /** Called after a success, with what the server answered. Without it the browser goes to `next`. */
  readonly onSuccess?: (output: T["output"]) => void;
  /** Called after the server has refused a submission, or could not be reached. */
  readonly onError?: (error: T["error"]) => void;
  /** The page to go to after a success, in place of the form's `redirect`. */
  readonly next?: string;
}

/** What a submission needs besides the form. */
export interface Submission {
  readonly transport: Transport;
  readonly client: QueryClient;
  readonly stateQuery: Query<void, FormState, Error>;
  readonly serverErrors: ServerErrors;
  options(): FormOptions<FormTypes>;
}

/** Makes the function that submits a form. While a submission is on its way, another does nothing. */
export function createSubmit(
  form: FormController,
  submission: Submission,
): () => Promise<void> {
  const { serverErrors } = submission;
  return async () => {
    if (form.status.get().isSubmitting) return;
    form.live.stop();
    serverErrors.clear();
    form.focus.begin();
    form.status.set({ isSubmitting: true, sent: false });
    let success: { readonly output: unknown } | undefined;
    try {
      await form.rhf.handleSubmit(async (values) => {
        success = await send(values, form, submission);
      })();
    } finally {
      form.status.set({ isSubmitting: false, progress: undefined });
    }
    if (!success) return form.focus.request("errors");
    // The same value may be wrong from now on, such as a name that is taken by this.
    serverErrors.clear();
    await finish(success.output, form, submission);
  };
}

async function send(
  values: FieldValues,
  form: FormController,
  { transport, options, serverErrors }: Submission,
): Promise<{ readonly output: unknown } | undefined> {
  const hasFiles = typeof encodeBody(values) !== "string";
  const held = cloneValues(form.rhf.getValues());
  form.live.stop();
  serverErrors.beginSubmission(held);
  try {
    const output = await transport.mutate(
      `${form.definition.name}.submit`,
      values,
      {
        idempotencyKey: form.status.get().token,
        fetch: hasFiles
          ? fetchWithProgress((progress) => form.status.set({ progress }))
          : undefined,
      },
    );
    return { output };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (Object.keys(error.fields).length > 0)
      serverErrors.recordRejection(error.fields);
    else serverErrors.clear();
    showErrors(form, held, messagesIn(error));
    if (isRefusedWhole(error)) form.status.set({ token: newToken() });
    options().onError?.(error);
    return undefined;
  }
}

/** Empties the form, or fills it with what the server has now, and tells of the success. */
async function finish(
  output: unknown,
  form: FormController,
  { client, stateQuery, options }: Submission,
): Promise<void> {
  const { onSuccess } = options();
  const target = form.next ?? form.definition.redirect;
  onSuccess?.(output);
  if (!onSuccess && target !== undefined) {
    location.assign(target);
    return;
  }
  const { queryKey, queryFn } = stateQuery.queryOptions();
  const fresh = await client
    .fetchQuery({ queryKey, queryFn, staleTime: 0, retry: false })
    .catch(() => undefined);
  if (fresh)
    resetFromServer(form, fresh, claimToken(client, form, fresh.token));
  else resetFromServer(form, form.status.get().state, newToken());
  form.status.set({ sent: true });
  form.focus.request("success");
}

/** Starts the form anew from what the server says. */
export function resetFromServer(
  form: FormController,
  state: FormState,
  token: string,
): void {
  form.live.stop();
  form.status.set({ state, token });
  form.rhf.reset(initialValues(form.definition.fields, state.values));
}

/**
 * Whether the token may be that of another submission: one whose answer was lost, before its values were
 * changed. No other would ever be taken under it.
 */
function isRefusedWhole({ code, fields }: CallError): boolean {
  return code === "invalid" && Object.keys(fields).length === 0;
}

function messagesIn(error: CallError): Messages {
  const { fields, message } = error;
  return Object.keys(fields).length > 0
    ? fields
    : { [formErrorsPath]: [toSentence(message)] };
}

/**
 * Shows what is wrong with the values that were sent: on their fields, but for those that have changed
 * since, which are named at the top.
 */
function showErrors(
  { definition, rhf }: FormController,
  sent: FieldValues,
  messages: Messages,
): void {
  const now = rhf.getValues();
  const onFields: Record<string, readonly string[]> = Object.create(null);
  const atTop: string[] = [];
  for (const [path, said] of Object.entries(messages)) {
    if (path === formErrorsPath) atTop.push(...said);
    else if (isEqual(get(sent, path), get(now, path))) onFields[path] = said;
    else atTop.push(...withFieldLabel(definition, path, said));
  }
  if (atTop.length > 0) onFields[formErrorsPath] = atTop;
  forEachError(fieldErrors(definition, onFields), (name, error) =>
    rhf.setError(name, errorOf(messagesOf(error))),
  );
}
