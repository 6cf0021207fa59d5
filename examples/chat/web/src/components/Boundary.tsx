import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Suspense, type ComponentType, type ReactNode } from "react";
import { ErrorBoundary } from "react-error-boundary";
import { Problem } from "./Problem";

interface BoundaryProps {
  readonly children: ReactNode;
  /** Resets an error when one of these values changes. */
  readonly resetKeys?: unknown[];
  /** Renders the error. */
  readonly fallback?: ComponentType<{
    readonly error: unknown;
    readonly onRetry?: () => void;
  }>;
}

/** Shows loading and error states in place of its children, independent of the rest of the page. */
export function Boundary({
  children,
  resetKeys = [],
  fallback: Fallback = Problem,
}: BoundaryProps): ReactNode {
  const { reset } = useQueryErrorResetBoundary();
  return (
    <ErrorBoundary
      resetKeys={resetKeys}
      onReset={reset}
      fallbackRender={({ error, resetErrorBoundary }) => (
        <Fallback error={error} onRetry={resetErrorBoundary} />
      )}
    >
      <Suspense fallback={<p className="waiting">Loading…</p>}>
        {children}
      </Suspense>
    </ErrorBoundary>
  );
}
