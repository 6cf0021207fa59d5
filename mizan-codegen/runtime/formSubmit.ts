import type { QueryClient } from "@tanstack/react-query";
import { get } from "react-hook-form";
import { CallError } from "./error";
import type { FormState, FormTypes, Messages } from "./formDefinition";
import {
  eachError,
  errorOf,
  fieldErrors,
  labelled,
  messagesOf,
  sentence,
  wholeForm,
} from "./formErrors";
import type { FormModel } from "./formModel";
import { claimToken, newToken } from "./formToken";
import { uploading } from "./formUpload";
import { initialValues, type FieldValues } from "./formValues";
import { copyOf, isSame, type ServerVerdicts } from "./formVerdicts";
import type { Query } from "./functions";
import { bodyOf } from "./multipart";
import type { Transport } from "./transport";

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
  readonly verdicts: ServerVerdicts;
  options(): FormOptions<FormTypes>;
}

/** Makes the function that submits a form. While a submission is on its way, another does nothing. */
export function createSubmit(
  form: FormModel,
  submission: Submission,
): () => Promise<void> {
  const { verdicts } = submission;
  return async () => {
    if (form.status.get().isSubmitting) return;
    form.live.stop();
    verdicts.clear();
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
    if (!success) return form.focus.move("errors");
    // The same value may be wrong from now on, such as a name that is taken by this.
    verdicts.clear();
    await finish(success.output, form, submission);
  };
}

async function send(
  values: FieldValues,
  form: FormModel,
  { transport, options, verdicts }: Submission,
): Promise<{ readonly output: unknown } | undefined> {
  const hasFiles = typeof bodyOf(values) !== "string";
  const held = copyOf(form.rhf.getValues());
  form.live.stop();
  verdicts.beginSubmission(held);
  try {
    const output = await transport.mutate(
      `${form.definition.name}.submit`,
      values,
      {
        idempotencyKey: form.status.get().token,
        fetch: hasFiles
          ? uploading((progress) => form.status.set({ progress }))
          : undefined,
      },
    );
    return { output };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (Object.keys(error.fields).length > 0)
      verdicts.refuseSubmission(error.fields);
    else verdicts.clear();
    showErrors(form, held, messagesIn(error));
    if (isRefusedWhole(error)) form.status.set({ token: newToken() });
    options().onError?.(error);
    return undefined;
  }
}

/** Empties the form, or fills it with what the server has now, and tells of the success. */
async function finish(
  output: unknown,
  form: FormModel,
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
  if (fresh) takeState(form, fresh, claimToken(client, form, fresh.token));
  else takeState(form, form.status.get().state, newToken());
  form.status.set({ sent: true });
  form.focus.move("success");
}

/** Starts the form anew from what the server says. */
export function takeState(
  form: FormModel,
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
    : { [wholeForm]: [sentence(message)] };
}

/**
 * Shows what is wrong with the values that were sent: on their fields, but for those that have changed
 * since, which are named at the top.
 */
function showErrors(
  { definition, rhf }: FormModel,
  sent: FieldValues,
  messages: Messages,
): void {
  const now = rhf.getValues();
  const onFields: Record<string, readonly string[]> = Object.create(null);
  const atTop: string[] = [];
  for (const [path, said] of Object.entries(messages)) {
    if (path === wholeForm) atTop.push(...said);
    else if (isSame(get(sent, path), get(now, path))) onFields[path] = said;
    else atTop.push(...labelled(definition, path, said));
  }
  if (atTop.length > 0) onFields[wholeForm] = atTop;
  eachError(fieldErrors(definition, onFields), (name, error) =>
    rhf.setError(name, errorOf(messagesOf(error))),
  );
}
