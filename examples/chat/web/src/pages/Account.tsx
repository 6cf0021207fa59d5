import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { SensitiveForms } from "../components/SensitiveForms";
import { SessionList } from "../components/SessionList";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";
import { AutoForm, changePasswordForm } from "../mizan/forms";

/** What whoever is signed in can do with their account. */
export default function AccountPage(): ReactNode {
  return (
    <Layout title="Your account">
      <Boundary>
        <Sections />
      </Boundary>
    </Layout>
  );
}

function Sections(): ReactNode {
  const account = useAccount();
  if (!account) return <SignInFirst next="/account/" />;
  return (
    <>
      <p className="lead">
        You are signed in as <strong>{account.email}</strong>. What others see
        of you is in your <a href="/profile/">profile</a>.
        {account.staff && (
          <>
            {" "}
            As staff you may see <a href="/admin/">all accounts</a>.
          </>
        )}
      </p>
      <SessionList />
      <section className="card">
        <h2>Change your password</h2>
        <Boundary resetKeys={[account.id]}>
          <AutoForm
            key={account.id}
            of={changePasswordForm}
            sent="Your password is changed. You are signed out everywhere else."
          >
            Change password
          </AutoForm>
        </Boundary>
      </section>
      <SensitiveForms key={account.id} />
    </>
  );
}
