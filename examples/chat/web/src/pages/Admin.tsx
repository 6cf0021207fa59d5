import type { ReactNode } from "react";
import { AccountRows } from "../components/AccountRows";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { useAccount } from "../mizan";
import { forbidden, unauthorized } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** All accounts, for staff. Visitors sign in first, and other users see the page for 403. */
export default function Admin(): ReactNode {
  const account = useAccount();
  if (!account) unauthorized();
  if (!account.staff && !account.superuser) forbidden();
  return (
    <Page title="Users">
      <Boundary>
        <AccountRows key={account.id} />
      </Boundary>
    </Page>
  );
}
