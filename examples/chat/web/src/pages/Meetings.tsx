import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { MeetingList } from "../components/MeetingList";
import { SignInFirst } from "../components/SignInFirst";
import { useCurrentUser } from "../mizan";

export { Layout as layout } from "../components/Layout";

/** The meetings of all users. */
export default function Meetings(): ReactNode {
  return (
    <Page title="Meetings">
      <p className="lead">
        Times are moments: <code>jiff::Timestamp</code> in Rust,{" "}
        <code>Date</code> in TypeScript, and your local time on this page.
      </p>
      <Boundary>
        <Content />
      </Boundary>
    </Page>
  );
}

function Content(): ReactNode {
  const user = useCurrentUser();
  if (!user) return <SignInFirst next="/meetings/" to="to see the meetings" />;
  return <MeetingList />;
}
