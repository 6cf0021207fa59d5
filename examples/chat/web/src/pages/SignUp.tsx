import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, signUpForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

/** Creates an account. The reply does not reveal whether the address already has an account. */
export default function SignUp(): ReactNode {
  return (
    <Page title="Sign up">
      <p className="lead">
        This demo server prints emails to its terminal, unless it was started
        with <code>--mail</code>.
      </p>
      <div className="card">
        <Boundary>
          <AutoForm
            of={signUpForm}
            onSuccess={openNextStep}
            sent="Check your inbox: open the link in the email and enter your password to finish."
          >
            Create account
          </AutoForm>
        </Boundary>
      </div>
      <p>
        Already have an account? <Link href="/sign-in/">Sign in</Link>.
      </p>
    </Page>
  );
}
