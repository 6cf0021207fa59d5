import type { ReactNode } from "react";
import { AccountRows } from "../components/AccountRows";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";

/** All accounts, for staff. What others see is the server's refusal. */
export default function Admin(): ReactNode {
  return (
    <Layout title="All accounts">
      <Boundary>
        <Accounts />
      </Boundary>
    </Layout>
  );
}

function Accounts(): ReactNode {
  const account = useAccount();
  if (!account) return <SignInFirst next="/admin/" />;
  return <AccountRows key={account.id} />;
}
