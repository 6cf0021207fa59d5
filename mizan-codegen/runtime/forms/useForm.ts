import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useForm, type Resolver, type UseFormReturn } from "react-hook-form";
import type { FormDefinition, FormState, FormTypes } from "./definition";
import { fieldErrors, validateSchema } from "./errors";
import { createLiveValidation, type ValidateQuery } from "./liveValidation";
import type { FormController } from "./controller";
import { createRenderedFields } from "./renderedFields";
import { createFocusRequests } from "./focus";
import { createPointerState } from "./deferWhilePointerDown";
import { createParts, type FormParts } from "./parts";
import { createStore, useStore, type FormStatus } from "./status";
import {
  createSubmit,
  resetFromServer,
  type FormOptions,
  type Submission,
} from "./submit";
import { claimToken } from "./submissionToken";
import { initialValues, wireValues, type FieldValues } from "./values";
import { ServerErrors } from "./serverErrors";
import { query } from "../transport/functions";
import { usePageData } from "../react/hooks";
import { transportOf, type Connected } from "../transport/transport";

/** A form on the page: its parts, and how it stands. */
export interface Form<T extends FormTypes> extends FormParts<T> {
  /** The methods and the state of react-hook-form. */
  readonly rhf: UseFormReturn<T["input"]>;
  /** A submission is on its way. */
  readonly isSubmitting: boolean;
  /** Something differs from what the form began with. */
  readonly isDirty: boolean;
  /** The share of a submission with files that has been sent, from 0 to 1. */
  readonly progress: number | undefined;
  /** The last submission succeeded, here or on the page before. */
  readonly sent: boolean;
  /** Submits the form, as its button does. */
  submit(): Promise<void>;
}

/** Has a form at work as long as the component is on the page. Suspends until its state is there. */
export function useFormOf<T extends FormTypes>(
  typed: FormDefinition<T>,
  api: Connected,
  options: FormOptions<T> = {},
): Form<T> {
  const definition = typed as FormDefinition;
  const transport = api[transportOf];
  const client = useQueryClient();
  const stateQuery = useMemo(
    () => query<void, FormState, Error>(transport, `${definition.name}.state`),
    [transport, definition],
  );
  const state = useServerState(stateQuery);
  const id = useId();

  const latest = useRef(options);
  const [serverErrors] = useState(() => new ServerErrors());
  const [start] = useState(() =>
    initialFormState(definition, state, serverErrors),
  );
  const [resolver] = useState(() => createResolver(definition, serverErrors));
  const rhf = useForm<FieldValues>({
    mode: "onTouched",
    // The first error in the document gets the focus, also where the server has found it.
    shouldFocusError: false,
    resolver,
    ...start,
  });

  const kept = useRef<{ form: FormController; parts: FormParts<T> }>(undefined);
  if (kept.current?.form.control !== rhf.control) {
    const form: FormController = {
      definition,
      control: rhf.control,
      id,
      action: `${transport.address.baseUrl}/form/${encodeURIComponent(definition.name)}`,
      status: createStore<FormStatus>({
        state,
        token: state.token,
        progress: undefined,
        isSubmitting: false,
        sent: state.sent ?? false,
        isHydrated: false,
      }),
      live: createLiveValidation(
        definition,
        query(transport, `${definition.name}.validate`, {
          post: true,
        }) as ValidateQuery,
        serverErrors,
        () => form.rhf,
      ),
      rhf,
      pointer: createPointerState(),
      rendered: createRenderedFields(),
      focus: createFocusRequests(),
      next: options.next,
      submit: () => submit(),
    };
    const submission: Submission = {
      transport,
      client,
      stateQuery,
      serverErrors,
      options: () => latest.current as FormOptions<FormTypes>,
    };
    const submit = createSubmit(form, submission);
    kept.current = { form, parts: createParts<T>(form) };
  }
  const { form, parts } = kept.current;
  const status = useStore(form.status);
  const { isDirty } = rhf.formState;

  useEffect(() => {
    latest.current = options;
    form.rhf = rhf;
    form.next = options.next;
  });
  useEffect(() => {
    const token = claimToken(client, form, form.status.get().token);
    form.status.set({ isHydrated: true, token });
    return () => form.live.stop();
  }, [client, form]);
  useEffect(() => {
    // What was filled in stays when the server has something newer.
    const { state: known, isSubmitting } = form.status.get();
    if (state === known || isSubmitting || isDirty) return;
    resetFromServer(form, state, claimToken(client, form, state.token));
  }, [client, form, isDirty, state]);

  return {
    ...parts,
    rhf: rhf as unknown as UseFormReturn<T["input"]>,
    isSubmitting: status.isSubmitting,
    isDirty,
    progress: status.progress,
    sent: status.sent,
    submit: form.submit,
  };
}

/** The state of a form, from the page or from the server. */
function useServerState(stateQuery: Submission["stateQuery"]): FormState {
  usePageData([]);
  const { data } = useSuspenseQuery({
    ...stateQuery.queryOptions(),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return data;
}

/** What the form begins with; after a post without JavaScript, what was posted and is wrong with it. */
function initialFormState(
  definition: FormDefinition,
  { values, errors = {} }: FormState,
  serverErrors: ServerErrors,
): { defaultValues: FieldValues; errors?: ReturnType<typeof fieldErrors> } {
  const defaultValues = initialValues(definition.fields, values);
  if (Object.keys(errors).length === 0) return { defaultValues };
  serverErrors.beginSubmission(defaultValues);
  serverErrors.recordRejection(errors);
  return { defaultValues, errors: fieldErrors(definition, errors) };
}

/** Refuses what the schema refuses, and what the server has refused and nobody has changed since. */
function createResolver(
  definition: FormDefinition,
  serverErrors: ServerErrors,
): Resolver<FieldValues> {
  return async (held) => {
    const values = wireValues(definition.fields, held);
    const refused = await validateSchema(definition, values);
    const messages = { ...serverErrors.messagesFor(held), ...refused };
    return Object.keys(messages).length === 0
      ? { values, errors: {} }
      : { values: {}, errors: fieldErrors(definition, messages) };
  };
}
