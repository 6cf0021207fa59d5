import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, signUpForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

/** Creates an account. The reply does not reveal whether the address already has one. */
export default function SignUp(): ReactNode {
  return (
    <Page title="Create an account">
      <div className="card">
        <Boundary>
          <AutoForm
            of={signUpForm}
            onSuccess={openNextStep}
            sent={<p>Open the link in the mail that we sent you.</p>}
          >
            Sign up
          </AutoForm>
        </Boundary>
      </div>
      <p>
        You have an account? <Link href="/sign-in/">Sign in</Link>.
      </p>
    </Page>
  );
}
