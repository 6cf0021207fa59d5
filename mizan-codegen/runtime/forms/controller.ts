import type { Control, UseFormReturn } from "react-hook-form";
import type { Choice, FormDefinition, FormState } from "./definition";
import type { PointerState } from "./deferWhilePointerDown";
import type { FocusRequests } from "./focus";
import type { LiveValidation } from "./liveValidation";
import type { FormOptions } from "./options";
import type { RenderedFields } from "./renderedFields";
import type { Store } from "./store";
import { wireValues, type FieldValues } from "./values";

/** Shared state and behaviour of one form. Created once, when the form is first rendered. */
export interface FormController {
  readonly definition: FormDefinition;
  readonly control: Control<FieldValues>;
  readonly rhf: UseFormReturn<FieldValues>;
  /** Prefix of the ids of all elements of the form. */
  readonly id: string;
  /** URL that the browser posts the form to without JavaScript. */
  readonly action: string;
  readonly status: Store<FormStatus>;
  readonly live: LiveValidation;
  readonly pointer: PointerState;
  readonly rendered: RenderedFields;
  readonly focus: FocusRequests;
  /** Replaces the options that later submissions use. */
  readonly setOptions: (options: FormOptions) => void;
  readonly submit: () => Promise<void>;
}

/** State that the parts of a form render, besides the fields' values and errors. */
export interface FormStatus {
  readonly state: FormState;
  /** Params with which the form was loaded. The client sends them with the values. */
  readonly params: FieldValues;
  /** Idempotency key of the next submission. */
  readonly token: string;
  /** Page that the browser opens after a successful submission. */
  readonly next: string | undefined;
  readonly submission: SubmissionStatus;
  /** True after hydration, from which on JavaScript handles the form instead of the browser. */
  readonly isHydrated: boolean;
}

/** Progress of the current or the latest submission. */
export type SubmissionStatus =
  | { readonly phase: "idle" }
  | {
      readonly phase: "submitting";
      /** Uploaded share of the request body, from 0 to 1, if it contains files. */
      readonly progress?: number;
    }
  | { readonly phase: "succeeded" };

/** Returns the values to send: the params, and the values of the fields. */
export function valuesToSend(
  { definition, status }: Pick<FormController, "definition" | "status">,
  values: object,
): FieldValues {
  return { ...status.get().params, ...wireValues(definition.fields, values) };
}

/** Returns the id of an element of the field at `path`. */
export function elementId(
  { id }: FormController,
  path: string,
  part?: "error" | "help" | "label",
): string {
  return [id, path, ...(part ? [part] : [])].join("-");
}

/** Returns the choices that the server sent for the field at `path`. The rows of a list share them. */
export function dynamicChoices(
  { state }: FormStatus,
  path: string,
): readonly Choice[] | undefined {
  return state.choices?.[path.replace(/\.[0-9]+(?=\.|$)/g, ".*")];
}
