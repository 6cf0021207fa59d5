import type { ReactNode } from "react";
import { problemsOf } from "../problem";

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** Describes an error in sentences, with a button to try again if `onRetry` is given. */
export function Problem({ error, onRetry }: ProblemProps): ReactNode {
  return (
    <div className="problem" role="alert">
      {problemsOf(error).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {onRetry && (
        <button type="button" className="quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
