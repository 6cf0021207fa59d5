import type { ReactNode } from "react";
import { AccountRows } from "../components/AccountRows";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";

/** All accounts, for staff. The server rejects other callers, and the page shows the error. */
export default function Admin(): ReactNode {
  return (
    <Layout path="/admin/" title="Users">
      <Boundary>
        <Accounts />
      </Boundary>
    </Layout>
  );
}

function Accounts(): ReactNode {
  const account = useAccount();
  if (!account)
    return <SignInFirst next="/admin/" to="as staff to see all users" />;
  return <AccountRows key={account.id} />;
}
