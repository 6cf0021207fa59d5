import type { ReactNode } from "react";
import { useEarlyAccess } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/early_access.tsx?raw";
import { Panel } from "./Panel";
import { ReportOutcome } from "./ReportOutcome";

/** `early_access`: a query behind an async check. */
export function EarlyAccessPanel(): ReactNode {
  return (
    <Panel
      name="early_access"
      kind="query"
      about="An async function of the application decides who may call it. Here, it allows the Member account."
      rust={`${rust("async fn has_early_access")}\n\n${rust("pub async fn early_access")}`}
      typescript={typescript}
    >
      <EarlyAccess />
    </Panel>
  );
}

function EarlyAccess(): ReactNode {
  return <ReportOutcome query={useEarlyAccess()} />;
}
