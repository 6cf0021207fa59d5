import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Suspense, type ReactNode } from "react";
import { ErrorBoundary } from "react-error-boundary";

interface BoundaryProps {
  readonly children: ReactNode;
}

/** Shows loading and errors in place of its children, independent of the rest of the page. */
export function Boundary({ children }: BoundaryProps): ReactNode {
  const { reset } = useQueryErrorResetBoundary();
  return (
    <ErrorBoundary
      onReset={reset}
      fallbackRender={({ error, resetErrorBoundary }) => (
        <div className="problem" role="alert">
          <p>
            {error instanceof Error ? error.message : "Something went wrong."}
          </p>
          <button type="button" onClick={resetErrorBoundary}>
            Try again
          </button>
        </div>
      )}
    >
      <Suspense fallback={<p className="muted">Loading…</p>}>
        {children}
      </Suspense>
    </ErrorBoundary>
  );
}
