import type { ReactNode } from "react";
import { AccessBoard } from "../components/AccessBoard";
import { Boundary } from "../components/Boundary";
import { CurrentUserPanel } from "../components/CurrentUserPanel";
import { EarlyAccessPanel } from "../components/EarlyAccessPanel";
import { EchoPanel } from "../components/EchoPanel";
import { GreetPanel } from "../components/GreetPanel";
import { MembersOnlyPanel } from "../components/MembersOnlyPanel";
import { Section } from "../components/Section";
import { SignInPanel } from "../components/SignInPanel";
import { SignOutPanel } from "../components/SignOutPanel";
import { StaffReportPanel } from "../components/StaffReportPanel";
import { SuperuserReportPanel } from "../components/SuperuserReportPanel";

export { Layout as layout } from "../components/Layout";

/** The front page: every function of the example with its code. */
export default function Home(): ReactNode {
  return (
    <>
      <title>mizan: Rust functions, called from React</title>
      <meta
        name="description"
        content="Rust functions, called from a typed React client: every kind of function on one page."
      />
      <main id="main" className="page" tabIndex={-1}>
        <div className="hero">
          <div>
            <h1>Rust functions, called from React.</h1>
            <p>
              Each panel calls one function of this server, and shows the Rust
              code that declares it and the TypeScript code that calls it.
              Switch the demo account at the top, and every panel updates.
            </p>
          </div>
          <Boundary>
            <AccessBoard />
          </Boundary>
        </div>
        <Section
          title="Calls"
          lead="A mutation, and a context that follows its input as you type."
        >
          <EchoPanel />
          <GreetPanel />
        </Section>
        <Section
          title="Session"
          lead="The current user is fetched once, and again after a mutation that affects it."
        >
          <SignInPanel />
          <CurrentUserPanel />
          <SignOutPanel />
        </Section>
        <Section
          title="Policies"
          lead="Each function declares who may call it. Other callers get a typed error."
        >
          <MembersOnlyPanel />
          <StaffReportPanel />
          <SuperuserReportPanel />
          <EarlyAccessPanel />
        </Section>
      </main>
    </>
  );
}
