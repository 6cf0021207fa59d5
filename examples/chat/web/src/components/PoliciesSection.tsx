import type { ReactNode } from "react";
import { EarlyAccessPanel } from "./EarlyAccessPanel";
import { MembersOnlyPanel } from "./MembersOnlyPanel";
import { Section } from "./Section";
import { StaffReportPanel } from "./StaffReportPanel";
import { SuperuserReportPanel } from "./SuperuserReportPanel";

/** The panels of functions with a policy. */
export default function PoliciesSection(): ReactNode {
  return (
    <Section
      title="Policies"
      lead="Each function declares who may call it. Other callers get a typed error."
    >
      <MembersOnlyPanel />
      <StaffReportPanel />
      <SuperuserReportPanel />
      <EarlyAccessPanel />
    </Section>
  );
}
