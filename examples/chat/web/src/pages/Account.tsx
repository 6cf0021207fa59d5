import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { SensitiveForms } from "../components/SensitiveForms";
import { SessionList } from "../components/SessionList";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";
import { AutoForm, changePasswordForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

/** The account of the signed-in user: devices, password, email address, deletion. */
export default function AccountPage(): ReactNode {
  return (
    <Page title="Your account">
      <Boundary>
        <Sections />
      </Boundary>
    </Page>
  );
}

function Sections(): ReactNode {
  const account = useAccount();
  if (!account)
    return <SignInFirst next="/account/" to="to see your account" />;
  return (
    <>
      <p className="lead">
        You are signed in as <strong>{account.email}</strong>. Others see your{" "}
        <Link href="/profile/">profile</Link>.
      </p>
      <SessionList />
      <section className="card">
        <h2>Change your password</h2>
        <Boundary resetKeys={[account.id]}>
          <AutoForm
            key={account.id}
            of={changePasswordForm}
            sent="Your password was changed, and you were signed out on all other devices."
          >
            Change password
          </AutoForm>
        </Boundary>
      </section>
      <SensitiveForms key={account.id} />
    </>
  );
}
