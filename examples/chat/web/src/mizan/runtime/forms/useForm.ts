import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useState } from "react";
import {
  useForm,
  type Resolver,
  type UseFormProps,
  type UseFormReturn,
} from "react-hook-form";
import { transportOf, type Connected } from "../transport/transport";
import { valuesToSend, type FormController } from "./controller";
import { createFormController } from "./createController";
import {
  fieldAt,
  type FormDefinition,
  type FormState,
  type FormTypes,
  type Messages,
} from "./definition";
import { errorName, fieldErrors, validateSchema } from "./errors";
import type { FormOptions } from "./options";
import { createParts, type FormParts } from "./parts";
import { ServerErrors } from "./serverErrors";
import { createStateQuery, hasParams, useStateQuery } from "./stateQuery";
import { useStore } from "./store";
import { claimToken } from "./submissionToken";
import { resetFromServer } from "./submit";
import { initialValues, type FieldValues } from "./values";

/** State and components of a form. */
export interface Form<T extends FormTypes> extends FormParts<T> {
  /** Methods and state of react-hook-form. */
  readonly rhf: UseFormReturn<T["input"]>;
  /** True while a submission is in progress. */
  readonly isSubmitting: boolean;
  /** True if the values differ from the initial ones. */
  readonly isDirty: boolean;
  /** Uploaded share of the current submission, from 0 to 1, if it contains files. */
  readonly progress: number | undefined;
  /** True if the latest submission succeeded, on this page or on the previous one. */
  readonly sent: boolean;
  /** Submits the form, as the submit button does. */
  submit(): Promise<void>;
}

/** Params of a form without params. */
const noParams = {};

/** Returns the form that `definition` describes. Suspends until its state is loaded. */
export function useFormOf<T extends FormTypes>(
  typed: FormDefinition<T>,
  api: Connected,
  options: FormOptions<T> = {},
  params: object = noParams,
): Form<T> {
  const definition = typed as FormDefinition;
  const transport = api[transportOf];
  const client = useQueryClient();
  const stateQuery = useMemo(
    () => createStateQuery(transport, definition),
    [transport, definition],
  );
  const given = params as FieldValues;
  const state = useStateQuery(stateQuery, given);
  const id = useId();

  const [{ serverErrors, props, resolving }] = useState(() =>
    prepare(definition, state),
  );
  const rhf = useForm<FieldValues>(props);
  const [form] = useState(() => {
    const created = createFormController({
      definition,
      transport,
      client,
      stateQuery,
      state,
      params: given,
      options: options as FormOptions,
      serverErrors,
      rhf,
      id,
    });
    resolving.connect(created);
    return created;
  });
  const [parts] = useState(() => createParts<T>(form));
  const { submission } = useStore(form.status);
  const { isDirty } = rhf.formState;

  useEffect(() => form.setOptions(options as FormOptions));
  useEffect(() => {
    const token = claimToken(client, form, form.status.get().token);
    form.status.set({ isHydrated: true, token });
    return () => form.live.stop();
  }, [client, form]);
  useEffect(() => {
    const { state: known, params: earlier, submission } = form.status.get();
    const isSameObject = hasParams(earlier, given);
    if (isSameObject) {
      // Newer state from the server does not replace values that the user has entered.
      if (state === known || submission.phase === "submitting" || isDirty)
        return;
    } else {
      serverErrors.clear();
      form.status.set({ params: given, submission: { phase: "idle" } });
    }
    resetFromServer(form, state, claimToken(client, form, state.token));
  }, [client, form, given, isDirty, serverErrors, state]);

  return {
    ...parts,
    rhf: rhf as unknown as UseFormReturn<T["input"]>,
    isSubmitting: submission.phase === "submitting",
    isDirty,
    progress:
      submission.phase === "submitting" ? submission.progress : undefined,
    sent: submission.phase === "succeeded",
    submit: form.submit,
  };
}

/**
 * Prepares react-hook-form for the initial state of the form. After a post without JavaScript, this state
 * contains the posted values and their errors.
 */
function prepare(
  definition: FormDefinition,
  { values, errors = {} }: FormState,
): {
  readonly serverErrors: ServerErrors;
  readonly props: UseFormProps<FieldValues>;
  readonly resolving: ResolverContext;
} {
  const serverErrors = new ServerErrors();
  const resolving = new ResolverContext();
  const defaultValues = initialValues(definition.fields, values);
  const props: UseFormProps<FieldValues> = {
    mode: "onTouched",
    // The controller focuses the first invalid element of the document, including for server errors.
    shouldFocusError: false,
    resolver: createResolver(definition, serverErrors, resolving),
    defaultValues,
  };
  if (Object.keys(errors).length > 0) {
    serverErrors.beginSubmission(defaultValues);
    serverErrors.recordRejection(errors);
    props.errors = fieldErrors(definition, errors);
  }
  return { serverErrors, props, resolving };
}

/** The form for which a resolver validates. The resolver exists before the form. */
class ResolverContext {
  #form: FormController | undefined;

  connect(form: FormController): void {
    this.#form = form;
  }

  /** Returns the values to send. */
  valuesToSend(held: FieldValues): FieldValues {
    return this.#form ? valuesToSend(this.#form, held) : {};
  }

  /** Returns whether the user has left the field, or the field shows an error. */
  isChecked(name: string): boolean {
    const state = this.#form?.rhf.getFieldState(name);
    return state?.isTouched === true || state?.error !== undefined;
  }
}

/** Rejects values that the schema rejects, and unchanged values that the server has rejected. */
function createResolver(
  definition: FormDefinition,
  serverErrors: ServerErrors,
  resolving: ResolverContext,
): Resolver<FieldValues> {
  return async (held, _, { names = [] }) => {
    const values = resolving.valuesToSend(held);
    const schemaErrors = await validateSchema(definition, values);
    const all = { ...serverErrors.messagesFor(held), ...schemaErrors };
    const [name] = names;
    const isRowChange =
      names.length === 1 &&
      name !== undefined &&
      fieldAt(definition.fields, name)?.list !== undefined;
    const messages = isRowChange
      ? shownMessages(definition, all, resolving)
      : all;
    return Object.keys(messages).length === 0
      ? { values, errors: {} }
      : { values: {}, errors: fieldErrors(definition, messages) };
  };
}

/**
 * Returns the messages of fields that show an error or that the user has left. react-hook-form validates a
 * list when its rows change, and would show errors in rows that the user has not filled in yet.
 */
function shownMessages(
  definition: FormDefinition,
  messages: Messages,
  resolving: ResolverContext,
): Messages {
  const shown = Object.entries(messages).filter(([path]) =>
    resolving.isChecked(errorName(definition, path)),
  );
  return Object.fromEntries(shown);
}
