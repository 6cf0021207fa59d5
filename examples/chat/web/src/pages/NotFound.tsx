import type { ReactNode } from "react";
import { Layout } from "../components/Layout";

/** The page for unknown paths. */
export default function NotFound(): ReactNode {
  return (
    <Layout path="" title="Page not found">
      <div className="card empty">
        <p>
          There is no page at this address. It may have moved, or the link may
          be wrong.
        </p>
        <div className="form-row">
          <a className="button primary" href="/">
            Go to the home page
          </a>
          <a className="button quiet" href="/contact/">
            Contact us
          </a>
        </div>
      </div>
    </Layout>
  );
}
