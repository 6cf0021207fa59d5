import { useContext, type ReactNode } from "react";
import { useFormState } from "react-hook-form";
import { FormComponentsContext, isUnseen } from "./formComponents";
import { fieldAt } from "./formDefinition";
import { useDrawn } from "./formDrawn";
import { eachError, errorPath, labelled, messagesOf, root } from "./formErrors";
import type { FormModel } from "./formModel";
import { useStore } from "./formStatus";

interface SummaryProps {
  readonly form: FormModel;
}

/**
 * Says what is wrong with the form as a whole, and with fields that have no place on the page. It is
 * there without errors too, as screen readers announce only what changes.
 */
export function Errors({ form }: SummaryProps): ReactNode {
  const { isAlive } = useStore(form.status);
  const { names } = useStore(form.drawn.present);
  const isHidden = useIsHidden(form);
  useDrawn(form.drawn, root);
  // The server writes this before it knows which fields follow.
  const messages = useMessages(
    form,
    (name) => name === root || (isAlive ? !names.has(name) : isHidden(name)),
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
  const { isAlive } = useStore(form.status);
  const { names } = useStore(form.drawn.present);
  const isHidden = useIsHidden(form);
  const drawn = isAlive ? names : form.drawn.first;
  const isSummarized = (name: string): boolean =>
    drawn.has(root) && (isAlive || name === root || isHidden(name));
  const messages = useMessages(
    form,
    (name) => !drawn.has(name) && !isSummarized(name),
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
  { control, definition }: FormModel,
  wanted: (name: string) => boolean,
): readonly string[] {
  const { errors } = useFormState({ control });
  const messages = new Set<string>();
  eachError(errors, (name, error) => {
    if (!wanted(name)) return;
    const said = messagesOf(error);
    const path = errorPath(definition, name);
    for (const message of name === root
      ? said
      : labelled(definition, path, said))
      messages.add(message);
  });
  return [...messages];
}

/** Returns a function that checks whether an error belongs to an invisible field. */
function useIsHidden({ definition }: FormModel): (name: string) => boolean {
  const components = useContext(FormComponentsContext);
  return (name) => {
    const field = fieldAt(definition.fields, errorPath(definition, name));
    return field !== undefined && isUnseen(field, components);
  };
}
