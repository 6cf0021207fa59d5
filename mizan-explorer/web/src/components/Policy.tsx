import type { ReactNode } from "react";

/** The policy of an item, or a warning that there is none. */
export function Policy({
  policy,
}: {
  readonly policy: string | null;
}): ReactNode {
  return policy === null ? (
    <span className="badge warning">no policy</span>
  ) : (
    <span className="badge">{policy}</span>
  );
}
