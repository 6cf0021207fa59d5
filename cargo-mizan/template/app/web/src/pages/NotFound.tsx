import type { ReactNode } from "react";
import { Page } from "../components/Page";
import { Link } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** The page for unknown paths. */
export default function NotFound(): ReactNode {
  return (
    <Page title="Page not found">
      <p className="lead">There is no page at this address.</p>
      <p>
        <Link className="button primary" href="/">
          Go to the home page
        </Link>
      </p>
    </Page>
  );
}
