import type { ReactNode } from "react";
import { Boundary } from "./Boundary";
import { Failure } from "./Failure";

interface LiveProps {
  /** True if a call is pending and the content is from an earlier call. */
  readonly busy?: boolean;
  readonly resetKeys?: unknown[];
  readonly children: ReactNode;
}

/** A live region with the outcome of calls, which screen readers announce. */
export function Live({
  busy = false,
  resetKeys = [],
  children,
}: LiveProps): ReactNode {
  return (
    <div className="live" aria-live="polite" aria-busy={busy}>
      <Boundary resetKeys={resetKeys} fallback={Failure}>
        {children}
      </Boundary>
    </div>
  );
}
