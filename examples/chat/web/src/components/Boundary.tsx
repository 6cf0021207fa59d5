import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Suspense, type ComponentType, type ReactNode } from "react";
import { ErrorBoundary } from "react-error-boundary";
import { Problem } from "./Problem";

interface BoundaryProps {
  readonly children: ReactNode;
  /** The children are tried again when one of these changes. */
  readonly resetKeys?: unknown[];
  /** Shows why the children failed. */
  readonly fallback?: ComponentType<{
    readonly error: unknown;
    readonly onRetry?: () => void;
  }>;
}

/** Keeps waiting and failing within the part of the page that waits or fails. */
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
