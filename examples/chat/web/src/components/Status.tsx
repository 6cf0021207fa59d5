import type { ReactNode } from "react";

interface StatusProps {
  readonly status: number;
  readonly code: string;
}

/** The HTTP status and the code of a call. */
export function Status({ status, code }: StatusProps): ReactNode {
  return (
    <p className="status" data-kind={kind(status)}>
      <span className="status-number">{status}</span>
      <code>{code}</code>
    </p>
  );
}

function kind(status: number): "ok" | "refused" | "failed" {
  if (status === 200) return "ok";
  return status === 401 || status === 403 ? "refused" : "failed";
}
