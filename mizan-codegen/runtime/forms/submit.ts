import type { QueryClient } from "@tanstack/react-query";
import { get } from "react-hook-form";
import { openPage } from "../react/currentPage";
import { CallError } from "../transport/error";
import { encodeBody } from "../transport/multipart";
import { toRedirect, type Redirect } from "../transport/redirect";
import type { Transport } from "../transport/transport";
import type { FormController } from "./controller";
import type { FormState, Messages } from "./definition";
import { hasParams, stateOptions, type StateQuery } from "./stateQuery";
import {
  fieldErrors,
  forEachError,
  formErrorsPath,
  messagesOf,
  toFieldError,
  toSentence,
  withFieldLabel,
} from "./errors";
import type { FormOptions } from "./options";
import { cloneValues, isEqual, type ServerErrors } from "./serverErrors";
import { claimToken, newToken } from "./submissionToken";
import { fetchWithProgress } from "./uploadProgress";
import { initialValues, type FieldValues } from "./values";
import { encodeUntyped } from "../codecs/untyped";

/** Dependencies of a submission besides the form. */
export interface SubmitContext {
  readonly transport: Transport;
  readonly client: QueryClient;
  readonly stateQuery: StateQuery;
  readonly serverErrors: ServerErrors;
  readonly getOptions: () => FormOptions;
}

/** Creates the function that submits a form. It does nothing while a submission is in progress. */
export function createSubmit(
  form: FormController,
  context: SubmitContext,
): () => Promise<void> {
  const { serverErrors } = context;
  return async () => {
    if (form.status.get().submission.phase === "submitting") return;
    form.live.stop();
    serverErrors.clear();
    form.focus.begin();
    form.status.set({ submission: { phase: "submitting" } });
    const { params } = form.status.get();
    let success: { readonly output: unknown } | undefined;
    try {
      await form.rhf.handleSubmit(async (values) => {
        success = await send(values, form, context);
      })();
    } finally {
      form.status.set({ submission: { phase: "idle" } });
    }
    if (!success) {
      form.focus.request("errors");
      return;
    }
    // The server may reject the same values from now on, such as a user name that is now taken.
    serverErrors.clear();
    await finish(success.output, params, form, context);
  };
}

/** Sends the values. Returns the server's output, or `undefined` after showing the errors. */
async function send(
  values: FieldValues,
  form: FormController,
  { transport, getOptions, serverErrors }: SubmitContext,
): Promise<{ readonly output: unknown } | undefined> {
  const encoded = encodeUntyped(values);
  const hasFiles = typeof encodeBody(encoded) !== "string";
  const sent = cloneValues(form.rhf.getValues());
  form.live.stop();
  serverErrors.beginSubmission(sent);
  try {
    const { name, reply, returnsRedirect } = form.definition;
    const output = await transport.mutate(`${name}.submit`, encoded, {
      codec: returnsRedirect ? { ...reply, decode: toRedirect } : reply,
      idempotencyKey: form.status.get().token,
      // The time of an upload depends on the size of its files.
      timeout: hasFiles ? Infinity : undefined,
      fetch: hasFiles
        ? fetchWithProgress((progress) =>
            form.status.set({
              submission: { phase: "submitting", progress },
            }),
          )
        : undefined,
    });
    return { output };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const failure = error as CallError;
    if (Object.keys(failure.fields).length > 0)
      serverErrors.recordRejection(failure.fields);
    else serverErrors.clear();
    showErrors(form, sent, errorMessages(failure));
    if (needsNewToken(failure)) form.status.set({ token: newToken() });
    getOptions().onError?.(failure);
    return undefined;
  }
}

/** Resets the form to its new state on the server, and reports the success. */
async function finish(
  output: unknown,
  params: FieldValues,
  form: FormController,
  { client, stateQuery, getOptions }: SubmitContext,
): Promise<void> {
  const { onSuccess } = getOptions();
  const { redirect, returnsRedirect } = form.definition;
  const target = form.status.get().next ?? redirect;
  onSuccess?.(output);
  if (!onSuccess && returnsRedirect) {
    (output as Redirect).follow();
    return;
  }
  if (!onSuccess && target !== undefined) {
    openPage(target, "push");
    return;
  }
  // The page may show the form with other params in the meantime.
  if (!hasParams(form.status.get().params, params)) return;
  const { queryKey, queryFn } = stateOptions(stateQuery, params);
  const fresh = await client
    .fetchQuery({ queryKey, queryFn, staleTime: 0, retry: false })
    .catch(() => undefined);
  if (fresh)
    resetFromServer(form, fresh, claimToken(client, form, fresh.token));
  else resetFromServer(form, form.status.get().state, newToken());
  form.status.set({ submission: { phase: "succeeded" } });
  form.focus.request("success");
}

/** Resets the form to the state that the server sent. */
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
 * Returns whether the server may have rejected the token because an earlier submission used it with other
 * values, and its reply was lost. The server rejects all further submissions with that token.
 */
function needsNewToken({ code, fields }: CallError): boolean {
  return code === "invalid" && Object.keys(fields).length === 0;
}

function errorMessages(error: CallError): Messages {
  const { fields, message } = error;
  return Object.keys(fields).length > 0
    ? fields
    : { [formErrorsPath]: [toSentence(message)] };
}

/**
 * Shows the errors of a submission at their fields. If a field has changed since, its errors are shown at the
 * top of the form, with the label of the field.
 */
function showErrors(
  { definition, rhf }: FormController,
  sent: FieldValues,
  messages: Messages,
): void {
  const current = rhf.getValues();
  const byPath = Object.create(null) as Record<string, readonly string[]>;
  const atTop: string[] = [];
  for (const [path, texts] of Object.entries(messages)) {
    if (path === formErrorsPath) atTop.push(...texts);
    else if (isEqual(get(sent, path), get(current, path))) byPath[path] = texts;
    else atTop.push(...withFieldLabel(definition, path, texts));
  }
  if (atTop.length > 0) byPath[formErrorsPath] = atTop;
  forEachError(fieldErrors(definition, byPath), (name, error) =>
    rhf.setError(name, toFieldError(messagesOf(error))),
  );
}
