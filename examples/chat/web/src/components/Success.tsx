import type { ReactNode } from "react";
import { Status } from "./Status";

/** The output of a call. */
export function Success({
  children,
}: {
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="outcome" data-outcome="success">
      <Status status={200} code="ok" />
      {children}
    </div>
  );
}
