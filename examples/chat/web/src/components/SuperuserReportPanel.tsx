import type { ReactNode } from "react";
import { useSuperuserReport } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/superuser_report.tsx?raw";
import { Panel } from "./Panel";
import { ReportOutcome } from "./ReportOutcome";

/** `superuser_report`: a query for superusers. */
export function SuperuserReportPanel(): ReactNode {
  return (
    <Panel
      name="superuser_report"
      kind="query"
      about="For superusers."
      rust={rust("pub async fn superuser_report")}
      typescript={typescript}
    >
      <SuperuserReport />
    </Panel>
  );
}

function SuperuserReport(): ReactNode {
  return <ReportOutcome query={useSuperuserReport()} />;
}
