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
import { useStore } from "./store";

interface SummaryProps {
  readonly form: FormController;
}

/**
 * Shows the errors of the form as a whole and of fields that are not rendered. The element is rendered
 * even without errors, because screen readers only announce changes to existing elements.
 */
export function Errors({ form }: SummaryProps): ReactNode {
  const { isHydrated } = useStore(form.status);
  const { names } = useStore(form.rendered.current);
  const isHidden = useIsHidden(form);
  useRenderedField(form.rendered, root);
  // The server renders this element before it knows which fields follow.
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

/** Shows errors at the end of the form that no other part shows. */
export function OtherErrors({ form }: SummaryProps): ReactNode {
  const { isHydrated } = useStore(form.status);
  const { names } = useStore(form.rendered.current);
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

/** Returns the messages of the errors that `isShown` selects, with the labels of their fields. */
function useMessages(
  { control, definition }: FormController,
  isShown: (name: string) => boolean,
): readonly string[] {
  const { errors } = useFormState({ control });
  const messages = new Set<string>();
  forEachError(errors, (name, error) => {
    if (!isShown(name)) return;
    const own = messagesOf(error);
    const path = errorPath(definition, name);
    for (const message of name === root
      ? own
      : withFieldLabel(definition, path, own))
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
