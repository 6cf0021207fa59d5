import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Page } from "../components/Page";

export { Layout as layout } from "../components/Layout";

/** The page for visitors who may not see the one that they asked for. */
export default function Forbidden(): ReactNode {
  return (
    <Page title="No access">
      <div className="card empty">
        <p>
          Your account has no access to this page. Another account may have it.
        </p>
        <div className="form-row">
          <Link className="button primary" href="/">
            Go to the home page
          </Link>
          <Link className="button quiet" href="/account/">
            Your account
          </Link>
        </div>
      </div>
    </Page>
  );
}
