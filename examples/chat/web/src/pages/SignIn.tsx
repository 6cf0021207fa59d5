import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { useAccount, useDemoAccounts } from "../mizan";
import { AutoForm, signInForm } from "../mizan/forms";
import { follow } from "../nextStep";

/** Opens a session, or says what comes first. */
export default function SignIn(): ReactNode {
  return (
    <Layout title="Sign in">
      <div className="card">
        <Boundary>
          <AutoForm of={signInForm} onSuccess={follow} sent={<Outcome />}>
            Sign in
          </AutoForm>
        </Boundary>
      </div>
      <p>
        <a href="/forgot-password/">Forgot your password?</a> No account yet?{" "}
        <a href="/sign-up/">Sign up</a>.
      </p>
      <Boundary>
        <Demos />
      </Boundary>
    </Layout>
  );
}

/** What became of it where no JavaScript runs, which then sees the next step on this page. */
function Outcome(): ReactNode {
  const account = useAccount();
  return account ? (
    <p>
      You are signed in as {account.email}. <a href="/account/">Go on</a>
    </p>
  ) : (
    <p>Your address is not confirmed yet. Open the link that we sent to it.</p>
  );
}

function Demos(): ReactNode {
  const demos = useDemoAccounts();
  return (
    <section className="card" aria-label="Accounts to try">
      <h2>Accounts to try</h2>
      <dl className="facts">
        {demos.map(({ name, email }) => (
          <div key={email}>
            <dt>{name}</dt>
            <dd>{email}</dd>
          </div>
        ))}
        <div>
          <dt>Password</dt>
          <dd>
            <code>{demos[0]?.password}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}
