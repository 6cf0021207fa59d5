import type { ReactNode } from "react";
import { Page } from "../components/Page";

export { Layout as layout } from "../components/Layout";

interface ErrorPageProps {
  /** The id of the error in the log of the server. */
  readonly id: string;
}

/** The page that replaces one that could not be rendered. */
export default function ErrorPage({ id }: ErrorPageProps): ReactNode {
  return (
    <Page title="Something went wrong">
      <p className="lead">
        Please try again in a moment. If you report this, include the error id{" "}
        <code>{id}</code>.
      </p>
      <p>
        <a className="button primary" href="">
          Try again
        </a>
      </p>
    </Page>
  );
}
