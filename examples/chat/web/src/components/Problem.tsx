import type { ReactNode } from "react";
import { problemsOf } from "../problem";

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong, in sentences, with a way to try again where there is one. */
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
