import type { ReactNode } from "react";
import { Page } from "../components/Page";

export { Layout as layout } from "../components/Layout";

interface ErrorPageProps {
  readonly status: number;
  /** The id of the error in the server's log. */
  readonly id: string;
}

/** The page that replaces a page which could not be rendered. */
export default function ErrorPage({ status, id }: ErrorPageProps): ReactNode {
  return (
    <Page title="Something went wrong">
      <div className="card empty">
        <p>
          The server could not show this page. Please try again in a moment. If
          the problem continues, tell us the error ID, so that we can find it in
          our log.
        </p>
        <dl className="facts">
          <dt>Status</dt>
          <dd>{status}</dd>
          <dt>Error ID</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </dl>
        <div className="form-row">
          <a className="button primary" href="">
            Try again
          </a>
          <a className="button quiet" href="/">
            Go to the home page
          </a>
        </div>
      </div>
    </Page>
  );
}
