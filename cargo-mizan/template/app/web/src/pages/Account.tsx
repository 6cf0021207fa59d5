import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { useAccount } from "../mizan";
import { AutoForm, changePasswordForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** The account of the user. */
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
    return (
      <div className="card">
        <p>
          <Link href="/sign-in/?next=/account/">Sign in</Link> to see your
          account.
        </p>
      </div>
    );
  return (
    <>
      <p className="lead">
        You are signed in as <strong>{account.email}</strong>.
      </p>
      <section className="card">
        <h2>Change your password</h2>
        <AutoForm
          of={changePasswordForm}
          sent="Your password was changed. All other devices are signed out."
        >
          Change password
        </AutoForm>
      </section>
    </>
  );
}
