import type { ReactNode } from "react";
import { AccessBoard } from "../components/AccessBoard";
import { Boundary } from "../components/Boundary";
import { deferred } from "../mizan";

export { Layout as layout } from "../components/Layout";

// The panels contain the sources that they show, so a browser loads them when they are about to be visible.
const CallsSection = deferred(() => import("../components/CallsSection"));
const SessionSection = deferred(() => import("../components/SessionSection"));
const PoliciesSection = deferred(() => import("../components/PoliciesSection"));

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
        <CallsSection />
        <SessionSection />
        <PoliciesSection />
      </main>
    </>
  );
}
