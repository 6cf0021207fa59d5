import type { ReactNode } from "react";
import { CurrentUserPanel } from "./CurrentUserPanel";
import { Section } from "./Section";
import { SignInPanel } from "./SignInPanel";
import { SignOutPanel } from "./SignOutPanel";

/** The panels of the functions that change the session. */
export default function SessionSection(): ReactNode {
  return (
    <Section
      title="Session"
      lead="The current user is fetched once, and again after a mutation that affects it."
    >
      <SignInPanel />
      <CurrentUserPanel />
      <SignOutPanel />
    </Section>
  );
}
