import type { ReactNode } from "react";
import { AccountRows } from "../components/AccountRows";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { useAccount } from "../mizan";
import { unauthorized } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** All accounts, for staff. Visitors sign in first. The server rejects other users, and the page shows the error. */
export default function Admin(): ReactNode {
  const account = useAccount();
  if (!account) unauthorized();
  return (
    <Page title="Users">
      <Boundary>
        <AccountRows key={account.id} />
      </Boundary>
    </Page>
  );
}
