import type { ReactNode } from "react";
import { Boundary } from "./Boundary";
import { Failure } from "./Failure";

interface LiveProps {
  /** What is shown belongs to an earlier call: a newer one is on its way. */
  readonly busy?: boolean;
  readonly resetKeys?: unknown[];
  readonly children: ReactNode;
}

/** Where the outcome of calls appears: read out when it changes. */
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
