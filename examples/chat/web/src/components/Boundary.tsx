import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Suspense, type ReactNode } from "react";
import { ErrorBoundary } from "react-error-boundary";
import { Failure } from "./Failure";

interface BoundaryProps {
  readonly children: ReactNode;
  /** The children are tried again when one of these changes. */
  readonly resetKeys?: unknown[];
}

/** Keeps waiting and failing within the panel that waits or fails. */
export function Boundary({
  children,
  resetKeys = [],
}: BoundaryProps): ReactNode {
  const { reset } = useQueryErrorResetBoundary();
  return (
    <ErrorBoundary
      resetKeys={resetKeys}
      onReset={reset}
      fallbackRender={({ error, resetErrorBoundary }) => (
        <Failure error={error} onRetry={resetErrorBoundary} />
      )}
    >
      <Suspense fallback={<p className="waiting">Loading…</p>}>
        {children}
      </Suspense>
    </ErrorBoundary>
  );
}
