import type { ReactNode } from "react";
import { Status } from "./Status";

/** What a call answered. */
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
