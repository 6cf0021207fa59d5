import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CommonError, Report } from "../mizan";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Success } from "./Success";

/** A report, or why this user does not get it. */
export function ReportOutcome({
  query,
}: {
  readonly query: UseQueryResult<Report, CommonError>;
}): ReactNode {
  const { data, error, isFetching } = query;
  // The error first: after a refusal the data of an earlier user is still there.
  return (
    <Live busy={isFetching}>
      {error ? (
        <Failure error={error} />
      ) : data ? (
        <Success>
          <h4>{data.title}</h4>
          {data.lines.map((line, index) => (
            <p key={index}>{line}</p>
          ))}
        </Success>
      ) : (
        <p className="waiting">Loading…</p>
      )}
    </Live>
  );
}
