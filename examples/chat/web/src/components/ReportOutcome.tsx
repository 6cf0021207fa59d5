import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CommonError, Report } from "../mizan";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Success } from "./Success";

/** A report, or the error of the call. */
export function ReportOutcome({
  query,
}: {
  readonly query: UseQueryResult<Report, CommonError>;
}): ReactNode {
  const { data, error, isFetching } = query;
  // The error takes precedence: after a rejected call the data of the previous user is still cached.
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
