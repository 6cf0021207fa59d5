import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { useAccount, useDemoAccounts } from "../mizan";
import { AutoForm, signInForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

/** Signs in, or shows the step that is required first. */
export default function SignIn(): ReactNode {
  return (
    <Layout path="/sign-in/" title="Sign in">
      <div className="card">
        <Boundary>
          <AutoForm of={signInForm} onSuccess={openNextStep} sent={<Outcome />}>
            Sign in
          </AutoForm>
        </Boundary>
      </div>
      <p>
        <a href="/forgot-password/">Forgot your password?</a>
      </p>
      <p>
        New here? <a href="/sign-up/">Create an account</a>.
      </p>
      <Boundary>
        <Demos />
      </Boundary>
    </Layout>
  );
}

/** The outcome without JavaScript, displayed on this page. */
function Outcome(): ReactNode {
  const account = useAccount();
  return account ? (
    <p>
      You are signed in as {account.email}.{" "}
      <a href="/account/">Go to your account</a>
    </p>
  ) : (
    <p>
      Your email address is not confirmed yet. Open the link in the email that
      we sent you.
    </p>
  );
}

function Demos(): ReactNode {
  const demos = useDemoAccounts();
  return (
    <section className="card" aria-label="Demo accounts">
      <h2>Demo accounts</h2>
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
