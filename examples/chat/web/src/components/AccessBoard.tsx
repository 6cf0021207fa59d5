import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import {
  useEarlyAccess,
  useMembersOnly,
  useStaffReport,
  useSuperuserReport,
  type CommonError,
  type Report,
} from "../mizan";
import { Status } from "./Status";

/**
 * The functions that the current user may call.
 *
 * It shares its queries with the panels, so each is fetched once.
 */
export function AccessBoard(): ReactNode {
  return (
    <div className="board">
      <h2>What you can call</h2>
      <ul>
        <Access name="members_only" query={useMembersOnly()} />
        <Access name="staff_report" query={useStaffReport()} />
        <Access name="superuser_report" query={useSuperuserReport()} />
        <Access name="early_access" query={useEarlyAccess()} />
      </ul>
    </div>
  );
}

interface AccessProps {
  readonly name: string;
  readonly query: UseQueryResult<Report, CommonError>;
}

function Access({
  name,
  query: { data, error, isFetching },
}: AccessProps): ReactNode {
  return (
    <li aria-busy={isFetching}>
      <a href={`#${name}`}>{name}</a>
      {error ? (
        <Status status={error.status} code={error.code} />
      ) : data ? (
        <Status status={200} code="ok" />
      ) : (
        <span className="waiting">…</span>
      )}
    </li>
  );
}
