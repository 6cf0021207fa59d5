import type { ReactNode } from "react";
import { CallError } from "../mizan";
import { Status } from "./Status";

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** What only this function's errors have to tell. */
  readonly children?: ReactNode;
}

/** An error as its function tells it: status, code, message, and what is wrong with which field. */
export function Failure({ error, onRetry, children }: FailureProps): ReactNode {
  const { status, code, message, fields } = describe(error);
  const messages = Object.entries(fields).map(([field, texts]) => ({
    field,
    text: texts.join("; "),
  }));
  return (
    <div className="outcome" data-outcome="failure">
      <Status status={status} code={code} />
      {messages.length === 0 && <p>{message}</p>}
      {messages.map(({ field, text }) => (
        <p key={field} className="field-error">
          <code>{field}</code> {text}
        </p>
      ))}
      {children}
      {onRetry && (
        <button type="button" className="quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

function describe(
  error: unknown,
): Pick<CallError, "status" | "code" | "message" | "fields"> {
  if (error instanceof CallError) return error;
  return { status: 0, code: "error", message: String(error), fields: {} };
}
