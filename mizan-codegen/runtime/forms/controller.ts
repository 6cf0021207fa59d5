import type { Control, UseFormReturn } from "react-hook-form";
import type { Choice, FormDefinition } from "./definition";
import type { RenderedFields } from "./renderedFields";
import type { FocusRequests } from "./focus";
import type { LiveValidation } from "./liveValidation";
import type { PointerState } from "./deferWhilePointerDown";
import type { FormStatus, Store } from "./status";
import type { FieldValues } from "./values";

/** A form at work: what its parts share. It stays the same as long as the form is on the page. */
export interface FormController {
  readonly definition: FormDefinition;
  readonly control: Control<FieldValues>;
  /** Begins the ids of all elements of the form. */
  readonly id: string;
  /** Where the form is posted without JavaScript. */
  readonly action: string;
  readonly status: Store<FormStatus>;
  readonly live: LiveValidation;
  readonly pointer: PointerState;
  readonly rendered: RenderedFields;
  readonly focus: FocusRequests;
  /** react-hook-form as of the last rendering. */
  rhf: UseFormReturn<FieldValues>;
  /** Where the browser goes after a success. */
  next: string | undefined;
  submit(): Promise<void>;
}

/** The id of an element of a field. */
export function elementId(
  { id }: FormController,
  path: string,
  part?: "error" | "help" | "label",
): string {
  return [id, path, ...(part ? [part] : [])].join("-");
}

/** The choices that the server has for the field at `path`; rows of a list share theirs. */
export function dynamicChoices(
  { state }: FormStatus,
  path: string,
): readonly Choice[] | undefined {
  return state.choices?.[path.replace(/\.[0-9]+(?=\.|$)/g, ".*")];
}
