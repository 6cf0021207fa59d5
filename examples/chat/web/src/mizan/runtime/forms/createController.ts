import type { UseFormReturn } from "react-hook-form";
import { query } from "../transport/functions";
import type { FormController, FormStatus } from "./controller";
import type { FormDefinition, FormState } from "./definition";
import { createPointerState } from "./deferWhilePointerDown";
import { createFocusRequests } from "./focus";
import { createLiveValidation, type ValidateQuery } from "./liveValidation";
import type { FormOptions } from "./options";
import { createRenderedFields } from "./renderedFields";
import type { ServerErrors } from "./serverErrors";
import { createStore } from "./store";
import { createSubmit, type SubmitContext } from "./submit";
import type { FieldValues } from "./values";

interface ControllerInit extends Omit<SubmitContext, "getOptions"> {
  readonly definition: FormDefinition;
  readonly rhf: UseFormReturn<FieldValues>;
  readonly id: string;
  /** State that the form starts with. */
  readonly state: FormState;
  /** Params with which the state was loaded. */
  readonly params: FieldValues;
  readonly options: FormOptions;
  readonly serverErrors: ServerErrors;
}

/** Creates the controller of a form. */
export function createFormController(init: ControllerInit): FormController {
  const { definition, rhf, id, state, params, serverErrors, transport } = init;
  const { name } = definition;
  let { options } = init;
  const validateQuery: ValidateQuery = query(transport, `${name}.validate`, {
    post: true,
  });
  const status = createStore<FormStatus>({
    state,
    params,
    token: state.token,
    next: options.next,
    submission: { phase: state.sent ? "succeeded" : "idle" },
    isHydrated: false,
  });
  const form: FormController = {
    definition,
    control: rhf.control,
    rhf,
    id,
    action: `${transport.address.baseUrl}/form/${encodeURIComponent(name)}`,
    status,
    live: createLiveValidation(
      { definition, status },
      validateQuery,
      serverErrors,
      rhf,
    ),
    pointer: createPointerState(),
    rendered: createRenderedFields(),
    focus: createFocusRequests(),
    setOptions(changed) {
      options = changed;
      if (form.status.get().next !== changed.next)
        form.status.set({ next: changed.next });
    },
    submit: () => submit(),
  };
  const submit = createSubmit(form, { ...init, getOptions: () => options });
  return form;
}
