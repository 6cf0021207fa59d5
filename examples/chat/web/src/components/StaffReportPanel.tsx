import type { ReactNode } from "react";
import { useStaffReport } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/staff_report.tsx?raw";
import { Panel } from "./Panel";
import { ReportOutcome } from "./ReportOutcome";

/** `staff_report`: a query for staff. */
export function StaffReportPanel(): ReactNode {
  return (
    <Panel
      name="staff_report"
      kind="query"
      about="For staff, which includes superusers."
      rust={rust("pub async fn staff_report")}
      typescript={typescript}
    >
      <StaffReport />
    </Panel>
  );
}

function StaffReport(): ReactNode {
  return <ReportOutcome query={useStaffReport()} />;
}
