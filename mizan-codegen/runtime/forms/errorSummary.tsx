import { useContext, type ReactNode } from "react";
import { useFormState } from "react-hook-form";
import { FormComponentsContext, isHiddenField } from "./components";
import { fieldAt } from "./definition";
import { useRenderedField } from "./renderedFields";
import {
  forEachError,
  errorPath,
  withFieldLabel,
  messagesOf,
  root,
} from "./errors";
import type { FormController } from "./controller";
import { useStore } from "./status";

interface SummaryProps {
  readonly form: FormController;
}

/**
 * Says what is wrong with the form as a whole, and with fields that have no place on the page. It is
 * there without errors too, as screen readers announce only what changes.
 */
export function Errors({ form }: SummaryProps): ReactNode {
  const { isHydrated } = useStore(form.status);
  const { names } = useStore(form.rendered.present);
  const isHidden = useIsHidden(form);
  useRenderedField(form.rendered, root);
  // The server writes this before it knows which fields follow.
  const messages = useMessages(
    form,
    (name) => name === root || (isHydrated ? !names.has(name) : isHidden(name)),
  );
  return (
    <div role="alert" tabIndex={-1} data-errors="">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}

/** Says at the form's end what no part above has said. */
export function OtherErrors({ form }: SummaryProps): ReactNode {
  const { isHydrated } = useStore(form.status);
  const { names } = useStore(form.rendered.present);
  const isHidden = useIsHidden(form);
  const rendered = isHydrated ? names : form.rendered.first;
  const isSummarized = (name: string): boolean =>
    rendered.has(root) && (isHydrated || name === root || isHidden(name));
  const messages = useMessages(
    form,
    (name) => !rendered.has(name) && !isSummarized(name),
  );
  if (messages.length === 0) return null;
  return (
    <div role="alert" tabIndex={-1} data-errors="">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}

/** The messages of the errors whose names are `wanted`, which name their fields. */
function useMessages(
  { control, definition }: FormController,
  wanted: (name: string) => boolean,
): readonly string[] {
  const { errors } = useFormState({ control });
  const messages = new Set<string>();
  forEachError(errors, (name, error) => {
    if (!wanted(name)) return;
    const said = messagesOf(error);
    const path = errorPath(definition, name);
    for (const message of name === root
      ? said
      : withFieldLabel(definition, path, said))
      messages.add(message);
  });
  return [...messages];
}

/** Returns a function that checks whether an error belongs to an invisible field. */
function useIsHidden({
  definition,
}: FormController): (name: string) => boolean {
  const components = useContext(FormComponentsContext);
  return (name) => {
    const field = fieldAt(definition.fields, errorPath(definition, name));
    return field !== undefined && isHiddenField(field, components);
  };
}
