import type { ReactNode } from "react";
import { Page } from "../components/Page";
import { Link } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** The page for unknown paths, and for items that the application does not have. */
export default function NotFound(): ReactNode {
  return (
    <Page title="Not found">
      <p className="lead">
        The application has nothing at this address. A function that was renamed
        has another address.
      </p>
      <p>
        <Link className="button" href="/_mizan/">
          Open the catalogue
        </Link>
      </p>
    </Page>
  );
}
