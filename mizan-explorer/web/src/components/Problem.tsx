import type { ReactNode } from "react";

/** The error of a call of the explorer itself. */
export function Problem({ error }: { readonly error: Error }): ReactNode {
  return (
    <p className="notice failed" role="alert">
      {error.message}
    </p>
  );
}
