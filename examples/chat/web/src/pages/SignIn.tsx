import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { useAccount, useDemoAccounts } from "../mizan";
import { AutoForm, signInForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

/** Signs in, or shows the step that is required first. */
export default function SignIn(): ReactNode {
  return (
    <Page title="Sign in">
      <div className="card">
        <Boundary>
          <AutoForm of={signInForm} onSuccess={openNextStep} sent={<Outcome />}>
            Sign in
          </AutoForm>
        </Boundary>
      </div>
      <p>
        <Link href="/forgot-password/">Forgot your password?</Link>
      </p>
      <p>
        New here? <Link href="/sign-up/">Create an account</Link>.
      </p>
      <Boundary>
        <Demos />
      </Boundary>
    </Page>
  );
}

/** The outcome without JavaScript, displayed on this page. */
function Outcome(): ReactNode {
  const account = useAccount();
  return account ? (
    <p>
      You are signed in as {account.email}.{" "}
      <Link href="/account/">Go to your account</Link>
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
