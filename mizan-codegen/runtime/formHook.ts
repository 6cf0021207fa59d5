import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useForm, type Resolver, type UseFormReturn } from "react-hook-form";
import type { FormDefinition, FormState, FormTypes } from "./formDefinition";
import { fieldErrors, schemaMessages } from "./formErrors";
import { createLiveValidation, type ValidateQuery } from "./formLive";
import type { FormModel } from "./formModel";
import { createDrawnFields } from "./formDrawn";
import { createFocusMoves } from "./formFocus";
import { createPress } from "./formPress";
import { createParts, type FormParts } from "./formParts";
import { createStore, useStore, type FormStatus } from "./formStatus";
import {
  createSubmit,
  takeState,
  type FormOptions,
  type Submission,
} from "./formSubmit";
import { claimToken } from "./formToken";
import { initialValues, wireValues, type FieldValues } from "./formValues";
import { ServerVerdicts } from "./formVerdicts";
import { query } from "./functions";
import { useAnswers } from "./hooks";
import { transportOf, type Connected } from "./transport";

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
    () => query<void, FormState, Error>(transport, `${definition.name}.schema`),
    [transport, definition],
  );
  const state = useServerState(stateQuery);
  const id = useId();

  const latest = useRef(options);
  const [verdicts] = useState(() => new ServerVerdicts());
  const [start] = useState(() => startOf(definition, state, verdicts));
  const [resolver] = useState(() => resolverOf(definition, verdicts));
  const rhf = useForm<FieldValues>({
    mode: "onTouched",
    // The first error in the document gets the focus, also where the server has found it.
    shouldFocusError: false,
    resolver,
    ...start,
  });

  const kept = useRef<{ form: FormModel; parts: FormParts<T> }>(undefined);
  if (kept.current?.form.control !== rhf.control) {
    const form: FormModel = {
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
        isAlive: false,
      }),
      live: createLiveValidation(
        definition,
        query(transport, `${definition.name}.validate`, {
          post: true,
        }) as ValidateQuery,
        verdicts,
        () => form.rhf,
      ),
      rhf,
      press: createPress(),
      drawn: createDrawnFields(),
      focus: createFocusMoves(),
      next: options.next,
      submit: () => submit(),
    };
    const submission: Submission = {
      transport,
      client,
      stateQuery,
      verdicts,
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
    form.status.set({ isAlive: true, token });
    return () => form.live.stop();
  }, [client, form]);
  useEffect(() => {
    // What was filled in stays when the server has something newer.
    const { state: known, isSubmitting } = form.status.get();
    if (state === known || isSubmitting || isDirty) return;
    takeState(form, state, claimToken(client, form, state.token));
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
  useAnswers([]);
  const { data } = useSuspenseQuery({
    ...stateQuery.queryOptions(),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return data;
}

/** What the form begins with; after a post without JavaScript, what was posted and is wrong with it. */
function startOf(
  definition: FormDefinition,
  { values, errors = {} }: FormState,
  verdicts: ServerVerdicts,
): { defaultValues: FieldValues; errors?: ReturnType<typeof fieldErrors> } {
  const defaultValues = initialValues(definition.fields, values);
  if (Object.keys(errors).length === 0) return { defaultValues };
  verdicts.beginSubmission(defaultValues);
  verdicts.refuseSubmission(errors);
  return { defaultValues, errors: fieldErrors(definition, errors) };
}

/** Refuses what the schema refuses, and what the server has refused and nobody has changed since. */
function resolverOf(
  definition: FormDefinition,
  verdicts: ServerVerdicts,
): Resolver<FieldValues> {
  return async (held) => {
    const values = wireValues(definition.fields, held);
    const refused = await schemaMessages(definition, values);
    const messages = { ...verdicts.about(held), ...refused };
    return Object.keys(messages).length === 0
      ? { values, errors: {} }
      : { values: {}, errors: fieldErrors(definition, messages) };
  };
}
