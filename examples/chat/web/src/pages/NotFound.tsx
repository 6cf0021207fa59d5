import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Page } from "../components/Page";

export { Layout as layout } from "../components/Layout";

/** The page for unknown paths. */
export default function NotFound(): ReactNode {
  return (
    <Page title="Page not found">
      <div className="card empty">
        <p>
          There is no page at this address. It may have moved, or the link may
          be wrong.
        </p>
        <div className="form-row">
          <Link className="button primary" href="/">
            Go to the home page
          </Link>
          <Link className="button quiet" href="/contact/">
            Contact us
          </Link>
        </div>
      </div>
    </Page>
  );
}
