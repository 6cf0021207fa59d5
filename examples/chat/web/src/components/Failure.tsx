import type { ReactNode } from "react";
import { CallError } from "../mizan";
import { problemsOf } from "../problem";
import { Status } from "./Status";

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** Shows a failed call in a panel: its status, its code, and the errors of each field. */
export function Failure({ error, onRetry }: FailureProps): ReactNode {
  const call: CallError | undefined =
    error instanceof CallError ? error : undefined;
  const fields = Object.entries(call?.fields ?? {});
  return (
    <div className="outcome" data-outcome="failure">
      {call && call.status > 0 && (
        <Status status={call.status} code={call.code} />
      )}
      {fields.map(([field, texts]) => (
        <p key={field} className="field-error">
          <code>{field}</code> {texts.join(" ")}
        </p>
      ))}
      {fields.length === 0 &&
        problemsOf(error).map((sentence) => <p key={sentence}>{sentence}</p>)}
      {onRetry && (
        <button type="button" className="quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
