import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, signInForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

/** Signs in, or opens the step that is required first. */
export default function SignIn(): ReactNode {
  return (
    <Page title="Sign in">
      <div className="card">
        <Boundary>
          <AutoForm
            of={signInForm}
            onSuccess={openNextStep}
            sent={
              <p>
                Done. <Link href="/">Go to the home page</Link>, or open the
                link in the mail that we sent you.
              </p>
            }
          >
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
    </Page>
  );
}
