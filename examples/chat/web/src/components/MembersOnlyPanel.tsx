import type { ReactNode } from "react";
import { useMembersOnly } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/members_only.tsx?raw";
import { Panel } from "./Panel";
import { ReportOutcome } from "./ReportOutcome";

/** `members_only`: a query for signed-in users. */
export function MembersOnlyPanel(): ReactNode {
  return (
    <Panel
      name="members_only"
      kind="query"
      about="For all signed-in users."
      rust={rust("pub async fn members_only")}
      typescript={typescript}
    >
      <MembersOnly />
    </Panel>
  );
}

function MembersOnly(): ReactNode {
  return <ReportOutcome query={useMembersOnly()} />;
}
